"""Variables: set, listed, deleted; and those of a build (reference, sections 2.9 and 4.8)."""

from flask import Blueprint

from ec_builds.errors import NoMatch, PolicyUnmet
from ec_builds.faces.djinn.answers import answer, nothing
from ec_builds.faces.djinn.asking import guest, somebody
from ec_builds.faces.djinn.bodies import fields
from ec_builds.faces.djinn.errors import no_namespace
from ec_builds.faces.djinn.holdings import page
from ec_builds.faces.djinn.representations import variable as look
from ec_builds.web.current import runtime

blp = Blueprint("djinn-variables", __name__)


@blp.get("/variables")
def index():
    """The variables of the caller, and of the namespaces that they have a part in"""
    return page(runtime.variables, look.variable, somebody())


@blp.post("/variables")
def put():
    """A new variable, or a new value for one"""
    caller = somebody()
    given = fields("key", namespace=str, key=str, value=str, mask=bool)
    wanted = given["key"] or "", given["value"] or "", given["mask"] or False
    try:
        row = runtime.variables.set(caller, given["namespace"], *wanted)
    except (NoMatch, PolicyUnmet) as error:
        raise no_namespace() from error
    return answer(look.variable(row), 201)


@blp.get("/variables/<int:number>")
def show(number):
    """One variable"""
    return answer(look.variable(runtime.variables.found(somebody(), number)))


@blp.delete("/variables/<int:number>")
def remove(number):
    """Delete a variable; builds that were submitted with it keep it"""
    runtime.variables.remove(somebody(), number)
    return nothing()


@blp.get("/b/<user>/<int:number>/variables")
def of_build(user, number):
    """The variables that a build was submitted with"""
    build = runtime.submissions.find(guest(), user, number)
    rows = runtime.submissions.variables(build)
    return answer([look.of_build(row, build) for row in rows])
