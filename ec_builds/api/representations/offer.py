"""How invitations look to those who have got them."""

from ec_builds.api.representations.actions import link_actions
from ec_builds.api.representations.invitation import terms
from ec_builds.hal import relations as rel
from ec_builds.hal.document import Document

RELATION = rel.OFFER


def one(row, urls):
    """An invitation that can be accepted; what is known of the app before is its title."""
    document = Document(
        urls.item("offer", row.id),
        urls.schema("offer"),
        invitationID=row.id,
        appID=row.app_id,
        appTitle=row.app.title,
        **terms(row),
    )
    document.link("collection", urls.collection("offer"), profile=urls.schema("offers"))
    return link_actions(document, "offer", row, urls)


def accepted(row, urls):
    """An invitation that was accepted, with the app."""
    document = one(row, urls)
    document.links.pop(rel.OFFER_ACCEPT, None)
    return document.link(rel.APP, urls.item("app", row.app_id), profile=urls.schema("app"))


def listing(href, question, urls):
    document = Document(href, urls.schema("offers"))
    document.link(rel.APPS, urls.collection("app"), profile=urls.schema("apps"))
    document.template(rel.OFFER_BY_ID, urls.by_id("offer"))
    return document.template(rel.OFFERS_OPTIONS, urls.options("offer"))
