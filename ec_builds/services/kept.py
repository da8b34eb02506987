"""What the storage keeps, for those who ask over HTTP."""

import io
import logging
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from ec_builds.errors import Unavailable
from ec_builds.logs import Outage
from ec_builds.storage.joined import Joined

log = logging.getLogger(__name__)

#: Seconds after which a client may ask a storage again that did not answer.
RETRY = 5


@dataclass(frozen=True)
class Found:
    """A file to send: its bytes, a name, and a tag that changes when they do."""

    file: BinaryIO
    name: str
    size: int
    tag: str


class Kept:
    """The storage, whose silence becomes Unavailable before anything is sent.

    All that is handed out of it goes through one of these, so that the log is told once.
    """

    def __init__(self, storage):
        self.storage, self.outage = storage, Outage(log)

    def has(self, key):
        """Whether there is such a key."""
        with self.asking():
            return self.storage.size(key) is not None

    def find(self, key, name, tag):
        """What lies under a key, as a Found; None if there is no such key."""
        with self.asking():
            try:
                file = self.storage.open(key)
            except KeyError:
                return None
            return begun(file, name, tag)

    def join(self, find, size, name, tag):
        """What lies under several keys, as a Found; `find` says where (see Joined)."""
        file = Joined(self.storage, find, size)
        if not size:  # the storage has nothing to say to that
            return Found(file, name, size, tag)
        with self.asking():
            return begun(file, name, tag)

    @contextmanager
    def asking(self):
        try:
            yield
        except OSError as error:
            self.outage.meets(self, error)
            raise Unavailable(
                verbose="The storage does not answer; try again later.",
                headers={"Retry-After": str(RETRY)},
            ) from error
        self.outage.spares(self)


def begun(file, name, tag):
    """A Found of a file that can be read: its first byte has been. Raises OSError."""
    try:
        size = file.seek(0, io.SEEK_END)
        file.seek(0)
        file.read(1)
        file.seek(0)
    except OSError:
        file.close()
        raise
    return Found(file, name, size, tag)
