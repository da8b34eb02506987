"""Puts the HTTP rooms together around a runtime."""

from flask import Flask

from ec_builds.api import (
    accounts, apps, artifacts, audit, builds, configured, deployments, files, invitations, jobs,
    logs, materials, members, platforms, retention, sites, stats, tags, types,
)
from ec_builds.faces import djinn, hathora
from ec_builds.pages import documentation, health, metrics, openapi, schemas
from ec_builds.web import headers, problems, watching
from ec_builds.web.body import LARGEST
from ec_builds.web.current import EXTENSION
from ec_builds.web.entrance import Entrance

#: The blueprints of the native face, in the order in which OpenAPI shows them.
FACE = (
    apps.blp,
    platforms.blp,
    *configured.blueprints,
    builds.blp,
    logs.blp,
    jobs.blp,
    artifacts.blp,
    tags.blp,
    materials.blp,
    deployments.blp,
    retention.blp,
    members.blp,
    invitations.blp,
    accounts.blp,
    stats.blp,
    types.blp,
    files.blp,
    audit.blp,
)
#: What else it shows: addresses for everybody.
PUBLIC = (schemas.blp, health.blp, metrics.blp)
#: The other faces over the same builds.
OTHERS = (djinn, hathora)
#: What writes to webhooks, in the words of the face that has them.
Writer = djinn.Writer
PAGES = (documentation.blp, sites.blp)


def face_at(path):
    """The face that a path belongs to, unless that is the native one: then None.

    Each of the others says which paths it `owns`, and in its own words what has `failed`, or what
    was `refused` before it was read.
    """
    return next((each for each in OTHERS if each.owns(path)), None)


def create_app(runtime):
    """The WSGI application of a server. Nothing is started by it."""
    app = Flask("ec_builds", static_folder=None)
    # One more than is read, so that a body without a length is seen to be too large.
    app.config["MAX_CONTENT_LENGTH"] = LARGEST + 1
    app.extensions[EXTENSION] = runtime
    app.url_map.strict_slashes = True
    app.url_map.redirect_defaults = False
    app.url_map.merge_slashes = False
    app.wsgi_app = Entrance(
        app.wsgi_app, lambda: app.extensions[EXTENSION].config.trusted_proxies
    )
    watching.register(app)
    headers.register(app)
    problems.register(app, face_at)
    openapi.register(app, (*FACE, *PUBLIC))
    for face in OTHERS:
        face.register(app)
    for blueprint in PAGES:
        app.register_blueprint(blueprint)
    return app
