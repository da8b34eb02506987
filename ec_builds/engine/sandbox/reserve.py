"""What has to stay free on the disk of the workspaces: the server and all builds need it."""

import os
from dataclasses import dataclass

from ec_builds.engine.sandbox.disk import LEAST
from ec_builds.engine.sandbox.limits import GIB, MIB, LimitReached, size

#: A hundredth of the disk, but this at least and at most; of a small disk no more than a tenth.
SMALLEST, LARGEST = 16 * MIB, GIB


def reserve(total):
    """How many bytes of a disk are to stay free."""
    return min(max(total // 100, SMALLEST), LARGEST, total // 10)


@dataclass(frozen=True)
class Room:
    """What is free on a disk, in bytes, and what of it is to stay free."""

    free: int
    reserve: int

    @classmethod
    def at(cls, folder):
        """The room on the disk of a folder. A disk that takes no more files is full, too."""
        disk = os.statvfs(folder)
        free = disk.f_bavail * disk.f_frsize
        if disk.f_files:
            free = min(free, disk.f_favail * LEAST)
        return cls(free, reserve(disk.f_blocks * disk.f_frsize))

    @property
    def is_scarce(self):
        return self.free < self.reserve

    def is_taken_by(self, used):
        """Whether it is scarce because of somebody who has so many bytes of the disk.

        The largest go first: the less is free, the smaller they may be, down to those whose end
        would not help.
        """
        return self.is_scarce and used > max(self.free, self.reserve // 4)


class DiskFull(LimitReached):
    """The disk is nearly full, and a run that has much of it is ended."""

    def __init__(self, used, free):
        super().__init__(
            f"The disk of the server is nearly full: {size(free)} are left, "
            f"and the build has {size(used)} of it",
            limit="disk", used=used, free=free,
        )
