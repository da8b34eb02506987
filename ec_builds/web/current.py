"""What belongs to the current request: the runtime, the caller, the addresses, an id."""

import re
import secrets

from flask import current_app, g, request
from werkzeug.local import LocalProxy

from ec_builds.urls import Urls
from ec_builds.web.entrance import ORIGIN

#: Where the runtime hangs on the Flask app.
EXTENSION = "ec_builds"
#: Ids of requests that others may give.
SANE = re.compile(r"[A-Za-z0-9._-]{1,64}")

runtime = LocalProxy(lambda: current_app.extensions[EXTENSION])


def urls():
    """Addresses below the configured root, or below the one that the request came to."""
    if "urls" not in g:
        g.urls = Urls(runtime.config.public_url or request.root_url)
    return g.urls


def origin():
    """Where the request comes from, and whether a proxy has passed it on (web/proxies.py)."""
    return request.environ[ORIGIN]


def address():
    """The address that the request really comes from; None for a Unix socket."""
    return origin().address or None


def caller():
    """Whoever asks, as a Caller; None where nobody was asked for a token."""
    return g.get("caller")


def request_id():
    """An id for the request, which its problem documents, log lines and events bear.

    A client may have one in mind already.
    """
    if "request_id" not in g:
        wanted = request.headers.get("X-Request-ID", "")
        g.request_id = wanted if SANE.fullmatch(wanted) else secrets.token_hex(8)
    return g.request_id
