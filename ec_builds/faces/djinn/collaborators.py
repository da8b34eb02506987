"""Who works with whom: those who belong to a namespace besides its owner."""

from flask import Blueprint

from ec_builds.faces.djinn.answers import answer, nothing
from ec_builds.faces.djinn.asking import somebody
from ec_builds.faces.djinn.representations.collaborator import collaborator
from ec_builds.web.current import runtime

blp = Blueprint(
    "djinn-collaborators", __name__, url_prefix="/n/<user>/<words:path>/-/collaborators"
)


@blp.get("")
def index(user, path):
    """The collaborators of a namespace, for these and its owner"""
    rows, top = runtime.collaborators.of(somebody(), user, path)
    return answer([collaborator(row, top) for row in rows])


@blp.delete("/<name>")
def remove(user, path, name):
    """Take a collaborator out, also of all namespaces below the topmost one"""
    runtime.collaborators.remove(somebody(), user, path, name)
    return nothing()
