"""What a storage promises. One suite of tests holds every storage to it.

A key is a relative path of plain segments, such as `builds/31/1.zip`. What was
put is there whole or not at all, also if the process or the machine dies, and
is never changed: a new version gets a new key. All methods may be called from
many threads at a time.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import BinaryIO


class Away(OSError):
    """The storage is not where it was, so that nothing can be said about any key."""


class Storage(ABC):
    """All methods but `prepare` raise Away, or another OSError, if the storage does not answer."""

    @abstractmethod
    def put(self, key: str, file: BinaryIO) -> int:
        """Keep the bytes of a file under a key. Returns how many; they are on disk by then."""

    @abstractmethod
    def put_all(self, prefix: str, files: Iterable[tuple[str, BinaryIO]]) -> None:
        """Keep many files below a prefix, under their names: all of them or none.

        Much faster than to put one after the other, which waits for the disk each time. Each
        file is read before the next is asked for. What another attempt has put there is replaced.
        """

    @abstractmethod
    def open(self, key: str) -> BinaryIO:
        """The bytes under a key, seekable. Raises KeyError."""

    @abstractmethod
    def size(self, key: str) -> int | None:
        """How many bytes there are under a key; None if there is no such key."""

    @abstractmethod
    def prepare(self, is_new: bool) -> None:
        """Make room for files, for this user alone; what is there already stays as it is.

        Where nothing is, room is made only if `is_new` says that nothing was kept before: else
        the storage is away, and will come back.
        """

    @abstractmethod
    def probe(self) -> None:
        """Raises OSError unless files can be kept."""

    @abstractmethod
    def delete(self, prefix: str) -> None:
        """Remove the key and everything below it; nothing there is fine, too.

        Raises OSError if something of it could not be removed; the rest is gone by then.
        """

    @abstractmethod
    def tidy(self, age: float) -> int:
        """Remove what was begun to be put more than `age` seconds ago, by a process that died.

        Returns how many there were. Raises OSError like `delete`.
        """


def checked(key):
    """A key that cannot leave the storage. Raises KeyError for any other."""
    segments = key.split("/")
    for segment in segments:
        if segment in ("", ".", "..") or re.search(r"[\x00-\x1f\x7f\\]", segment):
            raise KeyError(key)
    if len(key.encode()) > 1000 or any(len(segment.encode()) > 255 for segment in segments):
        raise KeyError(key)
    return key
