"""Tags of builds (reference, section 3.8)."""

from flask import Blueprint

from ec_builds.faces.djinn.answers import answer, nothing
from ec_builds.faces.djinn.asking import guest, somebody
from ec_builds.faces.djinn.bodies import names
from ec_builds.faces.djinn.representations import tag as look
from ec_builds.web.current import runtime

blp = Blueprint("djinn-tags", __name__, url_prefix="/b/<user>/<int:number>/tags")


@blp.get("")
def index(user, number):
    """The tags of a build in the order in which they were given"""
    build = runtime.submissions.find(guest(), user, number)
    return answer([look.tag(row, build) for row in runtime.tags.of(build)])


@blp.post("")
def give(user, number):
    """More tags for a build; answers those that it had not yet"""
    caller = somebody()
    build = runtime.submissions.within_reach(caller, user, number)
    rows = runtime.tags.give(caller, build, [name for name in names("tags") if is_plain(name)])
    return answer([look.tag(row, build) for row in rows], 201)


@blp.get("/<path:key>")
def show(user, number, key):
    """One tag, by its id or its name"""
    build = runtime.submissions.find(guest(), user, number)
    return answer(look.one(runtime.tags.one(build, key), build))


@blp.delete("/<path:key>")
def remove(user, number, key):
    """Take a tag off a build"""
    caller = somebody()
    build = runtime.submissions.within_reach(caller, user, number)
    runtime.tags.remove(caller, build, key)
    return nothing()


def is_plain(name):
    """Whether a name has nothing in it but letters, digits and a few signs."""
    return bool(name) and all(each.isalnum() or each in "-_./" for each in name)
