"""Who did what: lines that are written with what they tell of, and never changed."""

import peewee

from ec_builds.store.app import App
from ec_builds.store.database import JSONField, Row, now, remark
from ec_builds.store.lists import RowList, ids
from ec_builds.store.prepared import Prepared

JSON = JSONField()
#: What a line consists of, in the order in which it is written.
COLUMNS = (
    "moment", "account_id", "email", "username", "token_id", "address", "request_id", "action",
    "kind", "thing", "app_id", "detail",
)


class Audit(Row):
    """A line of the audit. The database itself refuses to change or to delete one."""

    id = peewee.BigAutoField()
    moment = peewee.TextField(default=now)
    #: Who, as the account was then; None for what the server did by itself.
    account_id = peewee.TextField(null=True)
    email = peewee.TextField(null=True)
    username = peewee.TextField(null=True)
    token_id = peewee.TextField(null=True)
    address = peewee.TextField(null=True)
    request_id = peewee.TextField(null=True)
    #: What was done, in a word, with what: its kind, its id as text, and its app.
    action = peewee.TextField()
    kind = peewee.TextField()
    thing = peewee.TextField(null=True)
    app_id = peewee.TextField(null=True)
    detail = JSONField(null=True)

    @classmethod
    def note(cls, who, action, kind, thing=None, app_id=None, **detail):
        """Write a line, as a part of the transaction if there is one.

        who: the Caller; None for the server itself.
        thing: the id of what it was done with.
        detail: a few facts; neither secrets nor values of configs.
        """
        thing = None if thing is None else str(thing)
        what = (str(action), kind, thing, app_id, JSON.db_value(detail or None))
        with remark():
            WRITING.change(now(), *known(who), *what)


def known(who):
    """What is written down of a Caller."""
    if who is None:
        return (None,) * 6
    account = who.account
    token_id = who.token and who.token.id
    return account.id, account.email, account.username, token_id, who.address, who.request_id


def complete_audit(rows):
    """Puts `app_is_there` on each line."""
    wanted = App.living().where(App.id.in_([row.app_id for row in rows]))
    there = set(ids(wanted.select(App.id)))
    for row in rows:
        row.app_is_there = row.app_id in there


def of_admins(reach):
    """Conditions that leave nothing to whoever does not get to see everything."""
    if reach.token is not None or not reach.everything:
        yield Audit.id.is_null()


#: The statement that writes a line.
WRITING = Prepared(lambda *values: Audit.insert(dict(zip(COLUMNS, values))), len(COLUMNS))
AUDIT = RowList(
    Audit,
    {
        "auditID": Audit.id,
        "moment": Audit.moment,
        "accountID": Audit.account_id,
        "email": Audit.email,
        "username": Audit.username,
        "tokenID": Audit.token_id,
        "address": Audit.address,
        "requestID": Audit.request_id,
        "action": Audit.action,
        "kind": Audit.kind,
        "thing": Audit.thing,
        "appID": Audit.app_id,
    },
    complete_audit,
    of_admins,
)
