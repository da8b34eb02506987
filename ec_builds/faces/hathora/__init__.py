"""The builds API of Hathora in its three versions, over the same builds."""

import re

from ec_builds.faces.hathora import (
    applications, counted, named, organisations, prepared, uploads,
)
from ec_builds.faces.hathora.errors import failed, knows, refused
from ec_builds.web import headers
from ec_builds.web.guard import guard

#: What asks for a token; uploads are let in by the secret in their addresses.
GUARDED = (counted.blp, prepared.blp, named.blp, *applications.blueprints, organisations.blp)
#: What its addresses may be asked, and what scripts of other sites may read, at the most.
METHODS = "GET, POST, PUT, PATCH, DELETE, OPTIONS"
EXPOSED = headers.EXPOSED
#: The paths that are this face's: those of all services that have versions, also of those that are
#: not here, for their clients are told so in its words.
PATH = re.compile(r"/(?!sites/|files/)[a-z]+/v[0-9]+(?:/.*)?|/uploads(?:/.*)?", re.I | re.S)

for part in GUARDED:
    part.before_request(guard)


def register(app):
    """Add the face to an app."""
    for blueprint in (*GUARDED, uploads.blp):
        app.register_blueprint(blueprint)


def owns(path):
    """Whether requests to a path are to this face."""
    return PATH.fullmatch(path) is not None


__all__ = ["failed", "knows", "owns", "refused", "register"]
