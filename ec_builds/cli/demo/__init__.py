"""`ec-builds demo`: the whole story in a temporary home."""

import json
import shlex
import shutil
import signal
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import click
from rich.filesize import decimal

from ec_builds.cli.demo.story import Failed, Story
from ec_builds.cli.display import Display


@click.command()
@click.option("--keep", is_flag=True, help="Leave the temporary home where it is.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object at the end.")
def demo(keep, as_json):
    """Tell the whole story, from a repository to a site.

    Everything happens in a temporary folder, with a server of its own.
    """
    display = Display.beside(as_json)
    with ended_by_signals(), folder(keep) as place:
        try:
            with Story(place, display) as story:
                told = story.tell()
        except Failed as failed:
            raise click.ClickException(str(failed)) from failed
    if keep:
        told["home"] = str(place / "home")
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        summarize(told, display.console)


@contextmanager
def folder(keep):
    """A temporary folder for everything but the zip."""
    place = Path(tempfile.mkdtemp(prefix="ec-builds-demo-")).resolve()
    try:
        yield place
    finally:
        if not keep:
            shutil.rmtree(place, ignore_errors=True)


@contextmanager
def ended_by_signals():
    """Let signals end this process like an error, so that no server is left behind."""

    def leave(number, frame):
        sys.exit(128 + number)

    before = {each: signal.signal(each, leave) for each in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def summarize(told, console):
    """What there is now, and what to do next."""

    def row(word, text):
        console.print(f"  {word:<7}{text}", markup=False, soft_wrap=True)

    console.print()
    console.print(f"That was the whole story, in {told['seconds']} s.", style="bold")
    row("zip", f"{told['zip']['path']} ({decimal(told['zip']['size'])}); it stays there")
    row("sha256", told["zip"]["sha256"])
    row("site", f"“{told['site']['title']}” was at {told['site']['url']} as long as the demo ran")
    console.print()
    if "home" in told:
        row("home", f"{told['home']} was kept; to see it all again:")
        row("", f"EC_BUILDS_HOME={shlex.quote(told['home'])} {called()} serve")
    else:
        row("next", f"{called()} serve   starts a server of your own")
        row("", f"{called()} types   shows what it can fetch, build and deliver")
        row("", f"{called()} demo --keep   keeps all that you have seen")


def called():
    """The program as it was called, so that the next command can be copied."""
    name = Path(sys.argv[0]).name
    if name == "__main__.py":
        return f"{shlex.quote(sys.executable)} -m ec_builds"
    return name if shutil.which(name) == sys.argv[0] else shlex.quote(sys.argv[0])
