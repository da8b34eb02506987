"""`ec-builds sweep`: deletes the builds that apps do not keep."""

import json
from datetime import UTC, datetime
from functools import partial

import click
from rich.filesize import decimal
from rich.table import Table
from rich.text import Text

from ec_builds.cli.console import console
from ec_builds.cli.preparation import opened
from ec_builds.errors import NoMatch, UsageError


@click.command()
@click.option("--dry-run", is_flag=True, help="Only show what would go; change nothing.")
@click.option("--app", "app_id", metavar="APPID", help="Of this app only.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, a line per build.")
def sweep(dry_run, app_id, as_json):
    """Delete the builds that apps do not keep, as the retention of each app says.

    A server does so by itself every few minutes. Whatever the retention says, builds stay that are
    pinned, deployed, or the newest success of their platform.
    """
    runtime = opened()
    sweeping = partial(runtime.retention.sweep, runtime.operator())
    go = runtime.retention.excess if dry_run else sweeping
    found = ((app, each) for app in chosen(runtime, app_id) for each in go(app))
    if as_json:
        for app, each in found:
            click.echo(json.dumps(document(app, each, not dry_run), ensure_ascii=False))
    else:
        show(found, dry_run)


def chosen(runtime, app_id):
    """The apps to sweep, with their platforms. Raises UsageError for one that is not there."""
    operator = runtime.operator()
    if app_id is None:
        return (runtime.apps.get(operator, app.id) for app in runtime.retention.apps())
    try:
        return [runtime.apps.get(operator, app_id)]
    except NoMatch as error:
        raise UsageError(f"There is no app “{app_id}” here.") from error


def document(app, each, deleted):
    """A build that goes, for programs."""
    return {
        "appID": app.id,
        "buildID": each.build_id,
        "platformID": each.platform_id,
        "finished": each.finished,
        "size": each.size,
        "reason": each.reason,
        "deleted": deleted,
    }


def show(found, dry_run):
    """A table per app, and the sums. Its rows are printed as they come, so that many are fine."""
    output = console()
    number = size = 0
    app_id, titles = None, {}
    for app, each in found:
        if app.id != app_id:
            app_id, titles = app.id, {each.id: each.title for each in app.platforms}
            output.print(Text.assemble((app.title, "bold"), (f"  {app.id}", "dim")))
        number, size = number + 1, size + each.size
        output.print(row(each, titles.get(each.platform_id, each.platform_id), output.is_terminal))
    told = "would go" if dry_run else "deleted"
    output.print(f"{number} build{'' if number == 1 else 's'} {told}, {decimal(size)}.")
    if number and not dry_run:
        output.print(Text("A running server removes their files within seconds.", "dim"))


def row(each, platform, brief):
    """A build as a row of a table, with the title of its platform; `brief` cuts long titles."""
    table = Table.grid(padding=(0, 2))
    for width, justify in ((8, "right"), (16, "left"), (10, "left"), (10, "right")):
        most = width if brief else None
        table.add_column(min_width=width, max_width=most, justify=justify, no_wrap=True)
    table.add_column(overflow="fold")
    cells = (f"{each.build_id}", platform, age(each.finished), decimal(each.size), each.reason)
    table.add_row(*map(Text, cells))
    return table


def age(finished):
    """How long ago something was, in the largest unit that fits."""
    seconds = (datetime.now(UTC) - datetime.fromisoformat(finished)).total_seconds()
    for name, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            number = int(seconds / length)
            return f"{number} {name}{'' if number == 1 else 's'}"
    return "just now"
