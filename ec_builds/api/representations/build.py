"""How builds look."""

from ec_builds.api.representations.actions import link_actions
from ec_builds.api.representations.part import link_parts
from ec_builds.api.representations.platform import link_latest_deployment
from ec_builds.api.representations.run import course, link_owner, link_owners, owner_of
from ec_builds.hal import relations as rel
from ec_builds.hal.document import Document

RELATION = rel.BUILD


def one(row, urls):
    """A build, with its whole journal."""
    document = Document(
        urls.item("build", row.id),
        urls.schema("build"),
        buildID=row.id,
        buildLocation=location(row.location, urls),
        **course(row, "build"),
        pinned=row.pinned,
    )
    link_owners(document, "build", row, urls)
    link_actions(document, "build", row, urls)
    document.link(rel.BUILD_LOG, urls.log(row.id), type="text/plain")
    document.link(rel.BUILD_STREAM, urls.stream(row.id), type="text/event-stream")
    link_parts(document, row, urls)
    return link_latest_deployment(document, row, urls)


def location(stored, urls):
    """Where the result is. A file has an absolute address; images are in registries."""
    if stored is None or "url" not in stored["config"]:
        return stored
    config = {**stored["config"], "url": urls.below(stored["config"]["url"])}
    return {**stored, "config": config}


def listing(href, question, urls):
    """The beginning of a list of builds."""
    owner = owner_of(question, "platformID")
    document = Document(href, urls.schema("builds"))
    document.template(rel.BUILD_BY_ID, urls.by_id("build"), profile=urls.schema("build"))
    document.template(rel.BUILDS_OPTIONS, urls.options("build", **owner))
    return link_owner(document, owner, urls)
