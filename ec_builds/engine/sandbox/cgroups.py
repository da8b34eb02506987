"""Control groups, where the server may make some: there the kernel itself keeps to the limits.

A group is made for each run below the server's own, in version 2 of control groups or in the two
hierarchies of version 1. Where that is not possible (an ordinary user without delegation, most
containers), looking at the processes every now and then has to do.
"""

import itertools
import logging
import os
import re
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

log = logging.getLogger(__name__)

MOUNT = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")
NAME = re.compile(r"ec-builds-(\d+)-\d+")
#: Seconds for which the kernel may hold on to a group whose processes have ended.
PATIENCE = 1.0
#: Processes that belong to the sandbox, not to the command: its first one, or the launcher.
HOUSEKEEPING = 1
numbers = itertools.count(1)


@dataclass(frozen=True)
class Controller:
    """A limit that the kernel keeps to: where it is set, and where it is told that it held."""

    limit: str
    folder: Path
    #: Files that the limit is written to; the first has to be there.
    files: tuple
    #: The file and the word in it behind which the number of refusals stands.
    told: tuple

    def set(self, group, value):
        for number, name in enumerate(self.files):
            if not number or (group / name).exists():
                (group / name).write_text(f"{value}\n")

    def refusals(self, group):
        for line in (group / self.told[0]).read_text().splitlines():
            word, _, number = line.partition(" ")
            if word == self.told[1]:
                return int(number)
        return 0


@lru_cache
def find():
    """The controllers that can be used here; none if that is not all that is needed."""
    found = controllers(OWN, MOUNT)
    return found if all(works(each) for each in found) else ()


def controllers(own, mount):
    """The controllers that look as if they could be used."""
    if not own.exists():
        return ()
    paths = dict(line.split(":", 2)[1:] for line in own.read_text().splitlines())
    if (mount / "cgroup.controllers").exists():
        return version_2(mount / paths.get("", "/").lstrip("/"))
    return version_1(mount, paths)


def version_1(mount, paths):
    by_name = {name: path for names, path in paths.items() for name in names.split(",")}
    if not {"pids", "memory"} <= by_name.keys():
        return ()
    memory = ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes")
    return (
        Controller(
            "processes", mount / "pids" / by_name["pids"].lstrip("/"), ("pids.max",),
            ("pids.events", "max"),
        ),
        Controller(
            "memory", mount / "memory" / by_name["memory"].lstrip("/"), memory,
            ("memory.oom_control", "oom_kill"),
        ),
    )


def version_2(own):
    """Groups may have children with limits if their controllers are handed down: by our own
    group, or by the one above it that we were put into."""
    for folder in (own, own.parent):
        handed_down = folder / "cgroup.subtree_control"
        if handed_down.exists() and {"pids", "memory"} <= set(handed_down.read_text().split()):
            return (
                Controller("processes", folder, ("pids.max",), ("pids.events", "max")),
                Controller("memory", folder, ("memory.max",), ("memory.events", "oom_kill")),
            )
    return ()


def works(controller):
    """Whether a group can be made, limited and entered here."""
    group = controller.folder / f"ec-builds-{os.getpid()}-0"
    try:
        group.mkdir()
        try:
            controller.set(group, 2**20)
            controller.refusals(group)
            return os.access(group / "cgroup.procs", os.W_OK)
        finally:
            group.rmdir()
    except OSError:
        return False


class Groups:
    """Makes groups for runs."""

    def __init__(self, controllers):
        self.controllers = tuple(controllers)

    def make(self, limits):
        """A group with these limits."""
        name = f"ec-builds-{os.getpid()}-{next(numbers)}"
        return Group(self.controllers, name, limits)

    def clear_away(self):
        """Remove the groups of servers that died."""
        for folder in {each.folder for each in self.controllers}:
            for group in folder.iterdir():
                match = NAME.fullmatch(group.name)
                if match and not os.path.exists(f"/proc/{match[1]}"):
                    with suppress(OSError):  # something of it is alive still
                        group.rmdir()


class Group:
    """The group of one run."""

    def __init__(self, controllers, name, limits):
        self.places = {each: each.folder / name for each in controllers}
        for controller, place in self.places.items():
            place.mkdir(exist_ok=True)  # in version 2 it is one for all
            extra = HOUSEKEEPING if controller.limit == "processes" else 0
            controller.set(place, getattr(limits, controller.limit) + extra)

    def enter(self, number):
        """Put a process into the group; its children will be there, too."""
        for place in set(self.places.values()):
            (place / "cgroup.procs").write_text(str(number))

    def reached(self):
        """The name of the limit that the kernel has had to keep something to, or None."""
        for controller, place in self.places.items():
            if controller.refusals(place):
                return controller.limit
        return None

    def remove(self):
        """Kill whoever got away into here, and remove the group."""
        deadline = time.monotonic() + PATIENCE
        for place in set(self.places.values()):
            while not removed(place):
                if time.monotonic() > deadline:
                    log.warning("The control group %s could not be removed", place)
                    break
                time.sleep(0.005)


def removed(place):
    try:
        for number in (place / "cgroup.procs").read_text().split():
            with suppress(ProcessLookupError):
                os.kill(int(number), signal.SIGKILL)
        place.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True
