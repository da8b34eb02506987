"""Builds of applications whose archives are uploaded before they are run (section 4.2)."""

from flask import Blueprint

from ec_builds.faces.hathora import bodies
from ec_builds.faces.hathora.answers import answer
from ec_builds.faces.hathora.asking import application
from ec_builds.faces.hathora.representations import build as look
from ec_builds.web.current import caller, runtime

blp = Blueprint("hathora-prepared", __name__, url_prefix="/builds/v2/<app>")


@blp.post("/createWithUploadUrl")
def create_with_form(app):
    """A new build, whose archive is sent as a form"""
    tag = bodies.tag(bodies.fields())
    image, slot = runtime.images.create_numbered(caller(), application(app), tag, "form")
    upload = look.form(slot.secret, runtime.slots.ticket(slot.secret))
    return answer(look.counted(image) | upload, 201)


@blp.post("/createWithMultipartUploads")
def create_with_parts(app):
    """A new build, whose archive is sent in parts"""
    given = bodies.fields()
    wanted = bodies.tag(given), "parts", bodies.size(given)
    image, slot = runtime.images.create_numbered(caller(), application(app), *wanted)
    return answer(look.counted(image) | look.parts(slot), 201)
