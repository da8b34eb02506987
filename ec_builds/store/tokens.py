"""The lists of accounts and of their tokens."""

from ec_builds.store.account import Account, Token, TokenApp
from ec_builds.store.app import App
from ec_builds.store.lists import RowList, grouped, ids


def complete_accounts(rows):
    """An account has all that is shown of it."""


def complete_tokens(rows):
    """Puts `apps`, the ids of the living apps that it is limited to, and no `text` on each token.

    The text is put on it by whoever makes it, and by nobody else, since it is kept nowhere.
    """
    limits = (
        TokenApp.select(TokenApp.token, TokenApp.app)
        .where(TokenApp.token.in_(ids(rows)), TokenApp.app.in_(App.living().select(App.id)))
        .order_by(TokenApp.app)
    )
    apps = grouped(limits.tuples(), ids(rows))
    for row in rows:
        row.apps, row.text = apps[row.id] if row.limited else None, None


ACCOUNTS = RowList(
    Account,
    {
        "accountID": Account.id,
        "email": Account.email,
        "username": Account.username,
        "created": Account.created,
    },
    complete_accounts,
    lambda reach: reach.own(Account.id),
)
TOKENS = RowList(
    Token,
    {
        "tokenID": Token.id,
        "accountID": Token.account,
        "name": Token.name,
        "created": Token.created,
        "expires": Token.expires,
        "used": Token.used,
    },
    complete_tokens,
    lambda reach: reach.own(Token.account),
)
