"""`ec-builds token`: accounts and their tokens, where the database is."""

import json
import re
from datetime import UTC, datetime

import click
import pytest

from ec_builds.auth.roles import Role
from ec_builds.auth.rules import SCOPES
from ec_builds.config import Config
from ec_builds.runtime import assemble, prepare
from ec_builds.services.tokens import MOST
from ec_builds.store.account import Account, Token
from ec_builds.store.app import App
from ec_builds.store.audit import Audit
from ec_builds.store.database import database
from ec_builds.store.member import Member

CREATE = ("token", "create", "--account")
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def config(home):
    """The settings of a home whose database is ready."""
    config = Config.from_environment({}, home=home)
    prepare(config)
    yield config
    database.close()


@pytest.fixture
def verify(config):
    """Who comes with a token, as a server of this home sees it."""
    return assemble(config).tokens.verify


@pytest.fixture
def app(config):
    """An app that ada@example.com belongs to."""
    app = App.make("Bakery", "#d97706")
    account = Account.named("ada", "ada@example.com")
    Member.join(app.id, account.id, Role.DEVELOPER.word)
    return app


def refusal(result):
    """What a wrong usage is told; nothing else is printed."""
    assert (result.exit_code, result.stdout) == (2, ""), result.stdout
    assert result.stderr.startswith("ec-builds: ") and result.stderr.count("\n") == 1
    return result.stderr


def test_only_the_token_is_on_standard_output(call, verify):
    result = call(*CREATE, "Anna.Maria+ci@Example.com")

    assert result.exit_code == 0
    caller = verify(result.stdout.strip())
    assert result.stdout == f"{result.stdout.strip()}\n"
    assert (caller.account.email, caller.account.username, caller.is_admin) == (
        "anna.maria+ci@example.com", "anna.maria-ci", False
    )
    assert "A new account: anna.maria-ci, anna.maria+ci@example.com" in result.stderr
    assert result.stdout.strip() not in result.stderr
    again = call(*CREATE, "anna.maria+ci@example.com")
    assert "The account: anna.maria-ci" in again.stderr
    assert verify(again.stdout.strip()).id == caller.id
    assert Account.select().where(Account.username != "admin").count() == 1


def test_what_it_is_good_for_can_be_said(call, app, verify):
    limits = ("--scope", "build:write", "--scope", "app:read", "--app", app.id, "--expires", "90d")

    result = call(*CREATE, "ada@example.com", *limits, "--name", "CI", "--json")

    told = json.loads(result.stdout)
    assert (told["email"], told["username"], told["name"]) == ("ada@example.com", "ada", "CI")
    assert (told["scopes"], told["appIDs"]) == (["app:read", "build:write"], [app.id])
    ahead = datetime.fromisoformat(told["expires"]) - datetime.now(UTC)
    assert ahead.days in (89, 90)
    caller = verify(told["token"])
    assert (caller.scopes, caller.app_ids) == (told["scopes"], {app.id})
    assert (told["isNew"], told["admin"]) == (False, False)
    ends = told["expires"][:16].replace("T", " ")
    assert result.stderr == (
        "The account: ada, ada@example.com\nThe token is good for "
        f"apps: {app.id}; scopes: app:read, build:write; until {ends} UTC.\n"
        "Clients of Djinn CI want it in short; --short prints that, --json both.\n"
    )
    assert verify(told["short"]).token.id == told["tokenID"]


def test_a_token_can_be_printed_in_short(call, verify):
    result = call(*CREATE, "anna@example.com", "--short")

    text = result.stdout.strip()
    assert re.fullmatch("[0-9a-f]{32}", text)
    assert verify(text).account.email == "anna@example.com"
    assert text not in result.stderr


def test_scopes_may_be_given_as_djinn_writes_them(call, verify):
    listed = "build:read,write,delete  namespace:read, write"

    result = call(*CREATE, "ada@example.com", "--scope", listed)

    assert verify(result.stdout.strip()).scopes == [
        "build:delete", "build:read", "build:write", "namespace:read", "namespace:write",
    ]


def test_scopes_may_be_given_by_comma(call, verify):
    scopes = ("--scope", "build:write, build:read", "--scope", "app:read")

    result = call(*CREATE, "ada@example.com", *scopes)

    assert verify(result.stdout.strip()).scopes == ["app:read", "build:read", "build:write"]
    assert "all apps that the account sees; scopes: app:read, build:read, build:write; until it " \
        "is revoked." in result.stderr


@pytest.mark.parametrize("length", ["90", "1.5", "90days", "90ms", "0d", "366d", "2027-01-31", "d"])
def test_a_length_of_time_has_a_unit(call, config, length):
    told = refusal(call(*CREATE, "ada@example.com", "--expires", length))

    assert f"“{length}” should be a length of time such as 90d" in told and "365d" in told
    assert Account.of("ada@example.com") is None
    assert "365d" in call("token", "create", "--help").stdout


def test_an_app_that_the_account_does_not_belong_to_is_refused(call, app):
    call(*CREATE, "bob@example.com")
    before = Token.select().count(), Audit.select().count()

    new = refusal(call(*CREATE, "anan@example.com", "--app", app.id))
    known = refusal(call(*CREATE, "bob@example.com", "--app", app.id))

    says = f"does not belong to the app {app.id}; an invitation asks it in."
    assert f"There is no account of anan@example.com yet: it {says}" in new
    assert f"bob@example.com {says}" in known
    assert Account.of("anan@example.com") is None
    assert (Token.select().count(), Audit.select().count()) == before


def test_an_admin_needs_not_belong_to_an_app(call, app):
    for arguments in (["--admin"], []):
        assert call(*CREATE, "bob@example.com", "--app", app.id, *arguments).exit_code == 0

    told = refusal(call(*CREATE, "bob@example.com", "--app", app.id, "--no-admin"))

    assert "does not belong" in told and Account.of("bob@example.com").admin


def test_an_admin_is_made_when_it_is_said(call, verify):
    assert "admin" not in call(*CREATE, "ada@example.com").stderr

    result = call(*CREATE, "ada@example.com", "--admin")

    assert "It is an admin's, who may do everything" in result.stderr
    assert verify(result.stdout.strip()).is_admin
    assert "It is an admin's, who may do" in call(*CREATE, "ada@example.com").stderr


def test_an_admin_is_unmade_when_it_is_said(call, verify):
    before = call(*CREATE, "ada@example.com", "--admin").stdout.strip()

    result = call(*CREATE, "ada@example.com", "--no-admin")

    assert "It is no admin's." in result.stderr
    assert not verify(result.stdout.strip()).is_admin and not verify(before).is_admin
    lines = Audit.select().where(Audit.kind == "account").order_by(Audit.id)
    assert [(each.action, each.detail["admin"]) for each in lines] == [
        ("create", True), ("edit", False)
    ]


def test_whoever_runs_the_server_stays_an_admin(call, config):
    call("token", "list")
    told = refusal(call(*CREATE, "admin@localhost", "--no-admin"))

    assert "admin@localhost is whoever runs this server, and stays an admin." in told
    assert Account.of("admin@localhost").admin
    assert Token.select().count() == 0


def test_usernames_are_made_that_nobody_has(call, config):
    for email in ("ada@a.example", "ada@b.example", "ada@c.example", "ada2@d.example",
                  "ÄÖ@e.example", f"{'x' * 60}@f.example", "admin@g.example"):
        assert call(*CREATE, email).exit_code == 0

    names = {each.email: each.username for each in Account.select()}
    assert [names[f"ada@{each}.example"] for each in "abc"] == ["ada", "ada2", "ada3"]
    assert names["ada2@d.example"] == "ada22"
    assert names["äö@e.example"] == "user"
    assert names[f"{'x' * 60}@f.example"] == "x" * 33
    assert names["admin@g.example"] == "admin2"
    assert names["admin@localhost"] == "admin"


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["eve@example.com", "--username", "ada"], "The username ada is somebody else's."),
        (["eve@example.com", "--username", "Ä"], "is no username; it should be up to 39"),
        (["ada@example.com", "--username", "eve"], "has the username ada."),
        (["nobody"], "“nobody” is no email; it should be"),
        (["a@b@c"], "is no email"),
        (["a\x1b[1m@c.example"], "is no email"),
        (["eve@example.com", "--scope", "build:wriet"], "did you mean build:write?"),
        (["eve@example.com", "--scope", "zzz"], ", ".join(SCOPES)),
        (["eve@example.com", "--scope", "build"], "`ec-builds token scopes` shows all of them."),
        (["eve@example.com", "--scope", "build:read,"], "There is no scope “”"),
        (["eve@example.com", "--app", NOBODY], f"There is no app “{NOBODY}” here."),
        (["eve@example.com", "--app", "x"], "There is no app “x” here."),
        (["eve@example.com", "--expires", "soon"], "a length of time such as"),
        (["eve@example.com", "--expires", "999d"], "at most 365d"),
        (["eve@example.com", "--name", ""], "1 to 200 characters"),
        (["eve@example.com", "--name", "x" * 201], "1 to 200 characters"),
    ],
)
def test_what_cannot_be_made_is_refused_and_nothing_is_left(call, config, arguments, words):
    call(*CREATE, "ada@example.com")

    assert words in refusal(call(*CREATE, *arguments))

    assert Token.select().count() == 1
    assert {each.username for each in Account.select()} == {"admin", "ada"}


def test_an_account_cannot_hoard(call, config):
    call(*CREATE, "ada@example.com")
    account = Account.of("ada@example.com")
    for number in range(MOST - 1):
        Token.create(fingerprint=str(number), account=account, name="many")

    assert f"can have {MOST} tokens" in refusal(call(*CREATE, "ada@example.com"))


def test_tokens_are_listed_without_what_is_secret(call, config):
    texts = [call(*CREATE, email, "--name", name).stdout.strip()
             for email, name in (("ada@example.com", "laptop [bold]"), ("bob@example.com", "CI"))]
    Token.update(expires="2024-05-02T08:15:02.114Z", used="2024-05-01T07:00:00.000Z").where(
        Token.name == "CI"
    ).execute()

    result = call("token", "list")

    head, first, second = result.stdout.splitlines()
    assert head.split() == [*"id account name scopes apps created expires last used".split()]
    assert "ada@example.com  laptop [bold]  all     all" in first
    assert first.split()[-2:] == ["never", "never"]
    assert "2024-05-02 08:15, expired  2024-05-01 07:00" in second
    told = [json.loads(line) for line in call("token", "list", "--json").stdout.splitlines()]
    assert [each["name"] for each in told] == ["laptop [bold]", "CI"]
    only = call("token", "list", "--account", "BOB@example.com", "--json").stdout
    assert json.loads(only) == told[1]
    for text in texts:
        assert text.rpartition(".")[2] not in result.stdout
    for row in Token.select():
        assert row.fingerprint not in result.stdout + only


def test_a_narrow_terminal_gets_two_lines_of_each_token(call, config):
    call(*CREATE, "ada@example.com", "--name", "laptop [bold]", "--scope", ",".join(SCOPES))
    call(*CREATE, "bob@example.com", "--name", "CI", "--expires", "90d")
    Token.update(expires="2024-05-02T08:15:02.114Z", used="2024-05-01T07:00:00.000Z").where(
        Token.name == "CI"
    ).execute()

    def shown(width):
        told = call("token", "list", FORCE_COLOR="1", COLUMNS=width).stdout
        return click.unstyle(told).splitlines()

    ids = {each.name: each.id for each in Token.select()}
    assert shown("80") == [
        f"{ids['laptop [bold]']}  ada@example.com",
        "    laptop [bold]; never used; expires never",
        f"{ids['CI']}  bob@example.com",
        "    CI; last used 2024-05-01 07:00; expired 2024-05-02 08:15",
    ]
    assert shown("200")[0].split()[:5] == ["id", "account", "name", "scopes", "apps"]


def test_names_do_nothing_to_a_terminal(call, config):
    account = Account.named("ada", "ada@example.com")
    Token.create(fingerprint="x", account=account, name="\x1b]0;owned\x07\nnext")

    for arguments in (["list"], ["list", "--json"], ["revoke", Token.get().id]):
        told = call("token", *arguments).stdout
        assert not any(each in told for each in "\x1b\x07")
        assert "\nnext" not in told


def test_one_is_revoked_by_its_id(call, verify):
    text, other = (call(*CREATE, "ada@example.com").stdout.strip() for _ in range(2))
    token = verify(text).token

    result = call("token", "revoke", token.id.upper())

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"Revoked {token.id}, command line, of ada@example.com.\n"
    assert token.id not in call("token", "list").stdout
    assert verify(other).token.revoked is None
    assert Token.get_by_id(token.id).revoked
    assert "There is no token" in refusal(call("token", "revoke", token.id))


def test_all_of_an_account_are_revoked(call, config):
    for email in ("ada@example.com", "ada@example.com", "bob@example.com"):
        call(*CREATE, email)

    result = call("token", "revoke", "--account", "Ada@example.com")

    assert result.stdout.count("Revoked") == 2
    assert [each.account.username for each in Token.living()] == ["bob"]
    result = call("token", "revoke", "--account", "ada@example.com")
    assert (result.exit_code, result.stdout) == (0, "ada@example.com has no tokens.\n")


@pytest.mark.parametrize(
    "arguments, words",
    [
        ([], "Say which"),
        ([NOBODY, "--account", "ada@example.com"], "Say which"),
        ([NOBODY], f"There is no token “{NOBODY}” here."),
        (["x"], "There is no token “x” here."),
        (["--account", "eve@example.com"], "There is no account of eve@example.com here."),
    ],
)
def test_what_cannot_be_revoked_is_said(call, config, arguments, words):
    assert words in refusal(call("token", "revoke", *arguments))


def test_an_unknown_account_has_no_list(call, config):
    told = refusal(call("token", "list", "--account", "eve@example.com"))

    assert "There is no account of eve@example.com here." in told


def test_every_scope_is_told(call):
    told = call("token", "scopes").stdout
    document = json.loads(call("token", "scopes", "--json").stdout)

    assert [line.split()[0] for line in told.splitlines()] == list(SCOPES) == list(document)
    assert document["build:write"] == (
        "create, pin, unpin and cancel builds; create tags of builds"
    )


@pytest.mark.parametrize("arguments", [[*CREATE, "ada@example.com"], ["token", "list"],
                                       ["token", "revoke", NOBODY]])
def test_where_no_server_was_nothing_is_made(call, home, arguments):
    assert "There is no sqlite://" in refusal(call(*arguments))
    assert not home.exists()
