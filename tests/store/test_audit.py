"""The audit in the database: only ever added to."""

import peewee
import pytest

from ec_builds.auth.caller import Caller
from ec_builds.store.account import Account, Token
from ec_builds.store.audit import Audit
from ec_builds.store.database import database, transaction

CALLER = Caller(
    Account(id="a", email="jo@example.com", username="jo"), Token(id="t"), "192.0.2.7", "r1"
)


@pytest.fixture
def line(tables):
    """A line of the audit."""
    Audit.note(CALLER, "edit", "platform", 7, "b", properties=["title"])
    return Audit.get()


def test_a_line_says_who_did_what_with_what_and_from_where(line):
    values = line.__data__

    assert values.pop("moment").endswith("Z")
    assert values == {
        "id": 1, "account_id": "a", "email": "jo@example.com", "username": "jo", "token_id": "t",
        "address": "192.0.2.7", "request_id": "r1", "action": "edit", "kind": "platform",
        "thing": "7", "app_id": "b", "detail": {"properties": ["title"]},
    }


def test_what_the_server_does_by_itself_is_nobodys(tables):
    Audit.note(None, "sweep", "retention")

    line = Audit.get()
    assert (line.account_id, line.email, line.address, line.detail) == (None,) * 4


@pytest.mark.parametrize(
    "change", [Audit.update(email="nobody"), Audit.delete(), Audit.delete().where(Audit.id == 1)]
)
def test_the_database_refuses_to_change_it(line, change):
    with pytest.raises(peewee.DatabaseError, match="this can only be added to"), transaction():
        change.execute()

    assert [each.email for each in Audit.select()] == ["jo@example.com"]


def test_what_was_not_done_is_not_told(tables):
    with pytest.raises(ZeroDivisionError), transaction():
        Audit.note(CALLER, "edit", "platform")
        1 / 0

    assert Audit.select().count() == 0


@pytest.mark.parametrize(
    "statement",
    [
        "REPLACE INTO audit (id, moment, action, kind) VALUES (1, '2020', 'forged', 'x')",
        "INSERT INTO audit (id, moment, action, kind) VALUES (-5, '2020', 'forged', 'x')",
        "INSERT OR REPLACE INTO audit (id, moment, action, kind) VALUES (0, '2020', 'x', 'x')",
    ],
)
def test_nobody_replaces_or_precedes_a_line_or_empties_the_table(line, statement):
    if database.obj.dialect == "postgresql":
        statement = "TRUNCATE audit"
    with pytest.raises(peewee.DatabaseError, match="this can only be added to"), transaction():
        database.execute_sql(statement)

    assert [each.email for each in Audit.select()] == ["jo@example.com"]
