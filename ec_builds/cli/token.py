"""`ec-builds token`: access tokens, made, listed and revoked where the database is."""

import json
import re
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import click
from rich.table import Table
from rich.text import Text

from ec_builds.cli.console import console, plain
from ec_builds.cli.preparation import opened
from ec_builds.config import duration
from ec_builds.errors import ECError, InvalidValue, NoMatch, UsageError
from ec_builds.runtime import ALLOWED

#: Columns from which on a terminal has room for all that a table of tokens shows.
WIDE = 160
#: How a length of time ends that has a unit.
UNIT = re.compile(r"[\d\s][smhd]\s*$")

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


class Length(click.ParamType):
    """A length of time with its unit, as a moment from now on."""

    name = "length"

    def convert(self, value, param, ctx):
        told = "a length of time such as 90d, 12h or 30m, with its unit, and at most 365d"
        if not UNIT.search(value):  # settings take seconds without one; nobody means them here
            self.fail(f"“{plain(value)}” should be {told}.", param, ctx)
        try:
            return (datetime.now(UTC) + timedelta(seconds=duration(value))).isoformat()
        except ValueError:
            self.fail(f"“{plain(value)}” should be {told}.", param, ctx)


def listed(context, parameter, values):
    """The scopes that an option was given, with commas or blanks between them.

    What stands behind a scope without a kind of its own is of the same: build:read,write.
    """
    found = []
    for value in values:
        kind = ""
        for each in re.split(r"\s*,\s*|\s+", value.strip()):
            kind = each.partition(":")[0] if ":" in each else kind
            found.append(f"{kind}:{each}" if each and kind and ":" not in each else each)
    return found


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
    except InvalidValue as error:
        is_scope = error.detail.startswith("scopes/")
        more = " `ec-builds token scopes` shows all of them." if is_scope else ""
        raise UsageError(f"{error}{more}") from error
    except ECError as error:
        raise UsageError(str(error)) from error


@token.command()
@click.option("--account", "email", metavar="EMAIL", required=True, help="Whose; made if need be.")
@click.option("--username", metavar="NAME", help="Of a new account; else one like the email.")
@click.option("--admin/--no-admin", default=None,
              help="Make the account an admin, who may do everything, or one no longer.")
@click.option("--scope", "scopes", metavar="SCOPE", multiple=True, callback=listed,
              help="What it is good for, as in build:read, or several, as in \"build:read,write "
                   "app:read\"; else all. Can be repeated; `token scopes` shows them.")
@click.option("--app", "app_ids", metavar="APPID", multiple=True,
              help="For which app it is good, one that the account belongs to; else for all of "
                   "them. Can be repeated.")
@click.option("--expires", metavar="LENGTH", type=Length(),
              help="How long it is good, with its unit (s, m, h, d), as in 90d, and at most 365d; "
                   "else until it is revoked.")
@click.option("--name", default="command line", show_default=True, help="What it is for.")
@click.option("--short", "in_short", is_flag=True,
              help="Print it in short, as clients of Djinn CI want it; it is the same token.")
@as_json
def create(email, username, admin, scopes, app_ids, expires, name, in_short, as_json):
    """Make a token and print it, this one time: TOKEN=$(ec-builds token create ...).

    What was made is told on standard error.
    """
    runtime = opened()
    app_ids = [each.removeprefix("app-") for each in app_ids]  # as Hathora's clients know them
    limits = {"scopes": scopes or None, "app_ids": app_ids or None, "expires": expires}
    with sentences():
        made, account, is_new = runtime.account_tokens.create_for(
            runtime.operator(), email, username, admin, named(name), **limits
        )
    introduce(made, account, is_new, admin)
    if as_json:
        owner = {"isNew": is_new, "admin": account.admin}
        shown = {**document(made, account), **owner, "token": made.text, "short": made.short}
        click.echo(json.dumps(shown, ensure_ascii=False))
    else:
        click.echo(made.short if in_short else made.text)


def named(name):
    """The name of a token, if it can be one. Raises UsageError."""
    if not 0 < len(name) <= 200 or not name.isprintable():
        raise UsageError("The name of a token has 1 to 200 characters.")
    return name


def introduce(row, account, is_new, admin):
    """Say what was made, beside the token."""
    words = [f"{'A new account' if is_new else 'The account'}: {account.username}, {account.email}"]
    if account.admin:
        words.append("It is an admin's, who may do everything with everything.")
    elif admin is False:
        words.append("It is no admin's.")
    if is_new and not account.admin:
        words.append("It belongs to no app yet: one asks it in by an invitation.")
    words.append(f"The token is good for {extent(row)}.")
    words.append("Clients of Djinn CI want it in short; --short prints that, --json both.")
    output = console(stderr=True)
    for each in words:
        output.print(Text(each), soft_wrap=True)


def extent(row):
    """What a token is good for, and for how long, in words."""
    apps = f"apps: {', '.join(row.apps)}" if row.apps else "all apps that the account sees"
    scopes = f"scopes: {', '.join(row.scopes)}" if row.scopes else "all scopes"
    until = f"{minute(row.expires)} UTC" if row.expires else "it is revoked"
    return f"{apps}; {scopes}; until {until}"


@token.command("list")
@click.option("--account", "email", metavar="EMAIL", help="Of this account only.")
@as_json
def list_(email, as_json):
    """Show the tokens that have not been revoked, the oldest first; nothing secret is kept.

    A terminal of less than 160 columns shows no scopes and apps; --json does.
    """
    runtime = opened()
    account = account_of(runtime, email) if email else None
    found = runtime.account_tokens.of(runtime.operator(), account and account.id)
    output = console()
    if as_json:
        for each in found:
            click.echo(json.dumps(document(each, each.account), ensure_ascii=False))
    elif output.width < WIDE:
        for each in found:
            output.print(lines(each, each.account), soft_wrap=True)
    else:
        output.print(table(found))


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


def table(rows):
    """A table of tokens."""
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("id", "account", "name", "scopes", "apps", "created", "expires", "last used"):
        made.add_column(name, overflow="fold", no_wrap=name == "id")
    for each in rows:
        made.add_row(*cells(each, each.account), style=style(each))
    return made


def style(row):
    """Tokens that have expired step back."""
    return "dim" if is_over(row) else ""


def lines(row, account):
    """The two lines for a token where a table would be too wide."""
    used = f"last used {minute(row.used)}" if row.used else "never used"
    ends = f"{'expired' if is_over(row) else 'expires'} {minute(row.expires) or 'never'}"
    told = f"{row.id}  {plain(account.email)}\n    {plain(row.name)}; {used}; {ends}"
    return Text(told, style(row))


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
