"""`ec-builds submit`: starts a build by a manifest in a file, and shows it like any other."""

import click

from ec_builds.cli import following
from ec_builds.cli.display import Display
from ec_builds.cli.follow import find
from ec_builds.client import Problem, Run

#: Where the face for manifests begins, below the root.
FACE = "api"


@click.command()
@click.argument("manifest", type=click.File(encoding="utf-8"), metavar="FILE")
@click.option("--follow", is_flag=True, help="Show events as they come, until the build is over.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="A tag; may be repeated.")
@click.option("--comment", metavar="TEXT", help="A comment for those who look at the build.")
@following.options
def submit(manifest, follow, tags, comment, file, root, token, as_json):
    """Start a build by a manifest (YAML). With --follow, the exit code is 1 if it fails.

    FILE may be - for standard input.
    """
    display = Display.beside(as_json)
    with following.session(root, token) as session:
        session.root()  # the other face would not say that it does not know who asks
        made = start(session, text(manifest), comment, tags)
        run = Run(find(session.root(), made["id"]))  # there may be a new app
        display.line("info", f"Build {made['id']} is accepted", made["url"])
        if follow or file:
            following.follow(run, display, file, root)
    following.report(run, as_json)


def text(manifest):
    """What is in the file. Raises ClickException."""
    try:
        return manifest.read()
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{manifest.name} is not UTF-8.") from error


def start(session, manifest, comment, tags):
    """Submit a manifest. Returns the build as the face for manifests shows it."""
    face = session.ask("GET", f"{session.address}{FACE}").json()
    body = {"manifest": manifest, "comment": comment or "", "tags": list(tags)}
    try:
        return session.ask("POST", face["builds_url"], json=body).json()
    except Problem as problem:
        if problem.status != 400:
            raise
        faults = [f"  {told}" for field in problem.document.values() for told in field]
        raise click.ClickException("\n".join(["It was refused:", *faults])) from problem
