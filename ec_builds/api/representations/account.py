"""How accounts look."""

from ec_builds.hal import relations as rel
from ec_builds.hal.document import Document
from ec_builds.web.current import caller

RELATION = rel.ACCOUNT


def one(row, urls):
    """An account, with the way to its tokens; to its owner also what the token in use may do."""
    document = Document(
        urls.item("account", row.id),
        urls.schema("account"),
        accountID=row.id,
        email=row.email,
        username=row.username,
        created=row.created,
        admin=bool(row.admin),
        currentToken=current_token(row),
    )
    everybody = urls.collection("account", _list="true")
    document.link("collection", everybody, profile=urls.schema("accounts"))
    if caller() is not None and caller().reach.is_wide:
        document.link(rel.ACCOUNTS, everybody, profile=urls.schema("accounts"))
    mine = urls.collection("token", accountID=row.id)
    document.link(rel.TOKENS, mine, profile=urls.schema("tokens"))
    if caller() is None or caller().id == row.id:
        offers = urls.collection("offer")
        document.link(rel.OFFERS, offers, profile=urls.schema("offers"))
    document.template(rel.TOKENS_OPTIONS, urls.options("token", accountID=row.id))
    document.template(rel.TOKEN_BY_ID, urls.by_id("token"), profile=urls.schema("token"))
    return document.link(rel.APPS, urls.collection("app"), profile=urls.schema("apps"))


def current_token(row):
    """What the token by which the owner of the account asks is good for; None for other accounts.

    It is None, too, for who needs no token of this server.
    """
    if caller() is None or caller().token is None or caller().id != row.id:
        return None
    token = caller().token
    return {
        "tokenID": token.id,
        "name": token.name,
        "scopes": token.scopes,
        "appIDs": token.app_ids(),
        "expires": token.expires,
    }


def listing(href, question, urls):
    """The beginning of a list of accounts."""
    document = Document(href, urls.schema("accounts"))
    document.template(rel.ACCOUNT_BY_ID, urls.by_id("account"))
    return document.template(rel.ACCOUNTS_OPTIONS, urls.options("account"))
