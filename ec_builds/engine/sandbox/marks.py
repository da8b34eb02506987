"""The variable by which all processes of a run are found, whoever has become their parent."""

import os
import signal
import time

from ec_builds.engine.sandbox import tree

#: Its value is the name of the run's workspace, which no other run has.
NAME = "EC_BUILDS_RUN"
#: Seconds that processes get to be gone once they were killed, and between two looks for them.
PATIENCE, PAUSE = 1.0, 0.005


def bearers(run):
    """The numbers of all processes that bear the mark of a run, as far as we may look."""
    mark = os.fsencode(f"{NAME}={run}")
    return [int(pid) for pid in os.listdir("/proc") if pid.isdecimal() and bears(pid, mark)]


def bears(pid, mark):
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return mark in file.read().split(b"\0")
    except OSError:
        return False  # it has ended, or is somebody else's


def end(run):
    """Kill all that bear the mark of a run, and what is below them, until nobody bears it."""
    deadline = time.monotonic() + PATIENCE
    while (found := bearers(run)) and time.monotonic() < deadline:
        tree.send({*found, *(each for pid in found for each in tree.below(pid))}, signal.SIGKILL)
        time.sleep(PAUSE)
