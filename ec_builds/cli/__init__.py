"""The command line: `ec-builds`."""

import sys

import click

from ec_builds import __version__
from ec_builds.cli.build import build
from ec_builds.cli.database import reason
from ec_builds.cli.demo import demo
from ec_builds.cli.doctor import doctor
from ec_builds.cli.follow import follow
from ec_builds.cli.keys import keys
from ec_builds.cli.migrate import migrate
from ec_builds.cli.serve import serve
from ec_builds.cli.submit import submit
from ec_builds.cli.sweep import sweep
from ec_builds.cli.token import token
from ec_builds.cli.types import types
from ec_builds.cli.worker import worker
from ec_builds.client import ClientError
from ec_builds.errors import UsageError
from ec_builds.runtime import Unreachable

#: Exit codes. What the shell calls an interrupted program is 128 and the number of the signal.
FAILED, WRONG_USAGE, INTERRUPTED = 1, 2, 130


class Commands(click.Group):
    """All commands. Whatever goes wrong is told in one sentence on standard error."""

    def main(self, *arguments, **options):
        """Run a command, and exit: 0 done, 1 the build or the request failed, 2 wrong usage."""
        try:
            options["standalone_mode"] = False
            code = super().main(*arguments, **options)
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            code = WRONG_USAGE
        except click.Abort:
            code = INTERRUPTED
        except click.ClickException as error:
            code = say(error.format_message(), error.exit_code)
        except UsageError as error:
            code = say(error, WRONG_USAGE)
        except ClientError as error:
            code = say(error, FAILED)
        except Unreachable as error:
            code = say(f"The database does not answer: {reason(error, '')}.", FAILED)
        except OSError as error:
            told = error.strerror or str(error)
            code = say(f"{error.filename}: {told}." if error.filename else f"{told}.", FAILED)
        sys.exit(code if isinstance(code, int) else 0)


def say(sentence, code):
    """Tell what went wrong. Returns the exit code for it."""
    click.echo(f"ec-builds: {sentence}", err=True)
    return code


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="ec-builds %(version)s")
def commands():
    """A build server that one can host oneself, driven by links."""


for command in (
    demo, serve, worker, migrate, build, submit, follow, types, token, sweep, keys, doctor,
):
    commands.add_command(command)


def main():
    """The program behind `ec-builds` and `python -m ec_builds`."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # not every terminal knows every character
    commands(prog_name="ec-builds")
