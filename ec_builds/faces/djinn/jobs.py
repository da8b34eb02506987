"""Jobs of builds (reference, sections 3.6 and 3.7)."""

from flask import Blueprint, request

from ec_builds.faces.djinn.answers import answer, text
from ec_builds.faces.djinn.asking import guest
from ec_builds.faces.djinn.representations import job as look
from ec_builds.faces.djinn.representations.output import LONGEST_OF_MANY, whole
from ec_builds.faces.djinn.vocabulary import states
from ec_builds.web.current import runtime

blp = Blueprint("djinn-jobs", __name__, url_prefix="/b/<user>/<int:number>/jobs")


@blp.get("")
def index(user, number):
    """The jobs of a build in the order in which they run"""
    build = runtime.submissions.find(guest(), user, number)
    rows = runtime.submissions.jobs(build)
    if name := request.args.get("name"):
        rows = [row for row in rows if name.lower() in row.name.lower()]
    if status := request.args.get("status"):
        rows = [row for row in rows if row.state in states(status)]
    return answer([look.job(row, build, LONGEST_OF_MANY) for row in rows])


@blp.get("/<path:key>")
def show(user, number, key):
    """One job, by its id or its name"""
    build = runtime.submissions.find(guest(), user, number)
    return answer(look.one(runtime.submissions.job(build, key), build))


@blp.get("/<path:key>/output/raw")
def output(user, number, key):
    """What a job has printed"""
    build = runtime.submissions.find(guest(), user, number)
    row = runtime.submissions.job(build, key)
    if row.log_start is None or not row.is_finished:
        return text("")
    return text(whole(row.build_id, row.log_start, row.log_end))
