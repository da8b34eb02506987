"""How platforms look."""

from ec_builds.api.representations.configured import owned_listing
from ec_builds.hal import relations as rel
from ec_builds.hal.document import Document
from ec_builds.web.current import runtime

RELATION = rel.PLATFORM


def one(row, urls):
    """A platform, with its plugins, builds and deployments."""
    mine = {"platformID": row.id}
    shown = runtime.types.shown("platform", row)
    document = Document(
        urls.item("platform", row.id),
        urls.schema("platform"),
        platformID=row.id,
        title=row.title,
        platformType=row.type,
        config=shown.config,
    )
    document.unseen = shown.proof
    of_app = urls.collection("platform", appID=row.app_id)
    document.link("collection", of_app, profile=urls.schema("platforms"))
    document.link(rel.APP, urls.item("app", row.app_id), profile=urls.schema("app"))
    link_parts(document, row, urls)
    document.link(rel.BUILDS, urls.collection("build", **mine), profile=urls.schema("builds"))
    document.template(rel.BUILDS_OPTIONS, urls.options("build", **mine))
    if row.latest_build:
        latest = urls.item("build", row.latest_build)
        document.link(rel.BUILD_LATEST, latest, profile=urls.schema("build"))
    deployments = urls.collection("deployment", **mine)
    document.link(rel.DEPLOYMENTS, deployments, profile=urls.schema("deployments"))
    document.template(rel.DEPLOYMENTS_OPTIONS, urls.options("deployment", **mine))
    return link_latest_deployment(document, row, urls)


def link_parts(document, row, urls):
    parts = [
        (rel.CODE_SOURCE, "codesource", [row.codesource_id]),
        (rel.DATA_SOURCE, "datasource", [row.datasource_id]),
        (rel.TARGET, "target", row.target_ids),
    ]
    for relation, kind, part_ids in parts:
        for part_id in part_ids:
            document.link(relation, urls.item(kind, part_id), profile=urls.schema(kind))


def link_latest_deployment(document, row, urls):
    """The newest deployment of a platform or of a build, if there is one."""
    if row.latest_deployment:
        latest = urls.item("deployment", row.latest_deployment)
        document.link(rel.DEPLOYMENT_LATEST, latest, profile=urls.schema("deployment"))
    return document


def listing(href, question, urls):
    return owned_listing(href, "platform", question, urls)
