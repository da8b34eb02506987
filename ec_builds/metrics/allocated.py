"""prometheus_client's mapped files, with all their blocks on the disk before they are mapped.

It makes them of holes; and to write into a hole through a map, where the disk is full, is no
error that could be handled, but ends the process (SIGBUS).
"""

import os

from prometheus_client.mmap_dict import MmapedDict

#: Bytes of a new file.
FIRST = 1 << 16
#: The most that a figure takes besides its key: two lengths, two doubles, and padding.
EXTRA = 32


class Allocated(MmapedDict):
    """Figures by their keys in a file. What may need more room raises OSError if there is none."""

    def __init__(self, path):
        with open(path, "ab") as file:
            allocate(file.fileno(), FIRST)
        super().__init__(str(path))

    def _init_value(self, key):
        needed, size = self._used + len(key.encode()) + EXTRA, self._capacity
        while size < needed:
            size *= 2
        if size > self._capacity:
            allocate(self._f.fileno(), size)
        super()._init_value(key)


def allocate(descriptor, size):
    """Let a file have at least this size, without holes. Raises OSError, and leaves its size."""
    before = os.fstat(descriptor).st_size
    try:
        os.posix_fallocate(descriptor, 0, max(before, size))
    except OSError:
        os.ftruncate(descriptor, before)  # a part may have been there
        raise
