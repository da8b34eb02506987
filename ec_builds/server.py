"""Starts a server in this process: prepared, assembled, executor running."""

import atexit

from ec_builds.app import EXTENSION, create_app
from ec_builds.config import Config
from ec_builds.runtime import assemble, prepare


def start(config=None):
    """The WSGI application of a running server; its executor is stopped at the process's end."""
    config = config or Config.from_environment()
    prepare(config)
    runtime = assemble(config)
    if config.auth == "required":
        runtime.first_token()
    runtime.executor.start()
    atexit.register(runtime.executor.stop)
    return create_app(runtime)


def end_streams(app):
    """End the streams of a server, so that it can stop. Waits for nothing: a signal may call it."""
    app.extensions[EXTENSION].watch.stop()
