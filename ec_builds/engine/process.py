"""A command in a process group of its own, with a deadline."""

import os
import selectors
import signal
import subprocess
import time

from ec_builds.plugins.contract import Outcome

#: Bytes kept of what a command prints: its end tells why it failed.
TAIL = 16 * 1024
#: Seconds between TERM and KILL.
GRACE = 1.0
#: Seconds between two looks at the clock and at whether to stop.
LOOK = 0.05
FIRST_LOOK = 0.001


class TimeUp(Exception):
    """The command took longer than it may. `output` is the end of what it had printed."""

    def __init__(self, output):
        super().__init__(output)
        self.output = output


def run(command, cwd, environment, timeout, check, shown):
    """Run a command and wait for its end, which is the end of all its children, too.

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
        reason = f"{command[0]}: {error.strerror}"
        return Outcome(shown, 127, reason, time.monotonic() - begun)
    tail = Tail()
    try:
        follow(process, tail, None if timeout is None else begun + timeout, check)
    except BaseException:
        end(process)
        raise
    finally:
        # The leader is not reaped before this, so the group's number is still its own.
        signal_group(process.pid, signal.SIGKILL)
        process.stdout.close()
        process.wait()
    return Outcome(shown, process.returncode, tail.text(), time.monotonic() - begun)


def follow(process, tail, deadline, check):
    """Read what a command prints until it has ended."""
    os.set_blocking(process.stdout.fileno(), False)
    is_open, pause = True, FIRST_LOOK
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while not has_ended(process):
            check()
            if deadline is not None and time.monotonic() > deadline:
                drain(process.stdout, tail)
                raise TimeUp(tail.text())
            if not is_open:  # it will end soon, or works on in silence
                time.sleep(pause)
                pause = min(2 * pause, LOOK)
            elif selector.select(LOOK):
                is_open = drain(process.stdout, tail)
    if is_open:
        drain(process.stdout, tail)


def has_ended(process):
    """Whether the leader has ended; it stays a zombie, which keeps its number from others."""
    flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
    return os.waitid(os.P_PID, process.pid, flags) is not None


def drain(pipe, tail):
    """Take what is there. Says whether the other end is still open."""
    while block := pipe.read(64 * 1024):
        tail.add(block)
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


class Tail:
    """The end of a long output."""

    def __init__(self):
        self.kept = bytearray()
        self.total = 0

    def add(self, block):
        self.total += len(block)
        self.kept += block
        if len(self.kept) > 2 * TAIL:
            del self.kept[:-TAIL]

    def text(self):
        """The last lines as text, from the beginning of a line."""
        kept = bytes(self.kept[-TAIL:])
        if self.total > len(kept):
            kept = kept.partition(b"\n")[2] or kept
        return kept.decode("utf-8", "replace").replace("\x00", "�").rstrip()
