"""The build API of Djinn CI, over the same builds."""

import re

from ec_builds.faces.djinn import (
    artifacts, badge, builds, collaborators, invites, jobs, namespaces, objects, small, tags,
    variables, webhooks,
)
from ec_builds.faces.djinn.addresses import PREFIX
from ec_builds.faces.djinn.asking import recognized
from ec_builds.faces.djinn.errors import Refused, failed, refused
from ec_builds.faces.djinn.writer import Writer
from ec_builds.manifest.errors import ManifestError
from ec_builds.web import headers
from ec_builds.web.words import Words

#: Blueprints at both places of the face.
PARTS = (
    builds.blp, jobs.blp, artifacts.blp, tags.blp, objects.blp, variables.blp, small.blp,
    namespaces.blp, collaborators.blp, invites.blp, badge.blp, webhooks.blp,
)
#: What its addresses may be asked, and what scripts of other sites may read, at the most.
METHODS = "GET, POST, PATCH, DELETE, OPTIONS"
EXPOSED = f"{headers.EXPOSED}, Link"
#: The paths that are this face's.
PATH = re.compile(
    rf"(?:{PREFIX})?/(?:b|n|user|version|namespaces|objects|variables|webhooks|invites)(?:/.*)?"
    rf"|/builds(?:/(?!v[0-9]).*)?|{PREFIX}(?:/.*)?"
)


for part in PARTS:
    part.before_request(recognized)


def register(app):
    """Add the face to an app: at the root, and below a prefix."""
    app.url_map.converters[Words.name] = Words
    for blueprint in PARTS:
        for prefix in ("", PREFIX):
            whole = prefix + (blueprint.url_prefix or "")
            name = f"{blueprint.name}{prefix.replace('/', '-')}"
            app.register_blueprint(blueprint, url_prefix=whole or None, name=name)
    for path in (PREFIX, f"{PREFIX}/"):
        app.add_url_rule(path, f"djinn-root-{path}", small.root)


def owns(path):
    """Whether requests to a path are to this face."""
    return PATH.fullmatch(path) is not None


def knows(error):
    """Whether an error is no defect, but has an answer."""
    return isinstance(error, (Refused, ManifestError))


__all__ = ["Writer", "failed", "knows", "owns", "refused", "register"]
