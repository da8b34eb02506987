"""`ec-builds migrate`: brings the tables up to date."""

import click

from ec_builds.cli.preparation import prepared
from ec_builds.config import Config


@click.command()
def migrate():
    """Bring the tables of the database up to date."""
    new = prepared(Config.from_environment())
    for name in new:
        click.echo(f"Run: {name}")
    if not new:
        click.echo("The tables are up to date.")
