"""`ec-builds worker`: runs builds in a process of its own."""

import signal
import threading
from dataclasses import replace

import click

from ec_builds import logs
from ec_builds.cli.preparation import assembled, prepared
from ec_builds.config import Config


@click.command()
@click.option("--concurrency", type=click.IntRange(1, 256), help="Builds at a time.")
def worker(concurrency):
    """Run builds in a process, or on a machine, of its own."""
    config = Config.from_environment()
    config = replace(config, executor="threads", concurrency=concurrency or config.concurrency)
    logs.configure(config.log_format)
    prepared(config)
    runtime = assembled(config)
    stopping = threading.Event()

    def stop(number, frame):
        if stopping.is_set() or number == signal.SIGINT:  # somebody waits at a terminal
            runtime.executor.hurry()
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    runtime.executor.start()
    click.echo(f"Working, {config.concurrency} at a time. Ctrl-C ends it.")
    stopping.wait()
    runtime.executor.stop()
