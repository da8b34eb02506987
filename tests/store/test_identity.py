"""Who comes from an identity provider, and whose account they get."""

import re
from types import SimpleNamespace

import peewee
import pytest

from ec_builds.errors import InvalidToken
from ec_builds.store.account import Account
from ec_builds.store.database import Duplicate, transaction
from ec_builds.store.identity import PAUSE, KnownIdentity, candidates, cleaned

ISSUER = "https://login.example.com"
USERNAME = re.compile("[a-z0-9][a-z0-9._-]{0,38}")


def identity(subject="1", email="jane@example.com", verified=True, username="jane", issuer=ISSUER):
    return SimpleNamespace(
        issuer=issuer, subject=subject, username=username,
        email=email, email_verified=verified and email is not None,
    )


def enter(*arguments, **more):
    """The account of somebody."""
    return KnownIdentity.account_of(identity(*arguments, **more))


@pytest.fixture(autouse=True)
def admin(tables):
    return Account.named("admin", "admin@localhost", admin=True)


def test_somebody_new_gets_an_account(admin):
    account = enter()

    assert (account.username, account.email) == ("jane", "jane@example.com")
    assert account.admin is False
    assert account.id != admin.id
    known = KnownIdentity.get()
    assert (known.issuer, known.subject, known.account_id) == (ISSUER, "1", account.id)


def test_somebody_who_is_known_keeps_their_account_whatever_else_changes():
    account = enter()

    again = enter(email="other@example.com", username="admin", verified=False)

    assert (again.id, again.username, again.email) == (account.id, "jane", "jane@example.com")
    assert Account.select().count() == 2 and KnownIdentity.select().count() == 1


def test_issuer_and_subject_together_are_the_person():
    account = enter(email=None)

    assert enter("2", email=None).id != account.id
    assert enter(email=None, issuer="https://other.example.com").id != account.id
    assert enter("1 ", email=None).id != account.id


@pytest.mark.parametrize("email", ["jane@example.com", "JANE@Example.Com"])
def test_a_verified_email_leads_to_its_account(email):
    mine = Account.create(username="j", email="Jane@example.com")

    assert enter(email=email).id == mine.id
    assert Account.get_by_id(mine.id).email == "Jane@example.com"


def test_an_email_that_is_not_verified_leads_nowhere_and_is_not_kept():
    mine = Account.create(username="j", email="jane@example.com")

    first = enter(verified=False)
    second = enter("2", email="free@example.com", verified=False, username="joe")

    assert first.id != mine.id
    assert (first.email, second.email) == ("jane@no-email.invalid", "joe@no-email.invalid")
    # so that whoever proves to have the email later does not get into an account laid out for them
    assert enter("3", email="free@example.com", username="real").id != second.id


def test_an_email_that_was_made_here_leads_nowhere():
    mine = enter(verified=False)

    for subject, email in (("2", mine.email), ("3", mine.email.upper())):
        other = enter(subject, email=email, issuer="https://other.example.com")
        assert other.id != mine.id and other.email.endswith("@no-email.invalid")


def test_no_admins_account_is_linked(admin):
    Account.update(email="boss@example.com").where(Account.id == admin.id).execute()

    for email in ("boss@example.com", "BOSS@example.com"):
        with pytest.raises(InvalidToken, match="admin"):
            enter(email=email)
    assert KnownIdentity.select().count() == 0
    assert enter(email="boss@example.com", verified=False).id != admin.id


def test_nobody_becomes_the_admin_by_name(admin):
    Account.delete().execute()

    names = [enter(str(number), None, username="Admin ").username for number in range(3)]

    assert names == ["admin2", "admin3", "admin4"]


def test_an_email_that_went_to_somebody_else_does_not_take_the_account_along():
    enter()

    with pytest.raises(InvalidToken, match="somebody else"):
        enter("2", username="new")
    assert enter("1", issuer="https://other.example.com")


def test_an_email_of_two_accounts_leads_to_neither():
    Account.create(username="a", email="jane@example.com")
    Account.create(username="b", email="Jane@example.com")

    with pytest.raises(InvalidToken, match="somebody else"):
        enter()


@pytest.mark.parametrize(
    "told, username",
    [
        ("Jane Doe", "jane-doe"),
        ("jane@example.com", "jane"),
        ("J\u00fcrgen \u00c5", "jurgen-a"),
        ("__x__", "x"),
        ("../../etc/passwd", "etc-passwd"),
        ("<b>bold</b>", "b-bold-b"),
        ("\u042e\u043b\u0438\u044f", "user"),
        ("@example.com", "user"),
        ("...", "user"),
        ("x" * 200, "x" * 39),
        ("a%b_c", "a-b_c"),
    ],
)
def test_usernames_are_cleaned(told, username):
    assert cleaned(told) == username
    assert USERNAME.fullmatch(username)
    assert enter(username=told).username == username


@pytest.mark.parametrize("taken", ["jane", "JANE", "x" * 39, "a_b"])
def test_usernames_are_made_unique_by_a_number(taken):
    Account.create(username=taken, email="taken@example.com")

    names = [enter(str(number), None, username=taken).username for number in range(12)]

    stem = taken.lower()
    assert names[0] == (stem + "2" if len(stem) < 39 else stem[:38] + "2")
    assert len(set(names)) == 12 and all(USERNAME.fullmatch(name) for name in names)


def test_a_line_is_no_wildcard():
    Account.create(username="axb", email="taken@example.com")

    assert enter(username="a_b").username == "a_b"


def test_there_is_always_another_candidate():
    names = candidates("y" * 39)
    found = [next(names) for _ in range(1200)]

    assert len(set(found)) == 1200 and all(USERNAME.fullmatch(name) for name in found)


def test_without_a_username_the_email_gives_one():
    assert enter(username=None).username == "jane"
    assert enter("2", email=None, username=None).username == "user"
    assert enter("3", email="secret@example.com", verified=False, username=None).username == "user2"


def test_requests_at_once_make_one_account(at_once):
    ids = at_once(lambda number: enter().id)

    assert len(ids) == 8 and len(set(ids)) == 1
    assert Account.select().count() == 2 and KnownIdentity.select().count() == 1


def test_people_at_once_get_an_account_each(at_once):
    accounts = at_once(lambda number: enter(str(number), None))

    assert len({account.id for account in accounts}) == 8
    names = {account.username for account in accounts}
    assert names == {"jane", *(f"jane{number}" for number in range(2, 9))}


def test_an_account_is_linked_to_one_person_even_at_once(at_once):
    mine = Account.create(username="j", email="jane@example.com")

    def try_to_enter(number):
        try:
            return enter(str(number)).id
        except InvalidToken:
            return None

    ids = at_once(try_to_enter)

    assert sorted(ids, key=str) == sorted([mine.id] + [None] * 7, key=str)


def test_the_database_itself_knows_a_person_once_and_an_account_by_one_of_them(admin):
    mine = enter()

    for subject, account in (("1", admin), ("2", mine)):
        with pytest.raises(Duplicate), transaction():
            KnownIdentity.create(issuer=ISSUER, subject=subject, account=account)
    assert KnownIdentity.select().count() == 1


def test_that_somebody_was_here_is_noted_now_and_then():
    enter()
    first = KnownIdentity.get().last_seen
    enter()
    assert KnownIdentity.get().last_seen == first
    KnownIdentity.update(last_seen="2024-05-02T08:15:02.114Z").execute()

    enter()

    assert KnownIdentity.get().last_seen >= first
    assert PAUSE > 60


def test_whoever_is_known_gets_in_even_if_nothing_can_be_written(monkeypatch, caplog):
    account = enter()
    KnownIdentity.update(last_seen="2024-05-02T08:15:02.114Z").execute()

    def full(*values):
        raise peewee.OperationalError("database or disk is full")

    monkeypatch.setattr("ec_builds.store.identity.NOTE", SimpleNamespace(change=full))

    assert enter().id == account.id
    assert "disk is full" in caplog.text


def test_an_account_that_goes_takes_its_identity_along():
    enter().delete_instance()

    assert KnownIdentity.select().count() == 0
