"""Objects: uploaded, listed, deleted; and those of a build (reference, section 2.8)."""

from flask import Blueprint, request

from ec_builds.errors import BodyTooLarge, InvalidProperty, MissingProperty, NoMatch, PolicyUnmet
from ec_builds.faces.djinn import builds, paging
from ec_builds.faces.djinn.answers import answer, nothing
from ec_builds.faces.djinn.artifacts import BYTES, INERT
from ec_builds.faces.djinn.asking import guest, somebody, text
from ec_builds.faces.djinn.errors import Refused, no_namespace
from ec_builds.faces.djinn.holdings import page
from ec_builds.faces.djinn.representations import thing as look
from ec_builds.services.holdings import checked_name
from ec_builds.web.body import uploaded
from ec_builds.web.current import runtime
from ec_builds.web.downloads import send

blp = Blueprint("djinn-objects", __name__)


@blp.get("/objects")
def index():
    """The objects of the caller, and of the namespaces that they have a part in"""
    return page(runtime.objects, look.thing, somebody())


@blp.post("/objects")
def upload():
    """A new object, whose bytes are the body"""
    caller = somebody()
    name, namespace = request.args.get("name"), text("namespace")
    try:
        file, size = uploaded()
    except BodyTooLarge as error:
        raise Refused(file=[error.verbose or error.title]) from error
    refuse(name, size)
    try:
        row = runtime.objects.keep(caller, namespace, name, file)
    except (NoMatch, PolicyUnmet) as error:
        raise no_namespace() from error
    return answer(look.thing(row), 201)


def refuse(name, size):
    """Raises Refused for all that is wrong with a new object."""
    wrong = {} if size else {"file": ["File is required"]}
    try:
        checked_name(name)
    except (InvalidProperty, MissingProperty) as error:
        wrong["name"] = [error.verbose]
    if wrong:
        raise Refused(**wrong)


@blp.get("/objects/<int:number>")
def show(number):
    """One object; its bytes for a client that accepts these, or its type"""
    row = runtime.objects.found(somebody(), number)
    kinds = {kind for kind, quality in request.accept_mimetypes if quality > 0}
    if BYTES in kinds or row.type in kinds or row.type.partition(";")[0] in kinds:
        response = send(runtime.objects.content(row), **INERT)
        response.content_type = row.type
        return response
    return answer(look.thing(row))


@blp.delete("/objects/<int:number>")
def remove(number):
    """Delete an object; builds that name it will not find it"""
    runtime.objects.remove(somebody(), number)
    return nothing()


@blp.get("/objects/<int:number>/builds")
def users(number):
    """The builds that are given an object"""
    caller = somebody()
    return builds.page(caller, given=runtime.objects.found(caller, number).id)


@blp.get("/b/<user>/<int:number>/objects")
def of_build(user, number):
    """The objects that a build is given"""
    build = runtime.submissions.find(guest(), user, number)
    rows = runtime.submissions.objects(build)
    if name := request.args.get("search"):
        rows = [row for row in rows if name.lower() in row.source.lower()]
    rows, headers = paging.cut(rows)
    return answer([look.of_build(row) for row in rows], headers=headers)
