"""How invitations look to those who have sent them."""

from ec_builds.api.representations.configured import owned_listing
from ec_builds.hal import relations as rel
from ec_builds.hal.document import Document

RELATION = rel.INVITATION


def one(row, urls):
    """An invitation, with the app."""
    document = Document(
        urls.item("invitation", row.id),
        urls.schema("invitation"),
        invitationID=row.id,
        email=row.email,
        username=row.username,
        **terms(row),
    )
    invitations = urls.collection("invitation", appID=row.app_id)
    document.link("collection", invitations, profile=urls.schema("invitations"))
    return document.link(rel.APP, urls.item("app", row.app_id), profile=urls.schema("app"))


def terms(row):
    """What an invitation says to both sides."""
    return {
        "role": row.role,
        "inviter": row.inviter.signature,
        "created": row.created,
        "expires": row.expires,
    }


def listing(href, question, urls):
    return owned_listing(href, "invitation", question, urls)
