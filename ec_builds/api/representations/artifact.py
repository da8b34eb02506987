"""How artifacts of builds look."""

from functools import partial

from ec_builds.api.representations.actions import link_actions
from ec_builds.api.representations.part import begun
from ec_builds.api.representations.part import listing as listing_of
from ec_builds.hal import relations as rel

RELATION = rel.ARTIFACT

listing = partial(listing_of, "artifact")


def one(row, urls):
    """An artifact; its bytes are linked as long as they are there."""
    document = begun(
        "artifact",
        row,
        urls,
        artifactID=row.id,
        buildID=row.build_id,
        jobID=row.job_id,
        name=row.name,
        source=row.source,
        created=row.created,
        deleted=row.let_go,
        size=row.size,
        md5=row.md5,
        sha256=row.sha256,
    )
    document.link(rel.JOB, urls.item("job", row.job_id), profile=urls.schema("job"))
    if row.key is not None:
        document.link(rel.ARTIFACT_CONTENT, urls.action("artifact", "content", row.id))
    return link_actions(document, "artifact", row, urls)
