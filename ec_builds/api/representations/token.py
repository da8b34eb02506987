"""How access tokens look. What they are themselves is shown once, to whoever makes one."""

from ec_builds.hal import relations as rel
from ec_builds.hal.document import Document
from ec_builds.web.current import caller

RELATION = rel.TOKEN


def one(row, urls):
    """A token: what it is good for."""
    document = Document(
        urls.item("token", row.id),
        urls.schema("token"),
        tokenID=row.id,
        name=row.name,
        scopes=row.scopes,
        appIDs=row.apps,
        created=row.created,
        expires=row.expires,
        used=row.used,
        current=is_current(row),
    )
    tokens = urls.collection("token", accountID=row.account_id)
    document.link("collection", tokens, profile=urls.schema("tokens"))
    owner = urls.item("account", row.account_id)
    return document.link(rel.ACCOUNT, owner, profile=urls.schema("account"))


def made(row, urls):
    """A token that was made a moment ago, with its text; without, if it is told again."""
    document = one(row, urls)
    document.state["token"] = row.text
    return document


def is_current(row):
    """Whether the token is the one that is in use."""
    token = caller() and caller().token
    return token is not None and token.id == row.id


def listing(href, question, urls):
    """The beginning of a list of tokens; its template keeps the account, if there is one."""
    account_id = question.value_of("accountID")
    owner = {"accountID": account_id} if account_id else {}
    document = Document(href, urls.schema("tokens"))
    document.link(rel.ACCOUNT, urls.collection("account"), profile=urls.schema("account"))
    document.template(rel.TOKEN_BY_ID, urls.by_id("token"), profile=urls.schema("token"))
    return document.template(rel.TOKENS_OPTIONS, urls.options("token", **owner))
