"""Headers that every answer has: CORS as reference 1.8 wants it, and a few for safety."""

from flask import Response, request

from ec_builds.web.current import request_id
from ec_builds.web.methods import allow

METHODS = "GET, PUT, POST, DELETE, OPTIONS"
EXPOSED = "Allow, ETag, Location, X-Request-ID"


def register(app):
    app.before_request(answer_options)
    app.after_request(add_headers)


def answer_options():
    """OPTIONS is answered on every address, without a token: browsers send none with it."""
    if request.method == "OPTIONS":
        return Response(status=200, headers={"Allow": allow()}, content_type="application/json")
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
    return response
