"""What belongs to the current request: the runtime, the caller, the addresses, an id."""

import secrets

from flask import current_app, g, request
from werkzeug.local import LocalProxy

from ec_builds.urls import Urls

#: Where the runtime hangs on the Flask app.
EXTENSION = "ec_builds"

runtime = LocalProxy(lambda: current_app.extensions[EXTENSION])


def urls():
    """Addresses below the configured root, or below the one that the request came to."""
    if "urls" not in g:
        g.urls = Urls(runtime.config.public_url or request.root_url)
    return g.urls


def caller():
    """The account of whoever asks; None where nobody was asked for a token."""
    return g.get("caller")


def request_id():
    """An id for the request, which its problem documents and log lines bear."""
    if "request_id" not in g:
        g.request_id = secrets.token_hex(8)
    return g.request_id
