"""`ec-builds token`: access tokens, made, listed and revoked where the database is."""

import json
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import click
from rich.table import Table
from rich.text import Text

from ec_builds.cli.console import console, plain
from ec_builds.cli.preparation import opened
from ec_builds.config import duration
from ec_builds.errors import ECError, NoMatch, UsageError
from ec_builds.runtime import ALLOWED

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


class Length(click.ParamType):
    """A length of time, as a moment from now on."""

    name = "length"

    def convert(self, value, param, ctx):
        try:
            return (datetime.now(UTC) + timedelta(seconds=duration(value))).isoformat()
        except ValueError as error:
            self.fail(f"“{value}” should be {error}.", param, ctx)


@click.group()
def token():
    """Make, list and revoke access tokens.

    This works on the database itself, whether the server runs or not.
    """


@contextmanager
def sentences():
    """What the services refuse is a wrong usage here."""
    try:
        yield
    except ECError as error:
        raise UsageError(str(error)) from error


@token.command()
@click.option("--account", "email", metavar="EMAIL", required=True, help="Whose; made if need be.")
@click.option("--username", metavar="NAME", help="Of a new account; else one like the email.")
@click.option("--admin", is_flag=True, help="Make the account an admin, who may do everything.")
@click.option("--scope", "scopes", metavar="SCOPE", multiple=True,
              help="What it is good for, as in build:read; else all. Can be repeated.")
@click.option("--app", "app_ids", metavar="APPID", multiple=True,
              help="For which app it is good; else for all of the account. Can be repeated.")
@click.option("--expires", metavar="LENGTH", type=Length(),
              help="How long it is good, as in 90d; else until it is revoked.")
@click.option("--name", default="command line", show_default=True, help="What it is for.")
@as_json
def create(email, username, admin, scopes, app_ids, expires, name, as_json):
    """Make a token and print it, this one time: TOKEN=$(ec-builds token create ...)."""
    runtime = opened()
    limits = {"scopes": scopes or None, "app_ids": app_ids or None, "expires": expires}
    with sentences():
        made, account, is_new = runtime.account_tokens.create_for(
            runtime.operator(), email, username, admin, named(name), **limits
        )
    introduce(account, is_new, admin)
    if as_json:
        shown = {**document(made, account), "token": made.text}
        click.echo(json.dumps(shown, ensure_ascii=False))
    else:
        click.echo(made.text)


def named(name):
    """The name of a token, if it can be one. Raises UsageError."""
    if not 0 < len(name) <= 200 or not name.isprintable():
        raise UsageError("The name of a token has 1 to 200 characters.")
    return name


def introduce(account, is_new, admin):
    """Say whose token it is, beside it."""
    words = [f"{'A new account' if is_new else 'The account'}: {account.username}, {account.email}"]
    if admin:
        words.append("It is an admin's, who may do everything with everything.")
    elif account.admin:
        words.append("It is an admin's.")
    elif is_new:
        words.append("It belongs to no app yet: one asks it in by an invitation.")
    output = console(stderr=True)
    for each in words:
        output.print(Text(each), soft_wrap=True)


@token.command("list")
@click.option("--account", "email", metavar="EMAIL", help="Of this account only.")
@as_json
def list_(email, as_json):
    """Show the tokens that have not been revoked, the oldest first; nothing secret is kept."""
    runtime = opened()
    operator = runtime.operator()
    account = account_of(runtime, email) if email else None
    rows = table()
    for each in runtime.account_tokens.of(operator, account and account.id):
        owner = each.account
        if as_json:
            click.echo(json.dumps(document(each, owner), ensure_ascii=False))
        else:
            rows.add_row(*cells(each, owner), style="dim" if is_over(each) else None)
    if not as_json:
        console().print(rows)


def account_of(runtime, email):
    """The account of an email. Raises UsageError if there is none."""
    found = runtime.accounts.of(email)
    if found is None:
        raise UsageError(f"There is no account of {plain(email)} here.")
    return found


def document(row, account):
    """A token, for programs."""
    return {
        "tokenID": row.id,
        "accountID": account.id,
        "email": account.email,
        "username": account.username,
        "name": row.name,
        "scopes": row.scopes,
        "appIDs": row.apps,
        "created": row.created,
        "expires": row.expires,
        "used": row.used,
    }


def table():
    """A table without tokens."""
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("id", "account", "name", "scopes", "apps", "created", "expires", "last used"):
        made.add_column(name, overflow="fold", no_wrap=name == "id")
    return made


def cells(row, account):
    """What the table shows of a token."""
    scopes = "all" if row.scopes is None else " ".join(row.scopes) or "none"
    apps = "all" if row.apps is None else " ".join(row.apps) or "none"
    expires = minute(row.expires) or "never"
    if is_over(row):
        expires += ", expired"
    texts = (row.id, account.email, row.name, scopes, apps)
    times = (minute(row.created), expires, minute(row.used) or "never")
    return [Text(plain(each)) for each in (*texts, *times)]


def minute(moment):
    """A moment as people read it, in UTC; None if there is none."""
    return moment and moment[:16].replace("T", " ")


def is_over(row):
    """Whether a token has expired."""
    return bool(row.expires) and datetime.fromisoformat(row.expires) <= datetime.now(UTC)


@token.command()
@click.argument("token_id", metavar="[TOKENID]", required=False)
@click.option("--account", "email", metavar="EMAIL", help="All tokens of this account.")
def revoke(token_id, email):
    """Revoke a token, or all tokens of an account, for good; nothing is asked."""
    if bool(token_id) == bool(email):
        raise UsageError("Say which: the id of a token, as `token list` shows it, or --account.")
    runtime = opened()
    if email:
        account = account_of(runtime, email)
        gone = runtime.account_tokens.revoke_all(runtime.operator(), account.id)
    else:
        gone = [revoke_one(runtime, token_id)]
    for each in gone:
        click.echo(f"Revoked {each.id}, {plain(each.name)}, of {each.account.email}.")
    if not gone:
        click.echo(f"{account.email} has no tokens.")


def revoke_one(runtime, token_id):
    """Revoke a token. Returns it; raises UsageError if there is none."""
    operator, tokens = runtime.operator(), runtime.account_tokens
    try:
        return tokens.delete(operator, tokens.get(operator, token_id.lower()), lambda token: None)
    except NoMatch as error:
        raise UsageError(f"There is no token “{plain(token_id)}” here.") from error


@token.command()
@as_json
def scopes(as_json):
    """Show what a token can be limited to."""
    if as_json:
        click.echo(json.dumps(ALLOWED, ensure_ascii=False))
        return
    rows = Table.grid(padding=(0, 2))
    for scope, allowed in ALLOWED.items():
        rows.add_row(Text(scope, "bold"), Text(allowed))
    console().print(rows)
