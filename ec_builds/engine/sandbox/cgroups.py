"""Control groups, where the server may make some: there the kernel itself keeps to the limits.

A group is made for runs below the server's own, in version 2 of control groups or in the two
hierarchies of version 1. Where that is not possible (an ordinary user without delegation, most
containers), looking at the processes every now and then has to do.
"""

import itertools
import logging
import os
import re
import signal
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ec_builds.engine.hands import Hand

log = logging.getLogger(__name__)

MOUNT = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")
NAME = re.compile(r"ec-builds-(\d+)-\d+")
#: Seconds for which the kernel may hold on to a group whose processes have ended.
PATIENCE = 1.0
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
    """Hands out groups for runs, one to each at a time.

    To put a process into a group costs several milliseconds, as all cores have to agree on it.
    Version 1 knows threads, too: there a group has a thread of the server in it, which starts the
    commands, and whatever it starts is in the group from its first moment on. Such a group is
    used for one run after the other.
    """

    def __init__(self, controllers):
        self.controllers = tuple(controllers)
        self.is_of_threads = any("pids.events" in each.told for each in self.controllers) and all(
            (each.folder / "tasks").exists() for each in self.controllers
        )
        self.free = {}

    def make(self, limits):
        """A group with these limits."""
        free = self.free.setdefault(limits, deque())
        with suppress(IndexError):
            group = free.pop()
            group.begin()
            return group
        name = f"ec-builds-{os.getpid()}-{next(numbers)}"
        if self.is_of_threads:
            return ThreadedGroup(self.controllers, name, limits, free)
        return Group(self.controllers, name, limits)

    def close(self):
        """Remove the groups that wait for another run."""
        for free in self.free.values():
            while free:
                free.pop().close()

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

    #: Processes that belong to the sandbox, not to the command: its first one, or the launcher.
    housekeeping = 1

    def __init__(self, controllers, name, limits):
        self.places = {each: each.folder / name for each in controllers}
        for controller, place in self.places.items():
            place.mkdir(exist_ok=True)  # in version 2 it is one for all
            extra = self.housekeeping if controller.limit == "processes" else 0
            controller.set(place, getattr(limits, controller.limit) + extra)

    def start(self, start):
        """Start something that is to be in the group: `start` is called with what puts a process
        there, and its children with it."""
        return start(self.enter)

    def enter(self, number):
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
        for place in set(self.places.values()):
            if not outlasted(lambda: removed(place)):
                log.warning("The control group %s could not be removed", place)


class ThreadedGroup(Group):
    """The group of one run after the other, with a thread that starts their commands."""

    #: The thread, and the two processes of bubblewrap.
    housekeeping = 3

    def __init__(self, controllers, name, limits, free):
        super().__init__(controllers, name, limits)
        self.free = free
        # the kernel ends a sandbox together with the thread that has started it
        self.starter = Hand("starter")
        self.native = self.starter.do(self.join)
        self.begin()

    def join(self):
        for place in self.places.values():
            (place / "tasks").write_text(str(threading.get_native_id()))
        return threading.get_native_id()

    def begin(self):
        """Forget what was refused to the run before."""
        self.before = {each: each.refusals(place) for each, place in self.places.items()}

    def start(self, start):
        return self.starter.do(start, lambda number: None)

    def reached(self):
        for controller, place in self.places.items():
            if controller.refusals(place) > self.before[controller]:
                return controller.limit
        return None

    def remove(self):
        """Kill whoever got away into here, and leave the group to the next run."""
        if outlasted(lambda: all(self.is_empty(place) for place in self.places.values())):
            self.free.append(self)
        else:
            log.warning("Something is left in a control group: %s", list(self.places.values()))

    def close(self):
        self.starter.end()
        super().remove()

    def is_empty(self, place):
        others = set((place / "tasks").read_text().split()) - {str(self.native)}
        kill(others)
        return not others


def outlasted(is_done):
    """Try for a moment until something is done. Says whether it was."""
    deadline = time.monotonic() + PATIENCE
    while not is_done():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


def kill(numbers):
    """Kill whoever is in a group; a thread of ours that ends there stands for all of us."""
    for number in numbers:
        if not os.path.exists(f"/proc/self/task/{number}"):
            with suppress(ProcessLookupError):
                os.kill(int(number), signal.SIGKILL)


def removed(place):
    try:
        kill((place / "cgroup.procs").read_text().split())
        place.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True
