"""Applications, as far as clients of builds need them (reference, section 7)."""

from flask import Blueprint, request

from ec_builds.faces.hathora import bodies
from ec_builds.faces.hathora.answers import answer, nothing
from ec_builds.faces.hathora.asking import organisation, plain
from ec_builds.faces.hathora.representations.application import application as look
from ec_builds.services.applications import LONGEST
from ec_builds.web.current import caller, runtime

first = Blueprint("hathora-applications-v1", __name__, url_prefix="/apps/v1")
second = Blueprint("hathora-applications-v2", __name__, url_prefix="/apps/v2/apps")
blueprints = (first, second)


def named(text):
    """The id of the app that an address names."""
    return plain(text, "app", "appID")


@first.get("/list")
def list_first():
    """The applications that the caller belongs to"""
    return answer([look(app) for app in runtime.applications.all(caller())])


@second.get("")
def list_second():
    """The same, or those of one organisation"""
    owner = organisation() if request.args.get("orgId") else None
    found = runtime.applications.all(caller(), owner)
    return answer({"applications": [look(app) for app in found]})


@first.post("/create")
@second.post("")
def create():
    """A new application"""
    owner, given = organisation(), bodies.fields()
    name = bodies.required(given, "appName", LONGEST)
    how = bodies.settings(given, "authConfiguration") or {}
    return answer(look(runtime.applications.create(caller(), owner, name, how)), 201)


@first.get("/info/<app>")
@second.get("/<app>")
def show(app):
    """One application"""
    return answer(look(runtime.applications.one(caller(), named(app))))


@first.post("/update/<app>")
@second.post("/<app>")
@second.patch("/<app>")
def edit(app):
    """Change what is given"""
    given = bodies.fields()
    changed = bodies.text(given, "appName", LONGEST), bodies.settings(given, "authConfiguration")
    return answer(look(runtime.applications.edit(caller(), named(app), *changed)))


@first.delete("/delete/<app>")
@second.delete("/<app>")
def delete(app):
    """Delete an application with all its builds"""
    runtime.applications.delete(caller(), named(app))
    return nothing()
