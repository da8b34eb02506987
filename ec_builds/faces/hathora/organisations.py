"""Organisations (reference, section 7)."""

from flask import Blueprint

from ec_builds.faces.hathora.answers import answer
from ec_builds.faces.hathora.representations.organisation import organisation as look
from ec_builds.web.current import caller, runtime

blp = Blueprint("hathora-organisations", __name__, url_prefix="/orgs/v1")


@blp.get("")
def index():
    """The organisations that the caller belongs to, the own one first"""
    scopes = runtime.organisations.scopes(caller())
    found = runtime.organisations.all(caller())
    return answer({"orgs": [look(each, scopes) for each in found]})
