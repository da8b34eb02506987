"""A line of the log and a figure for each request."""

import logging
import time
from urllib.parse import quote, urlencode

from flask import g, request

from ec_builds.logs import facts
from ec_builds.web.current import address, caller, request_id, runtime
from ec_builds.web.entrance import without

log = logging.getLogger("ec_builds.request")


def register(app):
    """To be called before anything else is registered, so that all of it is watched."""
    app.before_request(begin)
    app.after_request(end)


def begin():
    g.begun = time.perf_counter()


def end(response):
    seconds = time.perf_counter() - g.begun
    route = request.url_rule.rule if request.url_rule else "none"
    runtime.metrics.request(request.method, route, response.status_code, seconds)
    if log.isEnabledFor(logging.INFO):
        path, asker = shown(), caller()
        known = facts(
            method=request.method,
            path=path,
            status=response.status_code,
            durationMs=round(seconds * 1000, 3),
            bytes=response.content_length,
            requestID=request_id(),
            address=address(),
            accountID=asker and asker.id,
        )
        log.info("%s %s %s", request.method, path, response.status_code, extra=known)
    return response


def shown():
    """The path and the query string of the request; its token has been put away."""
    query = list(request.args.items(multi=True))
    return quote(without(request.path)) + (f"?{urlencode(query)}" if query else "")
