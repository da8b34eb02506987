"""Namespaces: listed, made, read, changed, removed, and what is in them (reference, 2.4, 3.13)."""

from flask import Blueprint

from ec_builds.faces.djinn import builds, holdings, paging
from ec_builds.faces.djinn.answers import answer, nothing
from ec_builds.faces.djinn.asking import guest, somebody, text
from ec_builds.faces.djinn.bodies import fields
from ec_builds.faces.djinn.representations.space import space
from ec_builds.faces.djinn.representations.thing import thing
from ec_builds.faces.djinn.representations.variable import variable
from ec_builds.web.current import runtime

blp = Blueprint("djinn-namespaces", __name__)


@blp.get("/namespaces")
def index():
    """The namespaces that the caller belongs to, by their paths"""
    return page(somebody())


def page(caller, above=None):
    """A page of namespaces, as the query of the request wants them."""
    number = paging.asked()
    rows, last = runtime.namespaces.page(caller, number, paging.SIZE, text("search"), above)
    return answer([space(row) for row in rows], headers=paging.link(number, last))


@blp.post("/namespaces")
def create():
    """A new namespace of the caller"""
    caller = somebody()
    given = fields("name", name=str, parent=str, description=str, visibility=str)
    row = runtime.namespaces.create(
        caller,
        given["name"] or "",
        given["parent"] or "",
        given["description"] or "",
        given["visibility"] or "private",
    )
    return answer(space(row), 201)


@blp.get("/n/<user>/<words:path>")
def show(user, path):
    """One namespace"""
    return answer(space(runtime.namespaces.one(guest(), user, path)))


@blp.patch("/n/<user>/<words:path>")
def edit(user, path):
    """Another description, or visibility; what is empty stays as it is"""
    caller = somebody()
    given = fields("namespace", description=str, visibility=str)
    wanted = given["description"] or None, given["visibility"] or None
    return answer(space(runtime.namespaces.edit(caller, user, path, *wanted)))


@blp.delete("/n/<user>/<words:path>")
def remove(user, path):
    """Let a namespace go, with those below it; the builds stay"""
    runtime.namespaces.delete(somebody(), user, path)
    return nothing()


@blp.get("/n/<user>/<words:path>/-/builds")
def built(user, path):
    """The builds of just this namespace, the newest first"""
    caller = guest()
    return builds.page(caller, app=runtime.namespaces.find(caller, user, path).app_id)


@blp.get("/n/<user>/<words:path>/-/namespaces")
def below(user, path):
    """The namespaces right below one"""
    caller = guest()
    return page(caller, runtime.namespaces.find(caller, user, path))


@blp.get("/n/<user>/<words:path>/-/objects")
def files(user, path):
    """The objects of just this namespace, for its collaborators and its owner"""
    caller = somebody()
    found = runtime.namespaces.find(caller, user, path)
    runtime.objects.may_read(caller, found)
    return holdings.page(runtime.objects, thing, caller, found.app_id)


@blp.get("/n/<user>/<words:path>/-/variables")
def values(user, path):
    """The variables of just this namespace, for its collaborators and its owner"""
    caller = somebody()
    found = runtime.namespaces.find(caller, user, path)
    runtime.variables.may_read(caller, found)
    return holdings.page(runtime.variables, variable, caller, found.app_id)


@blp.get("/n/<user>/<words:path>/-/images")
@blp.get("/n/<user>/<words:path>/-/keys")
def none(user, path):
    """Images and SSH keys: there are none"""
    runtime.namespaces.find(guest(), user, path)
    return answer([])
