"""How it looks what an app keeps of its builds, and what it would lose."""

from ec_builds.hal import relations as rel
from ec_builds.hal.document import Document


def one(app, urls):
    """The limits of an app."""
    document = Document(
        urls.item("retention", app.id),
        urls.schema("retention"),
        appID=app.id,
        newest=app.keep_newest,
        days=days(app.keep_days),
        bytes=app.keep_bytes,
    )
    document.link(rel.APP, urls.item("app", app.id), profile=urls.schema("app"))
    preview = urls.item("preview", app.id)
    return document.link(rel.RETENTION_PREVIEW, preview, profile=urls.schema("retention-preview"))


def days(number):
    """A number of days as it was given: 30, not 30.0."""
    return int(number) if number is not None and number.is_integer() else number


def preview(found, urls):
    """What an app would lose; `found` is a Preview."""
    document = Document(
        urls.item("preview", found.app.id),
        urls.schema("retention-preview"),
        appID=found.app.id,
        total=found.number,
        totalSize=found.size,
        builds=[excess(each) for each in found.builds],
    )
    document.link(rel.APP, urls.item("app", found.app.id), profile=urls.schema("app"))
    rule = urls.item("retention", found.app.id)
    document.link(rel.RETENTION, rule, profile=urls.schema("retention"))
    builds = [
        {"href": urls.item("build", each.build_id), "profile": urls.schema("build")}
        for each in found.builds
    ]
    return document.links_to(rel.BUILD, builds)


def excess(each):
    """One of the builds that would go."""
    return {
        "buildID": each.build_id,
        "platformID": each.platform_id,
        "finished": each.finished,
        "size": each.size,
        "reason": each.reason,
    }
