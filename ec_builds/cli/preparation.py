"""Home and database made ready for a command; what speaks against it, in a sentence."""

import click

from ec_builds.cli import database
from ec_builds.config import Config
from ec_builds.errors import UsageError
from ec_builds.runtime import Unreachable, assemble, prepare


def prepared(config):
    """Bring home and database up to date. Returns the names of new migrations."""
    return told(config, prepare)


def opened():
    """The parts of the server that is configured here. Raises UsageError where there was none."""
    config = Config.from_environment()
    if database.is_missing(config.database_url):
        place = database.place(config.database_url)
        raise UsageError(f"There is no {place}; EC_BUILDS_HOME says where a server keeps its own.")
    prepared(config)
    return assembled(config)


def assembled(config):
    """The parts of a server, whose home and database have been prepared."""
    return told(config, assemble)


def told(config, do):
    try:
        database.check(config.database_url)
        with database.whole():
            return do(config)
    except UsageError as error:  # it may quote the address
        raise UsageError(f"{database.reason(error, config.database_url)}.") from error
    except Unreachable as error:
        url = config.database_url
        raise click.ClickException(
            f"The database {database.place(url)} does not answer: {database.silence(error, url)}; "
            "EC_BUILDS_DATABASE_URL says where it is."
        ) from error
    except database.Broken as error:
        raise click.ClickException(
            f"The database {database.place(config.database_url)} is broken: {error}; "
            "bring it back from a backup."
        ) from error
    except OSError as error:
        raise click.ClickException(
            f"{error.filename or config.home} cannot be used: {error.strerror or error}; "
            "EC_BUILDS_HOME says where the server keeps its files."
        ) from error
