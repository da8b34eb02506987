"""The workers of this machine: each holds a lock for as long as its process lives."""

import logging
import os
import secrets
import socket
from pathlib import Path

from ec_builds.engine import locks

log = logging.getLogger(__name__)


def worker_name():
    """A name for a worker that no other has had."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"


class Workers:
    """A folder with a file for each worker that was started here; its lock says that it lives."""

    def __init__(self, folder):
        self.folder = Path(folder)

    def enrol(self, name):
        """Become one of them. Returns a descriptor; the worker lives until it is closed.

        Raises OSError, for example where the disk is full.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        unseen = self.folder / f".{name}"  # until it is held, nobody may take it for dead
        descriptor = locks.hold(unseen)
        try:
            unseen.rename(self.folder / name)
        except OSError:
            os.close(descriptor)
            raise
        return descriptor

    def enrol_if_possible(self, name):
        """The same; None where it fails: then others know the worker by its leases alone."""
        try:
            return self.enrol(name)
        except OSError as error:
            log.warning("The worker %s goes without a lock of its own: %s", name, error)
            return None

    def leave(self, name, descriptor):
        """End a worker that has given back all that it had; it may have no descriptor."""
        if descriptor is not None:
            (self.folder / name).unlink(missing_ok=True)
            os.close(descriptor)

    def knows(self, name):
        """Whether a worker was started here, so that we can tell whether it lives."""
        return bool(name) and (self.folder / name).exists()

    def is_dead(self, name):
        """Whether a worker was started here, and has died without leaving."""
        return self.knows(name) and not locks.is_held(self.folder / name)

    def processes(self):
        """The processes in which workers live, without the commands that they run."""
        found = {os.getpid()}
        for name in self.names():
            found.update(locks.holders(self.folder / name))
        return found

    def names(self):
        """Whoever was started here, and has not left."""
        if not self.folder.is_dir():
            return []
        return [each.name for each in self.folder.iterdir() if not each.name.startswith(".")]

    def dead(self):
        """The names of all that have died without leaving."""
        return [name for name in self.names() if self.is_dead(name)]

    def bury(self, name):
        """Forget a dead worker, once nothing of it is left."""
        (self.folder / name).unlink(missing_ok=True)
