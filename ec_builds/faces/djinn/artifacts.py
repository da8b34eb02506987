"""Artifacts of builds: what is known of them, and their bytes (reference, section 3.7)."""

from datetime import datetime

from flask import Blueprint, request

from ec_builds.errors import NotFound
from ec_builds.faces.djinn import paging
from ec_builds.faces.djinn.answers import answer
from ec_builds.faces.djinn.asking import guest
from ec_builds.faces.djinn.representations import artifact as look
from ec_builds.web.current import runtime
from ec_builds.web.downloads import http_date, send

blp = Blueprint("djinn-artifacts", __name__, url_prefix="/b/<user>/<int:number>/artifacts")

#: Builds leave what they like: no browser is to run it.
INERT = {"Content-Security-Policy": "sandbox"}
#: What a client accepts that wants the bytes.
BYTES = "application/octet-stream"


@blp.get("")
def index(user, number):
    """The artifacts of a build by their names, collected or not"""
    build = runtime.submissions.find(guest(), user, number)
    rows = runtime.submissions.artifacts(build)
    if name := request.args.get("search"):
        rows = [row for row in rows if name.lower() in row.name.lower()]
    rows, headers = paging.cut(rows)
    return answer([look.artifact(row, build) for row in rows], headers=headers)


@blp.get("/<path:key>")
def show(user, number, key):
    """One artifact, by its id or its name; its bytes for a client that accepts these"""
    build = runtime.submissions.find(guest(), user, number)
    row = runtime.submissions.artifact(build, key)
    if not wants_bytes():
        return answer(look.one(row, build))
    found = runtime.submissions.content(row)
    if found is None:
        raise NotFound
    return send(found, **INERT, **{"Last-Modified": http_date(datetime.fromisoformat(row.created))})


def wants_bytes():
    """Whether the client accepts bytes, and says so itself."""
    return any(kind == BYTES and quality > 0 for kind, quality in request.accept_mimetypes)
