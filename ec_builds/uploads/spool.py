"""Bodies that are too large for the memory: files without names, which are gone when closed.

Whatever ends the process, nothing is left of them. A disk that is nearly full takes no more.
"""

import io
import logging
import os
import tempfile
from threading import Lock

from ec_builds.errors import BodyTooLarge, Unavailable
from ec_builds.uploads.addresses import Kind

log = logging.getLogger(__name__)

#: How many bodies of the largest size a process keeps at a time; of smaller ones there are more.
TOGETHER = 8
#: Seconds after which it may be worth to try again.
LATER = 30
#: Bytes that a form may have besides its file.
FRAME = 8 * 1024 * 1024
FULL = "The disk of this server is nearly full"


class Uploads:
    """The bodies that a process keeps on disk.

    `limit` is the size of a file, or a part of one, in bytes. `room` tells of a folder what is
    `free` on its disk and what of that is its `reserve`. `is_open` says that nobody needs a token
    here. Threads share it.
    """

    def __init__(self, folder, limit, room, is_open=False):
        self.folder, self.limit, self.room, self.is_open = folder, limit, room, is_open
        self.most, self.held, self.lock = TOGETHER * limit, 0, Lock()

    @property
    def is_crowded(self):
        return self.held > self.most

    def limit_of(self, kind):
        """Bytes that a body of a kind may have."""
        return self.limit + FRAME if kind is Kind.FORM else self.limit

    def begin(self, kind, length=0):
        """A Spool for a body, whose length may be known. Raises BodyTooLarge and Unavailable."""
        limit = self.limit_of(kind)
        self.check(length, limit)
        try:
            self.folder.mkdir(mode=0o700, exist_ok=True)
            return Spool(self, limit)
        except OSError as error:
            raise unwritable(error) from error

    def check(self, size, limit, more=None):
        """Refuse a body that is too large, or for which, or more of which, there is no room."""
        if size > limit:
            raise BodyTooLarge(verbose=f"A body may have {limit} bytes.")
        try:
            room = self.room(self.folder.parent)
        except OSError as error:
            raise unwritable(error) from error
        if room.free - (size if more is None else more) < room.reserve:
            raise later(FULL)

    def require_room(self):
        """Refuse bodies as long as there are too many. Raises Unavailable."""
        if self.is_crowded:
            raise later("Too much is being uploaded at the moment")

    def count(self, size):
        """There are so many bytes more, or less."""
        with self.lock:
            self.held += size


class Spool(io.FileIO):
    """A body on disk: what is written, and can be read from its beginning after a `seek`."""

    def __init__(self, uploads, limit):
        self.uploads, self.limit, self.size = uploads, limit, 0
        super().__init__(uploads.folder, "w+", opener=nameless)

    def write(self, data):
        """Add to the body. Raises BodyTooLarge and Unavailable."""
        self.uploads.check(self.size + len(data), self.limit, len(data))
        left = memoryview(data)
        try:
            while left:
                left = left[super().write(left):]
        except OSError as error:
            raise unwritable(error) from error
        self.size += len(data)
        self.uploads.count(len(data))
        return len(data)

    def close(self):
        if not self.closed:
            self.uploads.count(-self.size)
        super().close()


def nameless(folder, _flags):
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        return os.dup(file.fileno())


def later(reason):
    return Unavailable(verbose=f"{reason}; try again later.", headers={"Retry-After": str(LATER)})


def unwritable(error):
    """What to say when a file cannot be written."""
    log.warning("A body cannot be kept on disk: %s", error)
    return later(FULL)
