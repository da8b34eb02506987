"""`ec-builds build`: a small client of our own API, by links only."""

import json
from pathlib import Path

import click
from rich.filesize import decimal

from ec_builds.cli.connection import ROOT, connect
from ec_builds.cli.display import Display
from ec_builds.cli.result import Result
from ec_builds.client import Problem, Run
from ec_builds.config import Config


def in_a_folder(context, parameter, path):
    """Refuse a file for which there is no folder, before anything is built."""
    if path and not path.absolute().parent.is_dir():
        raise click.BadParameter(f"There is no folder {path.absolute().parent}.")
    return path


@click.command()
@click.argument("platform_id", type=click.UUID, metavar="PLATFORM_ID")
@click.option("--follow", is_flag=True, help="Show events as they come, until the build is over.")
@click.option(
    "--download", "file", metavar="FILE", callback=in_a_folder,
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Follow the build, and save its zip.",
)
@click.option("--comment", metavar="TEXT", help="A comment for those who look at the build.")
@click.option(
    "--root", metavar="URL",
    help=f"Where the API begins; by default EC_BUILDS_PUBLIC_URL, or {ROOT}",
)
@click.option(
    "--token", metavar="TOKEN", envvar="EC_BUILDS_TOKEN",
    help="Who you are; by default EC_BUILDS_TOKEN, or the admin token in EC_BUILDS_HOME.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the build's document, nothing else.")
def build(platform_id, follow, file, comment, root, token, as_json):
    """Start a build of a platform. With --follow, the exit code is 1 if it fails."""
    display = Display.beside(as_json)
    with connect(Config.from_environment(), root, token) as session:
        try:
            run = Run(start(session, str(platform_id), comment))
        except Problem as problem:
            raise denied(problem) if problem.status == 401 else problem
        display.line("info", f"Build {run.resource['buildID']} is accepted", run.resource.href)
        if follow or file:
            try:
                display.follow(run, indent=2)
            except KeyboardInterrupt:
                display.line("warn", "The build goes on without you", run.resource.href)
                raise
        if file and run.has_succeeded:
            received = Result(run.resource).save(file, display)
            display.line("info", f"Saved {file}", decimal(received.size))
    if as_json:
        click.echo(json.dumps(run.resource.document, ensure_ascii=False, indent=2))
    if run.is_over and not run.has_succeeded:
        told = run.detail or "its server does not say why"
        raise click.ClickException(f"Build {run.resource['buildID']} failed: {told.rstrip('.')}.")


def start(session, platform_id, comment):
    """Start a build of a platform. Returns the build."""
    platform = find(session.root(), platform_id)
    return platform.create("ec:app/builds", {"comment": comment} if comment else {})


def find(root, platform_id):
    """The platform, by the template that each app has for it; all may be one and the same."""
    asked = set()
    for app in root.items("ec:app"):
        link = app.link("ec:app/platform/by-id")
        url = link.url(platformID=platform_id)
        if url in asked:
            continue
        asked.add(url)
        try:
            return link.follow(platformID=platform_id)
        except Problem as problem:
            if problem.status != 404:
                raise
    told = "There is no platform" if asked else "There is no app yet, and so no platform"
    raise click.ClickException(f"{told} {platform_id} at {root.href}.")


def denied(problem):
    """The sentence for whoever the server does not know."""
    return click.ClickException(
        f"{str(problem).rstrip('.')}; --token or EC_BUILDS_TOKEN says who you are."
    )
