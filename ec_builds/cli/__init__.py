"""The command line: `ec-builds`."""

import sys

import click

from ec_builds import __version__
from ec_builds.cli.loading import loaded
from ec_builds.errors import UsageError

#: Exit codes. What the shell calls an interrupted program is 128 and the number of the signal.
FAILED, WRONG_USAGE, INTERRUPTED = 1, 2, 130
#: What each command does, in short. Each is in a module of its own name, and loaded when it is
#: called.
COMMANDS = {
    "build": "Start a build of a platform.",
    "demo": "Tell the whole story, from a repository to a site.",
    "doctor": "Say what a server uses here, and what is missing.",
    "follow": "Show a build from its beginning, and go on until it is over.",
    "keys": "Show, make and rotate the keys that seal configs in the database.",
    "migrate": "Bring the tables of the database up to date.",
    "serve": "Run the server.",
    "submit": "Start a build by a manifest (YAML).",
    "sweep": "Delete the builds that apps do not keep, as the retention of each app says.",
    "token": "Make, list and revoke access tokens.",
    "types": "Show which plugins are installed, and what their configs may say.",
    "worker": "Run builds in a process, or on a machine, of its own.",
}


class Commands(click.Group):
    """All commands. Whatever goes wrong is told in one sentence on standard error.

    later: what those do that are loaded later, by their names.
    """

    def __init__(self, *arguments, later=(), **options):
        super().__init__(*arguments, **options)
        self.later = dict(later)

    def list_commands(self, context):
        return sorted({*super().list_commands(context), *self.later})

    def get_command(self, context, name):
        """A command, loaded if it has to be; None if there is none of that name."""
        if name in self.later:
            return getattr(loaded(name), name)
        return super().get_command(context, name)

    def format_commands(self, context, formatter):
        """Show what all commands do, without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl(sorted(self.later.items()))

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
        except OSError as error:
            told = error.strerror or str(error)
            code = say(f"{error.filename}: {told}." if error.filename else f"{told}.", FAILED)
        except Exception as error:
            code = say(loaded("failures").sentence(error), FAILED)
        sys.exit(code if isinstance(code, int) else 0)


def say(sentence, code):
    """Tell what went wrong. Returns the exit code for it."""
    click.echo(f"ec-builds: {sentence}", err=True)
    return code


@click.group(cls=Commands, later=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="ec-builds %(version)s")
def commands():
    """A build server that one can host oneself, driven by links."""


def main():
    """The program behind `ec-builds` and `python -m ec_builds`."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # not every terminal knows every character
    commands(prog_name="ec-builds")
