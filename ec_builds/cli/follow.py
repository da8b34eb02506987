"""`ec-builds follow`: shows a build that somebody has started, by links only."""

import click

from ec_builds.cli import following
from ec_builds.cli.display import Display
from ec_builds.client import Run


@click.command()
@click.argument("build_id", type=click.IntRange(1, 2**31 - 1), metavar="BUILD_ID")
@following.options
def follow(build_id, file, root, token, as_json):
    """Show a build from its beginning, and go on until it is over.

    A build that is over is shown as it went. The exit code is 1 if it failed.
    """
    display = Display.beside(as_json)
    with following.session(root, token) as session:
        run = Run(find(session.root(), build_id))
        display.line("info", f"Build {build_id}", run.resource.href)
        following.follow(run, display, file, root)
    following.report(run, as_json)


def find(root, build_id):
    """The build, by the template that lists of builds have for it."""
    return following.sought(root, templates(root), "build", "platform", buildID=build_id)


def templates(root):
    """The template of each app, from the list of one of its platforms; there its builds are few."""
    for app in root.items("ec:app"):
        for platform in app.follow("ec:app/platforms").items("ec:app/platform"):
            builds = platform.link("ec:app/builds/options").follow(size=1)
            yield builds.link("ec:app/build/by-id")
            break
