"""One command in the sandbox, from its start to the end of all that it has started."""

import os
import selectors
import signal
import time
from contextlib import contextmanager
from enum import StrEnum

from ec_builds.engine.sandbox import tree
from ec_builds.engine.sandbox.contract import CannotStart
from ec_builds.engine.sandbox.limits import LimitReached
from ec_builds.plugins.contract import Outcome

#: Seconds between TERM and KILL.
GRACE = 1.0
#: Seconds between two looks at the clock and at whether to stop.
LOOK = 0.05
#: What a shell says if a command cannot be started.
CANNOT_START = 127


class TimeUp(Exception):
    """The command took longer than it may."""


class SandboxBroken(Exception):
    """The sandbox worked when the server started, and now it does not; the message says why."""


class Step(StrEnum):
    """What happens to a command that has to stop before its end, as an event begins to tell it."""

    ASKED = "Asked to end"
    ENDED = "Ended as asked"
    KILLED = "Killed, as it did not end when asked"


def run(cell, job, timeout, check, shown, output, tell=lambda step: None):
    """Run a command and wait for its end, which is the end of all that it has started.

    cell: the run's, see `sandbox/cell.py`; job: what is wanted, see `sandbox/contract.py`;
    output: takes what is printed, see `output.py`.
    check: is called every few hundredths of a second and stops the command by raising.
    tell: is called with each `Step` on the way of a command that is stopped.
    Raises TimeUp after `timeout` seconds, and LimitReached. A command that cannot be started
    ends with exit code 127, as in a shell.
    """
    begun = time.monotonic()
    try:
        running = cell.start(job)
    except CannotStart as error:
        output.take(str(error).encode("utf-8", "replace"))
        return Outcome(shown, CANNOT_START, output.end(), time.monotonic() - begun)
    try:
        follow(running, cell, output, None if timeout is None else begun + timeout, check)
    except LimitReached:
        running.end()  # it is not asked: a fork bomb would only grow meanwhile
        raise
    except BaseException:
        stop(running, cell.limits.processes, tell)
        raise
    code = running.end()
    if running.is_broken:
        raise SandboxBroken(output.end())
    cell.settle(code)
    return Outcome(shown, code, output.end(), time.monotonic() - begun)


def follow(running, cell, output, deadline, check):
    """Read what a command prints until it has ended."""
    pipe, end = Pipe(running.output, cell, output), os.pidfd_open(running.process.pid)
    with selectors.DefaultSelector() as selector, closing(end):
        selector.register(running.output, selectors.EVENT_READ)
        selector.register(end, selectors.EVENT_READ)
        while not running.has_ended():
            cell.look(running)  # first: on a full disk nobody can write that it is to stop
            check()
            if deadline is not None and time.monotonic() > deadline:
                pipe.drain()
                raise TimeUp
            if any(key.fd != end for key, _ in selector.select(LOOK)):
                pipe.drain()
                if not pipe.is_open:  # it will end soon, or works on in silence
                    selector.unregister(running.output)
    most = pipe.taken + pipe.MOST  # what the command has left running may print without end
    while not pipe.drain() and pipe.taken < most:
        check()


@contextmanager
def closing(descriptor):
    try:
        yield
    finally:
        os.close(descriptor)


class Pipe:
    """What a command prints, on its way to the output."""

    #: Bytes taken between two looks at everything else, and at a time: at most, at least.
    MOST, BLOCK, LEAST = 1024 * 1024, 64 * 1024, 4 * 1024

    def __init__(self, file, cell, output):
        self.file, self.cell, self.output = file, cell, output
        self.is_open, self.taken, self.block = True, 0, self.BLOCK
        os.set_blocking(file.fileno(), False)

    def drain(self):
        """Take what is there, but neither without end nor for long. Says whether that was all."""
        most, until = self.taken + self.MOST, time.monotonic() + LOOK
        while self.is_open and self.taken < most:
            block = self.file.read(self.block)
            if block is None:
                return True  # nothing there yet
            self.is_open = bool(block)
            self.take(block)
            if time.monotonic() >= until:
                break
        return not self.is_open

    def take(self, block):
        """Pass a block on. The next one is smaller if that took long."""
        begun = time.monotonic()
        self.taken += len(block)
        self.output.take(block)
        self.cell.print(len(block))
        if time.monotonic() >= begun + LOOK:
            self.block = max(self.block // 2, self.LEAST)
        else:
            self.block = min(self.block * 2, self.BLOCK)


def stop(running, most, tell):
    """End a command and all that it has started, whatever happens: first by asking."""
    try:
        tell(Step.ASKED)
        has_ended = ask_to_end(running, most)
    finally:
        running.end()
    tell(Step.ENDED if has_ended else Step.KILLED)


def ask_to_end(running, most):
    """Ask all of a command to end, but no more than there may be. Says whether it has."""
    if running.root is not None:
        tree.signal(running.root, signal.SIGTERM, most)
    deadline = time.monotonic() + GRACE
    while not running.has_ended() and time.monotonic() < deadline:
        time.sleep(LOOK / 5)
    return running.has_ended()
