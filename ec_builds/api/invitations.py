"""Invitations over HTTP: those that an app has sent, and those that one has got."""

from flask.views import MethodView

from ec_builds.api.actions import action
from ec_builds.api.addressing import addressed, refuse_item, required
from ec_builds.api.arguments import Owned, item_query, list_query
from ec_builds.api.reading import read
from ec_builds.api.representations import invitation, offer
from ec_builds.web.retrying import once
from ec_builds.lists import catalog
from ec_builds.web.blueprint import Blueprint
from ec_builds.web.body import read_body
from ec_builds.web.current import caller, runtime, urls
from ec_builds.web.responses import HAL, created, no_content, unchanged

blp = Blueprint("invitations", __name__, description="Who is asked to belong to apps")
TEMPLATE = "invitation-template"


def sent(row):
    return invitation.one(row, urls())


def got(row):
    return offer.one(row, urls())


@blp.route("/invitation")
class Invitations(MethodView):
    kind, listing = "invitation", catalog.INVITATIONS

    @blp.arguments(list_query(catalog.INVITATIONS), location="query")
    @blp.reads("invitations", "invitation")
    def get(self, parameters):
        """List the invitations that an app has sent, or read one"""
        return read(runtime.invitations, invitation, parameters)

    @blp.arguments(Owned, location="query")
    @blp.body(TEMPLATE)
    @blp.response(201, "invitation", content_type=HAL)
    def post(self, parameters):
        """Ask somebody to belong to an app, by email or by username"""
        refuse_item(parameters, runtime.invitations)
        app_id = required(parameters, "appID")
        runtime.invitations.may_create(caller(), app_id)
        body = read_body(TEMPLATE)
        wanted = (app_id, body["role"], body.get("email"), body.get("username"))
        new = once(runtime.invitations, lambda: runtime.invitations.create(caller(), *wanted))
        return created(sent(new))

    @blp.arguments(item_query(catalog.INVITATIONS), location="query")
    @blp.response(204)
    def delete(self, parameters):
        """Withdraw an invitation"""
        row = addressed(runtime.invitations, parameters)
        runtime.invitations.delete(caller(), row, unchanged(sent))
        return no_content()


@blp.route("/account/invitation")
class Offers(MethodView):
    kind, listing = "offer", catalog.OFFERS

    @blp.arguments(list_query(catalog.OFFERS), location="query")
    @blp.reads("offers", "offer")
    def get(self, parameters):
        """List the invitations that one has got, or read one"""
        return read(runtime.offers, offer, parameters)

    @blp.arguments(item_query(catalog.OFFERS), location="query")
    @blp.response(204)
    def delete(self, parameters):
        """Decline an invitation"""
        runtime.offers.delete(caller(), addressed(runtime.offers, parameters), unchanged(got))
        return no_content()


def accepted(row):
    return offer.accepted(row, urls())


action(
    blp, "/account/invitation", Offers, "accept", got,
    "Accept an invitation, and belong to the app from now on", shown=accepted,
)
