"""Asks for a token. A blueprint that has the guard cannot forget it."""

from contextlib import suppress
from dataclasses import replace

from flask import g, request

from ec_builds.auth.rules import Verb
from ec_builds.errors import ExpiredToken, InvalidToken, MissingToken
from ec_builds.runtime import Unreachable
from ec_builds.web import hosts
from ec_builds.web.counting import count_failure
from ec_builds.web.current import address, caller, origin, request_id, runtime
from ec_builds.web.entrance import SIGNATURES, TOKENS

#: What speaks against a token.
REFUSALS = (MissingToken, InvalidToken, ExpiredToken)
#: Headers that tell that the request was made elsewhere and was passed on, and how others begin.
OF_PROXIES = {
    "Cf-Connecting-Ip", "Client-Ip", "Fastly-Client-Ip", "Forwarded", "True-Client-Ip", "Via",
    "X-Client-Ip", "X-Cluster-Client-Ip", "X-Envoy-External-Address", "X-Real-Ip",
}
OF_SOME_PROXIES = ("X-Forwarded", "X-Original-")


def guard():
    """Find out who asks, before any view of a guarded blueprint is called."""
    g.caller = replace(identified(), address=address(), request_id=request_id())


def guard_figures():
    """The same for what tells of everybody: it is for admins, and for this machine itself."""
    if not is_here():
        guard()
        runtime.policy.require_on_collection(caller(), Verb.READ, "metrics")


def is_trusted():
    """Whether whoever asks may know more than strangers."""
    if is_here():
        return True
    try:
        guard()
    except (*REFUSALS, *Unreachable):
        return False
    return Verb.READ in runtime.policy.on_collection(caller(), "metrics")


def signer():
    """Whoever has signed the address of the request. Raises InvalidToken and ExpiredToken."""
    signatures = request.environ[SIGNATURES]
    if len(signatures) + len(request.environ[TOKENS]) > 1:
        raise InvalidToken(verbose="One _signed is enough, and there should be no _token beside.")
    query = list(request.args.items(multi=True))
    return runtime.addresses.verify(signatures[0], request.method, request.path, query)


def is_here():
    """Whether the request is trusted because it comes from this machine."""
    return runtime.config.metrics == "local" and is_local()


def recognize():
    """Find out who asks where a token is welcome, but not needed. Raises TooMany."""
    with suppress(*REFUSALS):
        guard()


def identified():
    """Whoever asks. Raises MissingToken, InvalidToken and ExpiredToken, and TooMany at last."""
    if runtime.config.auth == "open" and is_local():
        return runtime.operator()
    token = None
    try:
        if request.environ[SIGNATURES] and "Authorization" not in request.headers:
            return signer()
        token = presented()
        return runtime.tokens.verify(token)
    except REFUSALS as error:
        if not isinstance(error, MissingToken):
            count_failure(token)
        raise


def presented():
    """The token of a request: from its header, or as `_token` from its query (reference 1.8)."""
    header = request.headers.get("Authorization")
    if header is not None:
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise InvalidToken(verbose="The Authorization header should be: Bearer TOKEN")
        return token.strip()
    tokens = set(request.environ[TOKENS])
    if len(tokens) > 1:
        raise InvalidToken(verbose="There are two different _token parameters.")
    if not tokens or tokens == {""}:
        raise MissingToken(verbose="Send it in a header, Authorization: Bearer TOKEN.")
    return tokens.pop()


def is_local():
    """Whether the request comes from this machine itself: no proxy's, and no foreign page's.

    A browser here may show pages from anywhere, and each of them may send requests. Who uses a
    Unix socket, and who comes to a server that is known elsewhere by a name, may be a proxy that
    does not say so.
    """
    public = runtime.config.public_url
    return (
        hosts.is_loopback(origin().address)
        and not origin().is_passed_on
        and not any(is_of_proxy(name) for name in request.headers.keys())
        # A name that somebody has made to lead here is not how this machine calls itself.
        and hosts.is_loopback(hosts.name(request.host) or "")
        and (not public or hosts.is_loopback(hosts.of_url(public)))
        and not is_of_foreign_page()
    )


def is_of_proxy(header):
    return header in OF_PROXIES or header.startswith(OF_SOME_PROXIES)


def is_of_foreign_page():
    """Whether a page that is not of this machine has made the request, or may have."""
    told = [request.headers[name] for name in ("Origin", "Referer") if name in request.headers]
    site = request.headers.get("Sec-Fetch-Site")
    if site == "cross-site" or (site == "same-site" and not told):
        return True
    return any(not hosts.is_loopback(hosts.of_url(each)) for each in told)
