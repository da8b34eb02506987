"""The variable by which all processes of a run are found, whoever has become their parent."""

import os

#: Its value is the name of the run's workspace, which no other run has.
NAME = "EC_BUILDS_RUN"


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
