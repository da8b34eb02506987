"""What is small: where to begin, who asks, raw texts (reference, sections 3.11 and 3.13)."""

from flask import Blueprint

from ec_builds import __version__
from ec_builds.faces.djinn import addresses
from ec_builds.faces.djinn.answers import answer, text
from ec_builds.faces.djinn.asking import guest, somebody
from ec_builds.faces.djinn.representations.output import whole
from ec_builds.faces.djinn.representations.user import user as look
from ec_builds.web.current import runtime

blp = Blueprint("djinn-small", __name__)

#: Where to begin.
PARTS = ("builds", "namespaces", "cron", "invites", "images", "objects", "variables", "keys")


def root():
    """Where everything is; at the root of the server, that is the native face's to say"""
    return answer({f"{part}_url": addresses.at(f"/{part}") for part in PARTS})


@blp.get("/user")
def me():
    """The caller"""
    return answer(look(runtime.namespaces.person(somebody())))


@blp.get("/version")
def version():
    """The version of the server"""
    return answer({"build": f"ec-builds {__version__}"})


@blp.get("/b/<user>/<int:number>/keys")
def keys(user, number):
    """The SSH keys of a build: there are none"""
    runtime.submissions.find(guest(), user, number)
    return answer([])


@blp.get("/b/<user>/<int:number>/manifest/raw")
def manifest(user, number):
    """The manifest of a build, as it was submitted"""
    return text(runtime.submissions.find(guest(), user, number).manifest)


@blp.get("/b/<user>/<int:number>/output/raw")
def printed(user, number):
    """What a build has printed; nothing until it has ended"""
    build = runtime.submissions.find(guest(), user, number)
    return text(whole(build.id, build.printed_from, None) if build.is_finished else "")
