"""Starts a server in this process: prepared, assembled, executor running."""

import atexit

from ec_builds import logs
from ec_builds.app import Writer, create_app, face_at
from ec_builds.config import Config
from ec_builds.runtime import assemble, prepare


def equip(config):
    """The parts of a process that runs builds, and tells webhooks of them."""
    return assemble(config, writer=Writer)


def start(config=None):
    """The WSGI application of a running server. Its `executor` is stopped at the process's end."""
    config = config or Config.from_environment()
    logs.configure(config.log_format)
    prepare(config)
    runtime = equip(config)
    if config.auth == "required":
        runtime.first_token()
    runtime.executor.start()
    atexit.register(runtime.executor.stop)
    app = create_app(runtime)
    app.executor, app.watch = runtime.executor, runtime.watch
    app.public_url, app.face_at = config.public_url, face_at
    app.uploads, app.knows = runtime.uploads, runtime.knows
    return app
