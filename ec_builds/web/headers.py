"""Headers that every answer has: CORS as reference 1.8 wants it, and a few for safety."""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from flask import Response, g, request

from ec_builds.errors import Unmatched
from ec_builds.urls import Urls
from ec_builds.web.current import request_id, runtime
from ec_builds.web.guard import recognize
from ec_builds.web.methods import allow, thing_asked_for

METHODS = "GET, PUT, POST, DELETE, OPTIONS"
EXPOSED = "Accept-Ranges, Allow, Content-Range, ETag, Location, Retry-After, X-Request-ID"


def register(app):
    app.before_request(check_host)
    app.before_request(answer_options)
    app.after_request(add_headers)


def check_host():
    """Refuse a Host that is none, since every link would begin with it."""
    if not request.host and not runtime.config.public_url:
        g.urls = Urls("http://{SERVER_NAME}:{SERVER_PORT}/".format(**request.environ))
        raise Unmatched("Host", "The header Host should name a host, and maybe a port.")


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
    headers["Access-Control-Allow-Methods"] = METHODS
    headers["Access-Control-Expose-Headers"] = EXPOSED
    asked = request.headers.get("Access-Control-Request-Headers")
    if asked:
        headers["Access-Control-Allow-Headers"] = asked
        headers.add("Vary", "Access-Control-Request-Headers")
    headers["X-Request-ID"] = request_id()
    headers["X-Content-Type-Options"] = "nosniff"
    headers.setdefault("Referrer-Policy", "no-referrer")
    if 300 <= response.status_code < 400 and "_token" in request.args and "Location" in headers:
        headers["Location"] = without_token(headers["Location"])
        response.set_data(b"")  # the framework's page says where to go, too
    return response


def without_token(url):
    """An address that may be shown: the token that came with the request is not in it."""
    parts = urlsplit(url)
    query = [item for item in parse_qsl(parts.query) if item[0] != "_token"]
    return urlunsplit(parts._replace(query=urlencode(query)))
