"""What a server stands on: its home, its database, its storage."""

import logging
from pathlib import Path
from urllib.parse import unquote

from ec_builds.engine.workspace import Workspaces
from ec_builds.services.keys import EncryptionKeys
from ec_builds.storage import open_storage
from ec_builds.store.database import bind
from ec_builds.store.keeping import keeps_files
from ec_builds.store.migrations import migrate

log = logging.getLogger(__name__)


def prepare(config):
    """Bring home and database of a server up to date. Returns the names of new migrations.

    The connection stays open: SQLite removes its log when the last one is closed, and for that
    moment refuses whoever opens the next one.
    """
    open_storage(config.storage_url)  # before anything is changed, should it be wrong
    config.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    make_workspaces(config).clear_deserted()  # the database may need the room to begin
    bind(config.database_url)
    new = migrate()
    unlocked(config).seal_plain()
    return new


def unlocked(config):
    """The keys of configs, which this process knows from now on. Raises UsageError."""
    keys = EncryptionKeys(config.home, config.encryption_key)
    keys.unlock()
    return keys


def prepared_storage(url):
    """The storage, ready for files; if it is away, it is waited for, for it is not made anew."""
    storage = open_storage(url)
    storage.prepare(is_new=not keeps_files())
    try:
        storage.probe()
    except OSError as error:
        log.warning("The storage does not answer: %s", error)
    return storage


def make_workspaces(config):
    return Workspaces(config.home / "workspaces")


def server_folders(config):
    """Where the server keeps things on this machine: no build may look into these."""
    yield config.home
    for url in (config.database_url, config.storage_url):
        scheme, _, path = url.partition("://")
        if scheme in ("sqlite", "file"):
            place = Path(unquote(path))
            yield place.parent if scheme == "sqlite" else place
    if config.deploy_folder:
        yield Path(config.deploy_folder)
