"""The command line: `ec-builds`."""

import sys

import click

from ec_builds import __version__
from ec_builds.cli.migrate import migrate
from ec_builds.cli.serve import serve
from ec_builds.cli.worker import worker
from ec_builds.errors import UsageError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="ec-builds %(version)s")
def commands():
    """A build server that one can host oneself, driven by links."""


for command in (serve, worker, migrate):
    commands.add_command(command)


def main():
    """Run a command. Exit codes: 0 done, 1 the build or the request failed, 2 wrong usage."""
    try:
        sys.exit(commands(standalone_mode=False) or 0)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.Abort:
        sys.exit(130)
    except click.ClickException as error:
        click.echo(f"ec-builds: {error.format_message()}", err=True)
        sys.exit(2)
    except UsageError as error:
        click.echo(f"ec-builds: {error}", err=True)
        sys.exit(2)
