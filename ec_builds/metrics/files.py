"""Figures that several processes keep together: prometheus_client's files, without its globals.

Each process has files of its own, named after an id that no other has had, and
a lock that tells the others that it lives. What dead processes counted goes on
to count; their gauges are removed. When nobody lives any more, all begins anew.
"""

import fcntl
import logging
import os
import secrets
import threading
import weakref
from contextlib import contextmanager
from pathlib import Path

from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector

log = logging.getLogger(__name__)

#: In whose name that is kept which dead processes have counted.
PAST = "past"


class Files:
    """The files of a process in a folder, which is made when there is something to keep."""

    def __init__(self, folder):
        self.folder = folder and Path(folder)
        self.turn = threading.Lock()
        self.process = self.alive = None
        self.opened = {}

    def add(self, kept_as, changes):
        """Add to figures by their keys. Trouble with the disk is logged, and ends all counting."""
        if self.folder is None:
            return
        with self.turn:
            try:
                file = self.mine(kept_as)
                for key, amount in changes:
                    file.write_value(key, file.read_value(key)[0] + amount, 0.0)
            except OSError as error:
                log.warning("Metrics are not kept any more: %s", error)
                self.folder = None

    def mine(self, kept_as):
        """This process's file of a kind; a process that was forked begins with new ones."""
        if self.process != os.getpid():
            self.begin()
        if kept_as not in self.opened:
            with self.locked():
                self.opened[kept_as] = MmapedDict(self.path(kept_as, self.alive.stem))
        return self.opened[kept_as]

    def begin(self):
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.opened, self.process = {}, os.getpid()
        with self.locked():
            self.bury()
            if not list(self.folder.glob("*.alive")):
                for kept in self.folder.glob("*.db"):
                    kept.unlink()
            self.alive = self.folder / f"{secrets.token_hex(8)}.alive"
            life = self.alive.open("w")
            fcntl.flock(life, fcntl.LOCK_EX)
        weakref.finalize(self, close, self.opened, life)

    def collect(self):
        """The figures of all processes, for a registry."""
        with self.turn:
            if self.folder is None or not self.folder.is_dir():
                return []
            with self.locked():
                self.bury()
                kept = [str(path) for path in self.folder.glob("*.db") if path.stat().st_size]
                return list(MultiProcessCollector.merge(kept))

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
        if not left.exists() or not left.stat().st_size:
            return
        heir = MmapedDict(str(past))
        for key, value, *_ in MmapedDict.read_all_values_from_file(str(left)):
            heir.write_value(key, heir.read_value(key)[0] + value, 0.0)
        heir.close()

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
