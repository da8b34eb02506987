"""Locks that tell the living from the dead: the kernel gives them back when their holder dies.

A process that is killed cannot say so, and the number of a process may be another's by the time
that somebody looks. So whoever works holds a lock on a file (flock), and hands the open
descriptor on to the keepers of its process trees; where they keep badly, to all in the trees. Who
can take the lock knows that all are gone.
"""

import fcntl
import os
import signal
from contextlib import contextmanager

#: Where /proc/PID/stat has the moment at which a process began, behind its name, and what it says
#: of the state of those that are gone and only wait for somebody to ask how they ended.
STARTED, GONE = 19, (b"Z", b"X")


def hold(path):
    """Take the lock of a file, which is made; it lasts as long as the descriptor is open anywhere.

    Raises BlockingIOError where somebody else holds it.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(path, flags, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


@contextmanager
def held(path):
    """The lock of a new path until the end of the block.

    It is a pipe with a name: a build can reach what process 1 of its sandbox has open, and into a
    file it would write to the server's disk.
    """
    os.mkfifo(path, 0o600)
    descriptor = hold(path)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def is_held(path):
    """Whether anybody holds the lock; nobody holds that of what is not there."""
    try:
        descriptor = opened(path)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def opened(path):
    """A lock, open to be looked at. A build that was lent it may have shut us out; it is ours."""
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        return os.open(path, flags)
    except PermissionError:
        os.chmod(path, 0o600)
    return os.open(path, flags)


def holders(path):
    """The numbers of all processes that have a path open, as far as we may look."""
    try:
        wanted = os.stat(path)
    except FileNotFoundError:
        return []
    return [int(pid) for pid in os.listdir("/proc") if pid.isdecimal() and has_open(pid, wanted)]


def has_open(pid, wanted):
    try:
        with os.scandir(f"/proc/{pid}/fd") as descriptors:
            return any(is_same(each, wanted) for each in descriptors)
    except OSError:
        return False  # it has ended, or is somebody else's


def is_same(descriptor, wanted):
    try:
        found = descriptor.stat()
    except OSError:
        return False  # closed meanwhile
    return (found.st_dev, found.st_ino) == (wanted.st_dev, wanted.st_ino)


def identity(pid):
    """What tells a process from all others that have had, or will have, its number; None: gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    return None if fields[0] in GONE else f"{pid} {int(fields[STARTED])}"


def end(known):
    """Kill a process by its identity. Says whether it was still there."""
    pid = int(known.partition(" ")[0])
    try:
        handle = os.pidfd_open(pid)
    except OSError:
        return False
    try:
        if identity(pid) != known:
            return False
        signal.pidfd_send_signal(handle, signal.SIGKILL)
    except ProcessLookupError:
        return False
    finally:
        os.close(handle)
    return True


def end_all(found):
    """Kill processes that were found this moment. Says whether there were any."""
    for pid in found:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue  # it was faster
    return bool(found)
