"""Invitations to namespaces: sent, got, accepted, turned down."""

from flask import Blueprint

from ec_builds.faces.djinn.answers import answer, nothing
from ec_builds.faces.djinn.asking import somebody
from ec_builds.faces.djinn.bodies import fields
from ec_builds.faces.djinn.representations.invite import invite
from ec_builds.web.current import runtime

blp = Blueprint("djinn-invites", __name__)


@blp.get("/invites")
def index():
    """The invitations that the caller has got"""
    caller = somebody()
    return answer([invite(row, caller) for row in runtime.invites.got(caller)])


@blp.patch("/invites/<int:number>")
def accept(number):
    """Become a collaborator"""
    caller = somebody()
    return answer(invite(runtime.invites.accept(caller, number), caller))


@blp.delete("/invites/<int:number>")
def remove(number):
    """Turn an invitation down, or take it back"""
    runtime.invites.remove(somebody(), number)
    return nothing()


@blp.get("/n/<user>/<words:path>/-/invites")
def sent(user, path):
    """The invitations to a namespace, for its owner"""
    caller = somebody()
    return answer([invite(row, caller) for row in runtime.invites.of(caller, user, path)])


@blp.post("/n/<user>/<words:path>/-/invites")
def send(user, path):
    """Ask somebody in, by a username or an email"""
    caller = somebody()
    handle = fields("handle", handle=str)["handle"] or ""
    return answer(invite(runtime.invites.create(caller, user, path, handle), caller), 201)
