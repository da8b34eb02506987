"""Builds of organisations, which have names (reference, section 4.3)."""

from flask import Blueprint

from ec_builds.errors import NoMatch
from ec_builds.faces.hathora import bodies
from ec_builds.faces.hathora.answers import answer, printed
from ec_builds.faces.hathora.asking import organisation
from ec_builds.faces.hathora.representations import build as look
from ec_builds.web.counting import count_start
from ec_builds.web.current import caller, runtime

blp = Blueprint("hathora-named", __name__, url_prefix="/builds/v3/builds")

PRINTED = "application/octet-stream"
#: Characters of the name of an image, of its registry, and of a login.
LONGEST, LONGEST_LOGIN = 1000, 10000


def found(name):
    """The build that an address names, and its organisation. Raises NoMatch."""
    owner = organisation()
    if not bodies.NAME.fullmatch(name):
        raise NoMatch("buildId")
    app_id = runtime.organisations.app_id(caller(), owner)
    return runtime.images.named(caller(), app_id, name), owner


@blp.get("")
def index():
    """The builds of an organisation, the newest first"""
    owner = organisation()
    rows = runtime.images.all(caller(), runtime.organisations.app_id(caller(), owner))
    return answer({"builds": [look.named(row, owner) for row in rows]})


@blp.post("")
def create():
    """A new build, whose archive is sent in parts"""
    owner, given = organisation(), bodies.fields()
    wanted = bodies.build_name(given), bodies.tag(given), bodies.size(given)
    image, slot = runtime.images.create_named(caller(), owner, *wanted)
    return answer(look.named(image, owner) | look.parts(slot), 201)


@blp.post("/registry")
def create_from_registry():
    """A new build, which will copy the image of a registry"""
    owner, given = organisation(), bodies.fields()
    wanted = bodies.build_name(given), bodies.tag(given)
    image, _ = runtime.images.create_named(caller(), owner, *wanted)
    return answer(look.named(image, owner), 201)


@blp.get("/<build>")
def show(build):
    """One build"""
    return answer(look.named(*found(build)))


@blp.delete("/<build>")
def delete(build):
    """Delete a build with its image; that it was there stays known"""
    image, _ = found(build)
    runtime.images.delete(caller(), image)
    return answer({})


@blp.post("/<build>/run")
def run(build):
    """Build what was uploaded, and show what that prints"""
    image, _ = found(build)
    runtime.watch.admit()
    count_start()
    return printed(caller(), runtime.images.run(caller(), image), build, PRINTED)


@blp.post("/<build>/runRegistry")
def run_registry(build):
    """Copy the image of a registry, and show how that goes"""
    image, _ = found(build)
    given = bodies.fields()
    reference = bodies.required(given, "image", LONGEST)
    registry = bodies.text(given, "registryUrl", LONGEST) or None
    auth = bodies.text(given, "auth", LONGEST_LOGIN) or None
    runtime.watch.admit()
    count_start()
    begun = runtime.images.copy(caller(), image, reference, registry, auth)
    return printed(caller(), begun, build, PRINTED)
