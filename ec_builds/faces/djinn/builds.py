"""Builds: listed, submitted, read, killed, pinned (reference, sections 3.3 to 3.5, 3.9, 3.10)."""

from flask import Blueprint, request

from ec_builds.errors import InvalidValue, NoMatch
from ec_builds.faces.djinn import paging
from ec_builds.faces.djinn.answers import answer, nothing
from ec_builds.faces.djinn.asking import guest, somebody, text
from ec_builds.faces.djinn.bodies import fields
from ec_builds.faces.djinn.errors import Refused
from ec_builds.faces.djinn.representations import build as look
from ec_builds.faces.djinn.representations.output import LONGEST_OF_MANY
from ec_builds.faces.djinn.vocabulary import states
from ec_builds.web.counting import count_start
from ec_builds.web.current import runtime
from ec_builds.web.retrying import once

blp = Blueprint("djinn-builds", __name__)

#: What a namespace is that one has no part in.
NO_NAMESPACE = "Could not find namespace"


@blp.get("/builds")
def index():
    """The builds of the caller and of those they work with, the newest first"""
    return page(somebody())


def page(caller, **conditions):
    """A page of builds, as the query of the request wants them."""
    number = paging.asked()
    asked = {"tag": text("tag"), "search": text("search"), **conditions}
    if status := request.args.get("status"):
        asked["states"] = states(status)
    asked["pinned"] = "pinned" in request.args
    rows, last = runtime.submissions.page(caller, number, paging.SIZE, **asked)
    found = [look.build(row, LONGEST_OF_MANY) for row in rows]
    return answer(found, headers=paging.link(number, last))


@blp.post("/builds")
def submit():
    """A new build by a manifest"""
    caller = somebody()
    count_start()
    given = fields("manifest", manifest=str, comment=str, tags=list)
    wanted = given["manifest"] or "", given["comment"], given["tags"] or ()
    try:
        row = once(runtime.builds, lambda: runtime.submissions.submit(caller, *wanted))
    except NoMatch as error:
        if error.detail != "namespace":
            raise
        raise Refused(manifest=[NO_NAMESPACE], namespace=[NO_NAMESPACE]) from error
    except InvalidValue as error:
        if error.detail != "namespace":
            raise
        raise Refused(manifest=[error.verbose], namespace=[error.verbose]) from error
    return answer(look.build(runtime.submissions.complete(row)), 201)


@blp.get("/b/<user>/<int:number>")
def show(user, number):
    """One build"""
    return answer(look.build(runtime.submissions.find(guest(), user, number)))


@blp.delete("/b/<user>/<int:number>")
def kill(user, number):
    """End a build before its time; one that has ended stays as it is"""
    runtime.submissions.kill(somebody(), user, number)
    return nothing()


@blp.patch("/b/<user>/<int:number>/pin")
def pin(user, number):
    """Keep the artifacts of a build"""
    return answer(look.build(runtime.submissions.pin(somebody(), user, number, True)))


@blp.patch("/b/<user>/<int:number>/unpin")
def unpin(user, number):
    """Let the artifacts of a build go when there is no room"""
    return answer(look.build(runtime.submissions.pin(somebody(), user, number, False)))
