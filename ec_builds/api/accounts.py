"""Accounts over HTTP, and the access tokens that act for them."""

from flask.views import MethodView

from ec_builds.api.addressing import addressed, checked, refuse_item
from ec_builds.api.arguments import NewToken, item_query, list_query
from ec_builds.api.reading import read
from ec_builds.api.representations import account, token
from ec_builds.web.retrying import once
from ec_builds.lists import catalog
from ec_builds.web.blueprint import Blueprint
from ec_builds.web.body import read_body
from ec_builds.web.current import caller, runtime, urls
from ec_builds.web.responses import HAL, created, etag, no_content, serialize, unchanged

blp = Blueprint("accounts", __name__, description="Who uses the server, and by which tokens")


def represent(row):
    return token.one(row, urls())


@blp.route("/account")
class Accounts(MethodView):
    kind, listing = "account", catalog.ACCOUNTS

    @blp.arguments(list_query(catalog.ACCOUNTS), location="query")
    @blp.reads("accounts", "account")
    def get(self, parameters):
        """Read one's own account; with parameters: another one, or a list of accounts"""
        wanted = parameters or {self.listing.id: caller().id}
        return read(runtime.accounts, account, wanted)


@blp.route("/account/token")
class Tokens(MethodView):
    kind, listing = "token", catalog.TOKENS

    @blp.arguments(list_query(catalog.TOKENS), location="query")
    @blp.reads("tokens", "token")
    def get(self, parameters):
        """List the access tokens of an account, or read what is known of one"""
        return read(runtime.account_tokens, token, parameters)

    @blp.arguments(NewToken, location="query")
    @blp.body("token-template")
    @blp.response(201, "token", content_type=HAL)
    def post(self, parameters):
        """Make an access token, which is told this one time"""
        refuse_item(parameters, runtime.account_tokens)
        service, owner = runtime.account_tokens, parameters.get("accountID")
        service.may_create(caller(), checked("accountID", owner) if owner else None)
        body = read_body("token-template")
        limits = {name: body.get(name) for name in ("scopes", "expires")}
        limits["app_ids"] = body.get("appIDs")
        return told(once(service, lambda: service.create(caller(), body["name"], **limits)))

    @blp.arguments(item_query(catalog.TOKENS), location="query")
    @blp.response(204)
    def delete(self, parameters):
        """Revoke an access token, for good"""
        row = addressed(runtime.account_tokens, parameters)
        runtime.account_tokens.delete(caller(), row, unchanged(represent))
        return no_content()


def told(row):
    """The one answer that tells a token. Its tag is that of the document that can be read again."""
    response = created(token.made(row, urls()))
    response.set_etag(etag(serialize(represent(row))))
    response.headers["Cache-Control"] = "no-store"
    return response
