"""A build, followed from the command line: what `build` and `follow` have in common."""

import json
from contextlib import contextmanager
from pathlib import Path

import click
from rich.filesize import decimal

from ec_builds.cli.connection import ROOT, connect
from ec_builds.cli.result import Result, images
from ec_builds.client import ClientError, Problem, Unreachable
from ec_builds.config import Config


def in_a_folder(context, parameter, path):
    """Refuse a file for which there is no folder, before anything is built."""
    if path and not path.absolute().parent.is_dir():
        raise click.BadParameter(f"There is no folder {path.absolute().parent}.")
    return path


OPTIONS = (
    click.option(
        "--download", "file", metavar="FILE", callback=in_a_folder,
        type=click.Path(dir_okay=False, writable=True, path_type=Path),
        help="Follow the build, and save its zip.",
    ),
    click.option(
        "--root", metavar="URL",
        help="Where the API begins; by default EC_BUILDS_PUBLIC_URL, or where the server is that "
        f"was started last with the same EC_BUILDS_HOME, or {ROOT}",
    ),
    click.option(
        "--token", metavar="TOKEN", envvar="EC_BUILDS_TOKEN",
        help="Who you are; by default EC_BUILDS_TOKEN, or the admin token in EC_BUILDS_HOME.",
    ),
    click.option(
        "--json", "as_json", is_flag=True, help="Print the build's document, nothing else."
    ),
)


def options(command):
    """Give a command the options that both have."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


@contextmanager
def session(root, token):
    """A session with a server; what goes wrong is told, and what to do about it."""
    with connect(Config.from_environment(), root, token) as opened:
        try:
            yield opened
        except Unreachable as error:
            raise click.ClickException(
                f"{str(error).rstrip('.')}; “ec-builds serve” starts a server, and --root names"
                " another one."
            ) from error
        except ClientError as error:
            is_stranger = isinstance(error, Problem) and error.status == 401
            told = denied(error, opened) if is_stranger else click.ClickException(str(error))
            raise told from error


def denied(problem, session):
    """The sentence for whoever the server does not know."""
    home = Config.from_environment().home
    found = "" if session.token else f"; there is no admin-token in {home}"
    return click.ClickException(
        f"{str(problem).rstrip('.')}{found}; --token or EC_BUILDS_TOKEN says who you are."
    )


def sought(root, links, thing, owner, **variables):
    """What the first of some templates leads to; all of them may be one and the same.

    thing, owner: words for what is sought by its id, and for what has the templates.
    """
    asked, (thing_id,) = set(), variables.values()
    for link in links:
        url = link.url(**variables)
        if url in asked:
            continue
        asked.add(url)
        try:
            return link.follow(**variables)
        except Problem as problem:
            if problem.status != 404:
                raise
    missing = thing if asked else f"{owner} that you may see, and so no {thing}"
    told = f"There is no {missing}"
    raise click.ClickException(f"{told} {thing_id} at {root.href}.")


def follow(run, display, file, root):
    """Show a run until it is over, and save its zip if there is a file for it."""
    try:
        display.follow(run, indent=2)
    except KeyboardInterrupt:
        where = f" --root {root}" if root else ""
        again = f"ec-builds follow {run.resource['buildID']}{where} shows it again"
        display.line("warn", "The build goes on without you", again)
        raise
    for region, reference in images(run.resource) if run.has_succeeded else ():
        display.line("info", f"{region} has the image", reference)
    if file and run.has_succeeded:
        received = Result(run.resource).save(file, display)
        display.line("info", f"Saved {file}", decimal(received.size))


def report(run, as_json):
    """Print the document of a run, if that is wanted. Raises ClickException if it has failed."""
    if as_json:
        click.echo(json.dumps(run.resource.document, ensure_ascii=False, indent=2))
    if run.is_over and not run.has_succeeded:
        told = run.detail or "its server does not say why"
        raise click.ClickException(f"Build {run.resource['buildID']} failed: {told.rstrip('.')}.")
