"""How statistics look: numbers are texts there, or null where nothing was counted."""

from ec_builds.hal import relations as rel
from ec_builds.hal.document import Document

RELATION = rel.STAT


def one(row, urls):
    """What one app has built and deployed."""
    document = Document(
        urls.item("stats", row.id),
        appID=row.id,
        title=row.title,
        totalBuilds=counted(sum(row.monthly_builds.values())),
        totalBuildSize=counted(row.total_build_size),
        monthlyBuilds=row.monthly_builds or None,
        totalDeployments=counted(sum(row.monthly_deployments.values())),
        monthlyDeployments=row.monthly_deployments or None,
        usedCodeSources=row.used_codesources or None,
        usedDataSources=row.used_datasources or None,
        usedTargets=row.used_targets or None,
        usedPlatforms=row.used_platforms or None,
    )
    document.link("collection", urls.collection("stats"))
    return document.link(rel.APP, urls.item("app", row.id), profile=urls.schema("app"))


def counted(number):
    return str(number) if number else None


def listing(href, question, urls):
    """The beginning of the list of statistics."""
    document = Document(href)
    document.link(rel.APPS, urls.collection("app"), profile=urls.schema("apps"))
    return document.template(rel.STAT_OPTIONS, urls.options("stats"))
