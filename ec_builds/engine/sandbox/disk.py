"""How much of the disk the files of a workspace take."""

import errno
import os
import stat
import time
from contextlib import contextmanager, suppress

from ec_builds.engine.sandbox.identities import identities
from ec_builds.errors import BuildError

#: What the smallest file costs: a disk that has no room for more files is full, too.
LEAST = 4096
#: Entries between two looks at the clock.
STEP = 200
#: Seconds that a walk may take at a time while a command prints, and then pauses.
SLICE, PAUSE = 0.005, 0.05
#: Seconds between the end of a walk and the next: at least, at most, and how many times as long
#: as it took.
REST, LONGEST, PATIENCE = 0.5, 3.0, 10


class Disk:
    """Walks through a workspace again and again, a little at a time.

    It never takes much of the time of those who call it, however large the workspace is.
    """

    def __init__(self, folder):
        self.folder = folder
        #: Bytes on the disk, and bytes of the largest file, when the last walk was over.
        self.used = self.largest = 0
        self.walking = None
        self.took = self.ended = self.next = 0.0

    def look(self, processes=()):
        """Go on with the walk, or begin one if it is time. Says whether one has come to its end."""
        now = time.monotonic()
        if now < self.next:
            return False
        if self.walking is None:
            self.walking, self.took = self.walk(processes), 0.0
        for _ in self.walking:
            if time.monotonic() - now > SLICE:
                self.took += time.monotonic() - now
                self.next = time.monotonic() + PAUSE
                return False
        self.took += time.monotonic() - now
        self.arrive()
        return True

    def measure(self, processes=()):
        """Walk from beginning to end, unless that is dear and was done a moment ago."""
        begun = time.monotonic()
        if self.took > SLICE and begun - self.ended < PATIENCE * self.took:
            return
        for _ in self.walk(processes):
            pass
        self.took = time.monotonic() - begun
        self.arrive()

    def arrive(self):
        self.walking, self.ended = None, time.monotonic()
        self.next = self.ended + min(LONGEST, max(REST, PATIENCE * self.took))

    def walk(self, processes):
        """Sum up; yields now and then."""
        tally, closed = Tally(), []
        for count, status in enumerate(self.files(closed), 1):
            tally.add(status)
            if not count % STEP:
                yield
        for status in unlinked(list(processes), os.stat(self.folder).st_dev):
            tally.add(status)
        if closed:
            tally.used += identities().weigh(closed)
        self.used, self.largest = tally.used, tally.largest

    def files(self, closed):
        """The status of each; folders that others have closed are put on a list."""
        waiting = [os.fspath(self.folder)]
        while waiting:
            folder = waiting.pop()
            try:
                for entry in entries(folder):
                    with suppress(FileNotFoundError), bounded():
                        status = entry.stat(follow_symlinks=False)
                        if stat.S_ISDIR(status.st_mode):
                            waiting.append(entry.path)
                        yield status
            except PermissionError:
                closed.append(folder)


class Tally:
    """A sum in which a file with several names counts once."""

    def __init__(self):
        self.used = self.largest = 0
        self.seen = set()

    def add(self, status):
        if status.st_nlink != 1 and not stat.S_ISDIR(status.st_mode):
            if status.st_ino in self.seen:
                return
            self.seen.add(status.st_ino)
        self.used += max(LEAST, 512 * status.st_blocks)
        if stat.S_ISREG(status.st_mode):
            self.largest = max(self.largest, status.st_size)


@contextmanager
def bounded():
    """Tells those who have nested their folders so deep that no path leads there."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise BuildError("The folders of the build are nested too deep") from error
        raise


def entries(folder):
    """What is in a folder; one that may not be looked into is opened first, as it might be full.

    Raises PermissionError if it is somebody else's.
    """
    try:
        with bounded(), os.scandir(folder) as found:
            return list(found)
    except PermissionError:
        if let_in(folder):
            return entries(folder)
        raise
    except (FileNotFoundError, NotADirectoryError):
        return []


def let_in(folder):
    """Take back that a build has shut us out of its folder. Says whether there was a need to."""
    number = os.open(folder, os.O_PATH | os.O_NOFOLLOW | os.O_DIRECTORY)
    try:
        mode = stat.S_IMODE(os.fstat(number).st_mode)
        if mode & stat.S_IRWXU == stat.S_IRWXU:
            return False
        os.chmod(f"/proc/self/fd/{number}", mode | stat.S_IRWXU)
        return True
    finally:
        os.close(number)


def unlinked(processes, device):
    """Files that processes have open and that no longer have a name."""
    for process in processes:
        with suppress(OSError):
            for number in os.listdir(f"/proc/{process}/fd"):
                with suppress(OSError):
                    status = os.stat(f"/proc/{process}/fd/{number}")
                    if status.st_nlink == 0 and status.st_dev == device:
                        yield status
