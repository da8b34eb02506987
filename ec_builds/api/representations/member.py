"""How members of apps look."""

from ec_builds.api.representations.configured import owned_listing
from ec_builds.hal import relations as rel
from ec_builds.hal.document import Document

RELATION = rel.MEMBER


def one(row, urls):
    """A member, with the app."""
    document = Document(
        urls.item("member", row.id),
        urls.schema("member"),
        memberID=row.id,
        accountID=row.account_id,
        email=row.account.email,
        username=row.account.username,
        role=row.role,
        created=row.created,
    )
    members = urls.collection("member", appID=row.app_id)
    document.link("collection", members, profile=urls.schema("members"))
    return document.link(rel.APP, urls.item("app", row.app_id), profile=urls.schema("app"))


def listing(href, question, urls):
    return owned_listing(href, "member", question, urls)
