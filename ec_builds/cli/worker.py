"""`ec-builds worker`: runs builds in a process of its own."""

import signal
import threading
from dataclasses import replace
from queue import SimpleQueue

import click

from ec_builds import logs
from ec_builds.cli.preparation import prepared, told
from ec_builds.config import Config
from ec_builds.server import equip


@click.command()
@click.option("--concurrency", type=click.IntRange(1, 256), help="Builds at a time.")
def worker(concurrency):
    """Run builds in a process, or on a machine, of its own."""
    config = Config.from_environment()
    config = replace(config, executor="threads", concurrency=concurrency or config.concurrency)
    logs.configure(config.log_format)
    prepared(config)
    runtime = told(config, equip)
    wishes = SimpleQueue()  # to put something into it is safe whatever a signal interrupts
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, frame: wishes.put(number))
    runtime.executor.start()
    click.echo(f"Working, {config.concurrency} at a time. Ctrl-C ends it.")
    if wishes.get() == signal.SIGINT:  # somebody waits at a terminal
        runtime.executor.hurry()
    threading.Thread(target=end, args=(runtime.executor, wishes), daemon=True).start()
    while wishes.get():
        runtime.executor.hurry()


def end(executor, wishes):
    """Stop the executor, and say so to who listens to signals meanwhile."""
    executor.stop()
    wishes.put(None)
