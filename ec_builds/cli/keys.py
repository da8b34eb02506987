"""`ec-builds keys`: what seals configs at rest."""

import json

import click

from ec_builds.cli.preparation import assembled, prepared
from ec_builds.config import Config
from ec_builds.runtime import new_encryption_key


@click.group()
def keys():
    """Show, make and rotate the keys that seal configs in the database."""


@keys.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(as_json):
    """Show the ids of the keys, and how many configs each seals. No key is shown."""
    found, plain = opened().keys.show()
    if as_json:
        told = [{"id": each.id, "configs": each.rows, "seals": each.is_first} for each in found]
        click.echo(json.dumps({"keys": told, "notSealed": plain}))
        return
    for each in found:
        role = "seals" if each.is_first else "opens"
        click.echo(f"{each.id}  {role}  {configs(each.rows)}")
    if plain:
        click.echo(f"{configs(plain)} not sealed; ec-builds migrate seals them.")


@keys.command()
def new():
    """Print a new key, for EC_BUILDS_ENCRYPTION_KEY. Nothing else knows it."""
    click.echo(new_encryption_key())


@keys.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def rotate(as_json):
    """Seal all configs with a new key, and drop the old one. Servers may go on running.

    A dropped key is kept in encryption-key.old, for backups of before; no server reads that.

    As long as there are several keys, it seals with the first of them, and drops the others. It
    can be ended at any point, and begun again.
    """
    server = opened()
    done = server.keys.rotate(server.operator())
    if as_json:
        told = {"seals": done.first, "sealed": done.sealed, "failed": done.failed}
        kept = str(server.keys.old_file) if done.dropped else None
        click.echo(json.dumps({**told, "dropped": done.dropped, "kept": kept, "idle": done.idle}))
    else:
        click.echo(f"{done.first} seals; {configs(done.sealed)} sealed anew.")
        for key_id in done.dropped:
            told = f"backups of before still need it, so it is kept in {server.keys.old_file}"
            click.echo(f"{key_id} dropped; {told}.")
        for key_id in done.idle:
            click.echo(f"{key_id} is not needed any more, and can go.")
    if done.failed:
        raise click.ClickException(f"{configs(done.failed)} did not open; the log says which.")


def opened():
    """The parts of a server, whose database has been prepared."""
    config = Config.from_environment()
    prepared(config)
    return assembled(config)


def configs(number):
    return f"{number} config{'' if number == 1 else 's'}"
