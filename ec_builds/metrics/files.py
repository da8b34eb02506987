"""Figures that several processes keep together: prometheus_client's files, without its globals.

Each process has files of its own, named after an id that no other has had, and
a lock that tells the others that it lives. What dead processes counted goes on
to count; their gauges are removed. When nobody lives any more, all begins anew.
What the disk does not take is remembered until it does.
"""

import fcntl
import logging
import os
import secrets
import threading
import time
import weakref
from contextlib import contextmanager
from pathlib import Path

from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector

from ec_builds.metrics.allocated import Allocated

log = logging.getLogger(__name__)

#: In whose name that is kept which dead processes have counted.
PAST = "past"
#: Seconds until a disk is tried again that took nothing.
RETRY = 10.0


class Files:
    """The files of a process in a folder, which is made when there is something to keep."""

    def __init__(self, folder):
        self.folder = folder and Path(folder)
        self.turn = threading.Lock()
        self.process = self.alive = None
        self.opened, self.owed, self.again = {}, {}, None

    def add(self, kept_as, changes):
        """Add to figures by their keys. Trouble with the disk is logged once, and costs nothing."""
        if self.folder is None:
            return
        with self.turn:
            if self.process != os.getpid():  # one that was forked begins with nothing
                self.process, self.alive = os.getpid(), None
                self.opened, self.owed, self.again = {}, {}, None
            for key, amount in changes:
                whole = kept_as, key
                self.owed[whole] = self.owed.get(whole, 0) + amount
            if self.again is None or time.monotonic() >= self.again:
                self.pay()

    def pay(self):
        """Write what is not in the files yet; if they take nothing, it is tried again later."""
        try:
            for kept_as, key in list(self.owed):
                file = self.mine(kept_as)
                value = file.read_value(key)[0] + self.owed[kept_as, key]
                file.write_value(key, value, 0.0)
                del self.owed[kept_as, key]
        except OSError as error:
            if self.again is None:
                log.warning("Metrics are not kept until the disk takes them again: %s", error)
            self.again = time.monotonic() + RETRY
        else:
            self.again = None

    def mine(self, kept_as):
        """This process's file of a kind."""
        if self.alive is None:
            self.begin()
        if kept_as not in self.opened:
            with self.locked():
                self.opened[kept_as] = Allocated(self.path(kept_as, self.alive.stem))
        return self.opened[kept_as]

    def begin(self):
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self.locked():
            self.bury()
            if not list(self.folder.glob("*.alive")):
                for kept in self.folder.glob("*.db"):
                    kept.unlink()
            alive = self.folder / f"{secrets.token_hex(8)}.alive"
            life = alive.open("w")
            fcntl.flock(life, fcntl.LOCK_EX)
        self.alive = alive
        weakref.finalize(self, close, self.opened, life)

    def collect(self):
        """The figures of all processes, for a registry; none if the disk does not give them."""
        with self.turn:
            if self.folder is None or not self.folder.is_dir():
                return []
            try:
                with self.locked():
                    self.bury()
                    kept = [str(path) for path in self.folder.glob("*.db") if path.stat().st_size]
                    return list(MultiProcessCollector.merge(kept))
            except OSError as error:
                log.info("Metrics cannot be read: %s", error)
                return []

    def bury(self):
        """Add what dead processes have counted to the past, and remove their files."""
        for path in self.folder.glob("*.alive"):
            with path.open("r+") as life:
                try:
                    fcntl.flock(life, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue
            for kept_as in ("counter", "histogram"):
                self.inherit(self.path(kept_as, path.stem), self.path(kept_as, PAST))
            for left in self.folder.glob(f"*_{path.stem}.db"):
                left.unlink()
            path.unlink()

    def inherit(self, left, past):
        """Add a file to another and remove it, or raise OSError and do neither."""
        if not left.exists() or not left.stat().st_size:
            return
        heir = Allocated(past)
        try:
            values = list(MmapedDict.read_all_values_from_file(str(left)))
            known = [heir.read_value(key)[0] for key, *_ in values]  # which makes room for all
            for before, (key, value, *_) in zip(known, values):
                heir.write_value(key, before + value, 0.0)
        finally:
            heir.close()
        left.unlink()

    def path(self, kept_as, whose):
        return self.folder / f"{kept_as}_{whose}.db"

    @contextmanager
    def locked(self):
        """Alone with the folder, among all processes."""
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def close(opened, life):
    """Nobody counts any more: the next to look adds what was counted to the past."""
    for file in opened.values():
        file.close()
    life.close()
