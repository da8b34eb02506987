"""How deployments look."""

from ec_builds.api.representations.run import course, link_owner, link_owners, owner_of
from ec_builds.hal import relations as rel
from ec_builds.hal.document import Document

RELATION = rel.DEPLOYMENT


def one(row, urls):
    """A deployment, with its whole journal."""
    results = row.results and [urls.below(result) for result in row.results]
    document = Document(
        urls.item("deployment", row.id),
        urls.schema("deployment"),
        deploymentID=row.id,
        buildID=row.build_id,
        platformID=row.platform_id,
        targetIDs=row.target_ids,
        outsideConfig=row.outside_config,
        results=results,
        **course(row, "deployment"),
    )
    link_owners(document, "deployment", row, urls)
    if row.build_is_there:
        build = urls.item("build", row.build_id)
        document.link(rel.BUILD, build, profile=urls.schema("build"))
    document.links_to(rel.DEPLOYMENT_DOWNLOAD, downloads(row, urls))
    targets = [
        {"href": urls.item("target", target_id), "profile": urls.schema("target")}
        for target_id in row.living_target_ids
    ]
    return document.links_to(rel.TARGET, targets)


def downloads(row, urls):
    """Where addresses are made for the files that targets keep."""
    place, schema = urls.action("deployment", "download", row.id), urls.schema("address")
    return [{"href": f"{place}&targetID={target}", "profile": schema} for target in row.kept]


def listing(href, question, urls, app_ids=()):
    """The beginning of a list of deployments; `app_ids` are the apps whose they are."""
    owner = owner_of(question, "platformID", "targetID", "buildID")
    document = Document(href, urls.schema("deployments"))
    by_id = urls.by_id("deployment")
    document.template(rel.DEPLOYMENT_BY_ID, by_id, profile=urls.schema("deployment"))
    document.template(rel.DEPLOYMENTS_OPTIONS, urls.options("deployment", **owner))
    for app_id in sorted(app_ids):
        document.link(rel.APP, urls.item("app", app_id), profile=urls.schema("app"))
    return link_owner(document, owner, urls)
