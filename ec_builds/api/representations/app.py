"""How apps look."""

from ec_builds import __version__
from ec_builds.hal import relations as rel
from ec_builds.hal.document import Document
from ec_builds.web.current import caller, runtime

RELATION = rel.APP

#: Kind: relations of its list, of the template of its list, and of one of it.
CHILDREN = {
    "platform": (rel.PLATFORMS, rel.PLATFORMS_OPTIONS, rel.PLATFORM_BY_ID),
    "codesource": (rel.CODE_SOURCES, rel.CODE_SOURCES_OPTIONS, rel.CODE_SOURCE_BY_ID),
    "datasource": (rel.DATA_SOURCES, rel.DATA_SOURCES_OPTIONS, rel.DATA_SOURCE_BY_ID),
    "target": (rel.TARGETS, rel.TARGETS_OPTIONS, rel.TARGET_BY_ID),
    "member": (rel.MEMBERS, rel.MEMBERS_OPTIONS, rel.MEMBER_BY_ID),
    "invitation": (rel.INVITATIONS, rel.INVITATIONS_OPTIONS, rel.INVITATION_BY_ID),
}


def one(row, urls):
    """An app, with the ways to all that it owns."""
    document = Document(
        urls.item("app", row.id),
        urls.schema("app"),
        appID=row.id,
        shortID=row.short_id,
        created=row.created,
        title=row.title,
        hexColor=row.hex_color,
    )
    document.link("collection", urls.collection("app"), profile=urls.schema("apps"))
    retention = urls.item("retention", row.id)
    document.link(rel.RETENTION, retention, profile=urls.schema("retention"))
    for kind, (children, options, by_id) in CHILDREN.items():
        if "read" not in runtime.policy.on_collection(caller(), kind, row.id):
            continue
        document.link(
            children, urls.collection(kind, appID=row.id), profile=urls.schema(f"{kind}s")
        )
        document.template(options, urls.options(kind, appID=row.id))
        document.template(by_id, urls.by_id(kind), profile=urls.schema(kind))
    return document.links_to(rel.PLATFORM, platform_links(row, urls))


def platform_links(row, urls):
    """Links to the platforms of an app, or to those that use a plugin, with their titles."""
    return [
        {
            "href": urls.item("platform", platform.id),
            "profile": urls.schema("platform"),
            "title": platform.title,
        }
        for platform in row.platforms
    ]


def listing(href, question, urls):
    """The entry point: a greeting, and the ways to everything."""
    document = Document(
        href, urls.schema("apps"), msg=f"Welcome to ec-builds AppServer v{__version__}"
    )
    document.template(rel.APPS_OPTIONS, urls.options("app"))
    document.template(rel.APP_BY_ID, urls.by_id("app"), profile=urls.schema("app"))
    document.template(rel.APP_STATS, urls.options("stats"))
    offers = urls.collection("offer")
    document.link(rel.OFFERS, offers, profile=urls.schema("offers"))
    document.link(rel.ACCOUNT, urls.collection("account"), profile=urls.schema("account"))
    document.link(rel.TYPES, urls.types(), profile=urls.schema("app-plugin-types"))
    if "read" in runtime.policy.on_collection(caller(), "audit"):
        document.link(rel.AUDIT, urls.collection("audit"), profile=urls.schema("audit"))
    return document
