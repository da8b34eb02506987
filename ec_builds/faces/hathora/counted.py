"""Builds of applications, which are counted (reference, sections 4.1 and 4.2)."""

from flask import Blueprint, request

from ec_builds.faces.hathora import bodies
from ec_builds.faces.hathora.answers import JSON, answer, nothing, printed
from ec_builds.faces.hathora.asking import application, number
from ec_builds.faces.hathora.representations import build as look
from ec_builds.web.counting import count_start
from ec_builds.web.current import caller, runtime
from ec_builds.web.forms import form

blp = Blueprint("hathora-counted", __name__, url_prefix="/builds/<any(v1, v2):version>/<app>")

#: Version: the type of what builds print.
PRINTED = {"v1": "text/plain; charset=utf-8", "v2": "application/octet-stream"}


def found(app, text):
    """The build that an address names."""
    return runtime.images.numbered(caller(), application(app), number(text))


@blp.get("/list")
def index(version, app):
    """The builds of an application, the newest first"""
    rows = runtime.images.all(caller(), application(app))
    return answer([look.counted(row) for row in rows if row.number])


@blp.get("/info/<build>")
def show(version, app, build):
    """One build"""
    return answer(look.counted(found(app, build)))


@blp.post("/create")
def create(version, app):
    """A new build, whose archive is sent when it is run"""
    tag = bodies.tag(bodies.fields())
    image, _ = runtime.images.create_numbered(caller(), application(app), tag)
    return answer(look.counted(image), 201)


@blp.delete("/delete/<build>")
def delete(version, app, build):
    """Delete a build with its image; that it was there stays known"""
    runtime.images.delete(caller(), found(app, build))
    return nothing()


@blp.post("/run/<build>")
def run(version, app, build):
    """Build what was uploaded, or what is sent, and show what that prints"""
    image = found(app, build)
    runtime.images.expect(caller(), image, "archive")
    runtime.watch.admit()
    count_start()
    # some clients send JSON where there is nothing to say
    archive = None if request.mimetype == JSON else form().file
    begun = runtime.images.run(caller(), image, archive)
    return printed(caller(), begun, image.number, PRINTED[version])
