"""Asks for a token. A blueprint that has the guard cannot forget it."""

import ipaddress
from contextlib import suppress
from dataclasses import replace
from urllib.parse import urlsplit

from flask import g, request

from ec_builds.errors import ExpiredToken, InvalidToken, MissingToken
from ec_builds.web.current import request_id, runtime

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="ec-builds"'}

#: Headers that tell that the request was made elsewhere and was passed on.
OF_PROXIES = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP")


def guard():
    """Find out who asks, before any view of a guarded blueprint is called."""
    try:
        g.caller = replace(identified(), address=request.remote_addr, request_id=request_id())
    except (MissingToken, InvalidToken, ExpiredToken) as error:
        error.headers = CHALLENGE
        raise


def identified():
    """Whoever asks. Raises MissingToken, InvalidToken and ExpiredToken."""
    if runtime.config.auth == "open" and is_local():
        return runtime.operator()
    return runtime.tokens.verify(presented())


def recognize():
    """Find out who asks where a token is welcome, but not needed."""
    with suppress(MissingToken, InvalidToken, ExpiredToken):
        guard()


def presented():
    """The token of a request: from its header, or as `_token` from its query (reference 1.8)."""
    header = request.headers.get("Authorization")
    if header is not None:
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise InvalidToken(verbose="The Authorization header should be: Bearer TOKEN")
        return token.strip()
    tokens = set(request.args.getlist("_token"))
    if len(tokens) > 1:
        raise InvalidToken(verbose="There are two different _token parameters.")
    if not tokens or tokens == {""}:
        raise MissingToken(verbose="Send it in a header, Authorization: Bearer TOKEN.")
    return tokens.pop()


def is_local():
    """Whether the request comes from this machine itself: no proxy's, and no foreign page's.

    A browser here may show pages from anywhere, and each of them may send requests.
    """
    if any(name in request.headers for name in OF_PROXIES):
        return False
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        return False
    origin = request.headers.get("Origin")
    if origin is not None and not is_loopback(hostname(origin)):
        return False
    # A name that somebody has made to lead here is not how this machine calls itself.
    if not is_loopback(hostname(f"http://{request.host}")):
        return False
    return not request.remote_addr or is_loopback(request.remote_addr)  # a Unix socket has none


def hostname(origin):
    """The host of an origin; that of a fenced page is `null` and has none."""
    try:
        return urlsplit(origin).hostname or ""
    except ValueError:
        return ""


def is_loopback(host):
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback
