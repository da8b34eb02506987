"""Starts a server in this process: prepared, assembled, executor running."""

import atexit
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ec_builds.app import create_app
from ec_builds.config import Config
from ec_builds.runtime import assemble, prepare


def start(config=None):
    """The WSGI application of a running server; its executor is stopped at the process's end."""
    config = config or Config.from_environment()
    prepare(config)
    make_private(config)
    runtime = assemble(config)
    if config.auth == "required":
        runtime.first_token()
    runtime.executor.start()
    atexit.register(runtime.executor.stop)
    return create_app(runtime)


def make_private(config):
    """Make the folder of the storage, which only its user may enter; one that exists stays."""
    path = Path(unquote(urlsplit(config.storage_url).path))
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
