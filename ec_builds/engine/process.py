"""A command in a process group of its own, with a deadline."""

import os
import selectors
import signal
import subprocess
import time

from ec_builds.plugins.contract import Outcome

#: Seconds between TERM and KILL.
GRACE = 1.0
#: Seconds between two looks at the clock and at whether to stop.
LOOK = 0.05
FIRST_LOOK = 0.001


class TimeUp(Exception):
    """The command took longer than it may."""


def run(command, cwd, environment, timeout, check, shown, output):
    """Run a command and wait for its end, which is the end of all its children, too.

    `output` (see `output.py`) takes what it prints.

    `check` is called every few hundredths of a second and stops the command by raising.
    Raises TimeUp after `timeout` seconds. A command that cannot be started ends
    with exit code 127, as in a shell.
    """
    begun = time.monotonic()
    try:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        output.take(f"{command[0]}: {error.strerror}".encode())
        return Outcome(shown, 127, output.end(), time.monotonic() - begun)
    try:
        follow(process, output, None if timeout is None else begun + timeout, check)
    except BaseException:
        end(process)
        raise
    finally:
        # The leader is not reaped before this, so the group's number is still its own.
        signal_group(process.pid, signal.SIGKILL)
        process.stdout.close()
        process.wait()
    return Outcome(shown, process.returncode, output.end(), time.monotonic() - begun)


def follow(process, output, deadline, check):
    """Read what a command prints until it has ended."""
    os.set_blocking(process.stdout.fileno(), False)
    is_open, pause = True, FIRST_LOOK
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while not has_ended(process):
            check()
            if deadline is not None and time.monotonic() > deadline:
                drain(process.stdout, output)
                raise TimeUp
            if not is_open:  # it will end soon, or works on in silence
                time.sleep(pause)
                pause = min(2 * pause, LOOK)
            elif selector.select(LOOK):
                is_open = drain(process.stdout, output)
    if is_open:
        drain(process.stdout, output)


def has_ended(process):
    """Whether the leader has ended; it stays a zombie, which keeps its number from others."""
    flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
    return os.waitid(os.P_PID, process.pid, flags) is not None


def drain(pipe, output):
    """Take what is there. Says whether the other end is still open."""
    while block := pipe.read(64 * 1024):
        output.take(block)
    return block is None  # None: nothing there yet; empty: closed


def end(process):
    """Ask a process group to end, and leave it some time for that."""
    signal_group(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + GRACE
    while not has_ended(process) and time.monotonic() < deadline:
        time.sleep(LOOK / 5)


def signal_group(group, number):
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return  # nobody is left of it
