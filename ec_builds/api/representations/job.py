"""How jobs of builds look."""

from functools import partial

from ec_builds.api.representations.actions import link_actions
from ec_builds.api.representations.part import begun
from ec_builds.api.representations.part import listing as listing_of
from ec_builds.hal import relations as rel

RELATION = rel.JOB
#: The kind of those that leave artifacts.
LEAVING = "commands"

listing = partial(listing_of, "job")


def one(row, urls):
    """A job, with what it has printed."""
    document = begun(
        "job",
        row,
        urls,
        jobID=row.id,
        buildID=row.build_id,
        name=row.name,
        stage=row.stage,
        kind=row.kind,
        commands=row.commands,
        mayFail=bool(row.may_fail),
        status=str(row.state),
        created=row.created,
        started=row.started,
        finished=row.finished,
    )
    document.link(rel.JOB_LOG, urls.action("job", "log", row.id), type="text/plain")
    if row.kind == LEAVING:
        mine = urls.collection("artifact", buildID=row.build_id, jobID=row.id)
        document.link(rel.ARTIFACTS, mine, profile=urls.schema("artifacts"))
    return link_actions(document, "job", row, urls)
