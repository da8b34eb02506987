"""`ec-builds serve`: gunicorn with threads, and the executor in each of its processes."""

import ipaddress
import logging
import os
import resource
import sys
from contextlib import suppress
from queue import Empty, SimpleQueue

import click
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from rich.console import Console
from rich.markup import escape

from ec_builds import logs
from ec_builds.cli.attendant import Attendant
from ec_builds.cli.connection import leave_root
from ec_builds.cli.listener import listen
from ec_builds.cli.preparation import assembled, prepared, told
from ec_builds.config import Config, unknown
from ec_builds.errors import UsageError
from ec_builds.runtime import Unreachable
from ec_builds.server import start

log = logging.getLogger(__name__)
console = Console(highlight=False)

#: Requests that one process answers at a time, each with a connection to the database.
THREADS = 32
#: Connections that one process keeps open, besides watchers; fewer if it may not open three times
#: as many files.
CONNECTIONS = 2000
#: Seconds that requests get to end after SIGTERM, besides what builds get.
GRACE = 10
#: Seconds until another process is tried, where one could not begin.
PAUSE = 3


class Log(Logger):
    """Gunicorn's own log goes the way of ours."""

    def setup(self, cfg):
        self.error_log.setLevel(self.LOG_LEVELS[cfg.loglevel.lower()])
        self.error_log.propagate = True


class Server(BaseApplication):
    """Gunicorn around our app; each worker process starts an executor of its own."""

    def __init__(self, config, listener, workers, ready):
        self.config, self.ready = config, ready
        self.settings = {
            "bind": f"fd://{listener.detach()}",
            "workers": workers,
            "worker_class": Attendant,
            "worker_connections": connections(),
            "threads": THREADS,
            # nobody's word is taken for where a request comes from
            "forwarded_allow_ips": "",
            "forwarder_headers": "",
            "secure_scheme_headers": {},
            "graceful_timeout": round(GRACE + config.grace),
            "timeout": 60,
            "keepalive": 30,
            "limit_request_line": 8190,  # a list may be asked for many ids
            "loglevel": os.environ.get("GUNICORN_LOGLEVEL", "warning"),
            "logger_class": Log,
            "proc_name": "ec-builds",
            "when_ready": self.when_ready,
            "control_socket_disable": True,
        }
        #: What handlers of signals say in a process, see `Attendant`.
        self.wishes = SimpleQueue()
        super().__init__()

    def load_config(self):
        for name, value in self.settings.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self):
        """The app; without disk or database this process ends, and gunicorn makes another.

        A setting made sense when the server began, so what it names has changed meanwhile. Any
        other way to fail at the start makes gunicorn give up for good.
        """
        try:
            return start(self.config)
        except (OSError, UsageError, *Unreachable) as error:
            log.warning("A process of the server cannot begin, trying another: %s", error)
            with suppress(Empty):
                self.wishes.get(timeout=PAUSE)
            sys.exit(1)

    def when_ready(self, arbiter):
        """Say where the server is; with port 0 only the socket knows."""
        host, port = arbiter.LISTENERS[0].sock.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        root = self.config.public_url or f"http://{shown}:{port}/"
        leave_root(self.config, root)
        self.ready(root)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=7470, show_default=True, type=click.IntRange(0, 65535),
    help="Port to listen on; 0 takes a free one.",
)
@click.option(
    "--workers", default=min(2, os.cpu_count() or 1), show_default=True,
    type=click.IntRange(1, 64), help="Server processes.",
)
def serve(host, port, workers):
    """Run the server."""
    config = Config.from_environment()
    logs.configure(config.log_format)
    take_files()
    with listen(host, port) as listener:
        if config.auth == "open" and not is_loopback(listener.getsockname()[0]):
            raise UsageError(
                "EC_BUILDS_AUTH=open makes every caller the admin, so it works on loopback only; "
                f"listen on 127.0.0.1 instead of {host}, or require tokens."
            )
        new = prepared(config)
        if new:
            console.print(f"Database brought up to date: {', '.join(new)}", style="dim")
        runtime = assembled(config)
        introduction = told(config, lambda config: introduce(runtime))
        runtime.disconnect()
        Server(config, listener, workers, introduction).run()


def take_files():
    """Let this process and its children open as many files as they may: each watcher is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def connections():
    return min(CONNECTIONS, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 3)


def introduce(runtime):
    """A function that greets whoever started the server, once it listens."""
    is_open = runtime.config.auth == "open"
    token, is_new = (None, False) if is_open else runtime.first_token()
    strange = [f"{name} is no setting of ours; look at its spelling." for name in unknown()]
    folder = runtime.config.deploy_folder
    if folder and not folder.is_dir():
        strange.append(f"EC_BUILDS_DEPLOY_FOLDER names {folder}, which is not a folder.")
    warnings = [*strange, *runtime.warnings()]

    def greet(root):
        where = escape(root)  # IPv6 addresses look like markup
        console.print(f"[bold green]ec-builds[/] is ready at [bold]{where}[/]", soft_wrap=True)
        if is_open:
            console.print("Nobody is asked for a token: EC_BUILDS_AUTH is open.", style="yellow")
        elif is_new:
            console.print(f"Admin token: [bold]{token}[/]", soft_wrap=True)
        if not is_open:
            place = f"The admin's token is kept in {runtime.admin_token_file}"
            console.print(place, markup=False, soft_wrap=True)
        for warning in warnings:
            console.print(f"Note: {warning}", style="yellow", markup=False, soft_wrap=True)

    return greet


def is_loopback(address):
    """Whether nobody else can reach an address that a socket is bound to."""
    known = ipaddress.ip_address(address)
    return (getattr(known, "ipv4_mapped", None) or known).is_loopback
