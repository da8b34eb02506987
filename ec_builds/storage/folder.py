"""Results in a folder of this machine."""

import ctypes
import os
import shutil
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from ec_builds.storage.contract import Storage, checked

LIBC = ctypes.CDLL(None, use_errno=True)
#: The folder for files that are being written. No key leads into it.
NEW = ".new"
#: How often a folder is made again that somebody has removed because it was empty.
TRIES = 10


class FolderStorage(Storage):
    """Each key is a file below a root folder, which is made when it is needed."""

    def __init__(self, root):
        self.root = Path(root)

    def put(self, key, file):
        path = self.path(key)
        new = self.root / NEW
        new.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=new)
        try:
            with os.fdopen(handle, "wb") as copy:
                shutil.copyfileobj(file, copy, 1024 * 1024)
                copy.flush()
                os.fsync(copy.fileno())
                size = copy.tell()
            move(name, path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
        return size

    def put_all(self, prefix, files):
        path, new = self.path(prefix), self.root / NEW
        new.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = Path(tempfile.mkdtemp(dir=new))
        try:
            with syncing(new):
                for name, file in files:
                    self.write(made, prefix, name, file)
            remove(path)
            move(made, path)
        except BaseException:
            remove(made)
            raise
        sync_folder(path.parent)

    def write(self, folder, prefix, name, file):
        """Write one file into a folder that will be the prefix."""
        self.path(f"{prefix}/{name}")
        place = folder / name
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(place, "xb", opener=for_this_user) as copy:
            shutil.copyfileobj(file, copy, 1024 * 1024)
        os.utime(folder)  # nobody is to take it for one that was left

    def open(self, key):
        try:
            return self.path(key).open("rb")
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            raise KeyError(key) from error

    def size(self, key):
        try:
            path = self.path(key)
            return path.stat().st_size if path.is_file() else None
        except (KeyError, FileNotFoundError, NotADirectoryError):
            return None

    def prepare(self):
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)

    def probe(self):
        self.prepare()
        with tempfile.TemporaryFile(dir=self.root) as file:
            file.write(b"probe")

    def delete(self, prefix):
        path = self.path(prefix)
        remove(path)
        for folder in path.parents:
            if folder == self.root or not removed_if_empty(folder):
                return

    def tidy(self, age):
        oldest = time.time() - age
        new = self.root / NEW
        old = [each for each in entries(new) if each.lstat().st_mtime < oldest]
        for path in old:
            remove(path)
        return len(old)

    def path(self, key):
        """Where the bytes of a key are. Raises KeyError for what cannot be one."""
        if checked(key).partition("/")[0] == NEW:
            raise KeyError(key)
        return self.root / key


def for_this_user(name, flags):
    return os.open(name, flags, 0o600)


def move(name, path):
    """Give a file or a folder its name, where folders may vanish until something is in them."""
    for left in reversed(range(TRIES)):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            os.replace(name, path)
            return
        except FileNotFoundError:
            if not left or not os.path.exists(name):
                raise


def remove(path):
    """Remove a file, or a folder with all that it contains. Raises the first OSError at the end.

    What another process has removed meanwhile is gone, which is all that is wanted.
    """
    failures = []

    def note(function, name, details):
        if not isinstance(details[1], FileNotFoundError):
            failures.append(details[1])

    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, onerror=note)
    else:
        try:
            path.unlink(missing_ok=True)
        except NotADirectoryError:
            return  # a file lies where the way there should be
    if failures:
        raise failures[0]


def entries(folder):
    """What a folder contains; nothing, if there is none."""
    try:
        return list(folder.iterdir())
    except FileNotFoundError:
        return []


def removed_if_empty(folder):
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:  # somebody has put something there
        return False
    return True


@contextmanager
def syncing(folder):
    """At the end, all that was written to the file system of a folder is on disk.

    One look at everything costs less than one at each of many files. It is opened first, for the
    kernel tells of the errors since then.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        yield
        if LIBC.syncfs(descriptor):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(folder))
    finally:
        os.close(descriptor)


def sync_folder(folder):
    """A new name in a folder is on disk only when the folder is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
