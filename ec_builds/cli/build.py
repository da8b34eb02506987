"""`ec-builds build`: a small client of our own API, by links only."""

import click

from ec_builds.cli import following
from ec_builds.cli.display import Display
from ec_builds.client import Run


@click.command()
@click.argument("platform_id", type=click.UUID, metavar="PLATFORM_ID")
@click.option("--follow", is_flag=True, help="Show events as they come, until the build is over.")
@click.option("--comment", metavar="TEXT", help="A comment for those who look at the build.")
@following.options
def build(platform_id, follow, file, comment, root, token, as_json):
    """Start a build of a platform. With --follow, the exit code is 1 if it fails."""
    display = Display.beside(as_json)
    with following.session(root, token) as session:
        run = Run(start(session, str(platform_id), comment))
        display.line("info", f"Build {run.resource['buildID']} is accepted", run.resource.href)
        if follow or file:
            following.follow(run, display, file, root)
    following.report(run, as_json)


def start(session, platform_id, comment):
    """Start a build of a platform. Returns the build."""
    platform = find(session.root(), platform_id)
    return platform.create("ec:app/builds", {"comment": comment} if comment else {})


def find(root, platform_id):
    """The platform, by the template that each app has for it."""
    links = (app.link("ec:app/platform/by-id") for app in root.items("ec:app"))
    return following.sought(root, links, "platform", "app", platformID=platform_id)
