"""Headers that every answer has: CORS as reference 1.8 wants it, and those for safety."""

from flask import Response, g, request

from ec_builds.errors import Unmatched
from ec_builds.urls import Urls
from ec_builds.web import hosts
from ec_builds.web.current import request_id, runtime
from ec_builds.web.guard import recognize
from ec_builds.web.methods import allow, thing_asked_for
from ec_builds.web.policies import HTTPS_ONLY, USUAL
from ec_builds.web.problems import face

METHODS = "GET, PUT, POST, DELETE, OPTIONS"
EXPOSED = "Accept-Ranges, Allow, Content-Range, ETag, Location, Retry-After, X-Request-ID"


def register(app):
    app.before_request(check_host)
    app.before_request(answer_options)
    app.after_request(add_headers)


def check_host():
    """Refuse a Host that is none, or not ours, since every link would begin with it."""
    config, told = runtime.config, request.headers.get("Host")
    if told is None:  # which only HTTP/1.0 may leave out (RFC 9112, 3.2)
        is_old = request.environ.get("SERVER_PROTOCOL") == "HTTP/1.0"
        is_host = is_old and bool(request.host or config.public_url)
    else:
        is_host = bool(request.host and hosts.name(told))
    if is_host and (not config.hosts or hosts.answers_to(told or request.host, config.hosts)):
        return
    g.urls = Urls(config.public_url or own_root())
    reason = "This server does not answer to this name."
    if not is_host:
        reason = "The header Host should name a host, and maybe a port."
    raise Unmatched("Host", reason)


def own_root():
    """The root address by what the server itself is bound to."""
    name, port = request.environ["SERVER_NAME"], request.environ["SERVER_PORT"]
    shown = f"[{name}]:{port}" if ":" in name else f"{name}:{port}"
    return f"http://{shown if hosts.name(shown) else 'localhost'}/"


def answer_options():
    """OPTIONS is answered on every address, without a token: browsers send none with it.

    Who sends one learns what may be done with it.
    """
    if request.method == "OPTIONS":
        recognize()
        headers = {"Allow": allow(thing_asked_for())}
        return Response(status=200, headers=headers, content_type="application/json")
    return None


def add_headers(response):
    headers = response.headers
    headers["Access-Control-Allow-Origin"] = "*"
    own = face()
    headers["Access-Control-Allow-Methods"] = own.METHODS if own else METHODS
    headers["Access-Control-Expose-Headers"] = own.EXPOSED if own else EXPOSED
    asked = request.headers.get("Access-Control-Request-Headers")
    if asked:
        headers["Access-Control-Allow-Headers"] = asked
        headers.add("Vary", "Access-Control-Request-Headers")
    headers["X-Request-ID"] = request_id()
    for name, value in USUAL.items():
        headers.setdefault(name, value)
    if "frame-ancestors 'none'" in headers["Content-Security-Policy"]:
        headers["X-Frame-Options"] = "DENY"  # for browsers that know no policies
    if request.scheme == "https":
        headers["Strict-Transport-Security"] = HTTPS_ONLY
    return response
