"""Results in a folder of this machine."""

import ctypes
import errno
import os
import shutil
import stat
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path

from ec_builds.storage.contract import Away, Storage, checked

LIBC = ctypes.CDLL(None, use_errno=True)
#: The folder for files that are being written. No key leads into it. It is made once, so that
#: a folder without it is another one, such as that below a disk that is not mounted.
NEW = ".new"
#: How often a folder is made again that somebody has removed because it was empty.
TRIES = 10


class FolderStorage(Storage):
    """Each key is a file below a root folder, which is only made by `prepare`."""

    def __init__(self, root):
        self.root = Path(root)
        self.new = self.root / NEW

    def put(self, key, file):
        path = self.path(key)
        with self.asked():
            handle, name = tempfile.mkstemp(dir=self.new)
            try:
                with os.fdopen(handle, "wb") as copy:
                    shutil.copyfileobj(file, copy, 1024 * 1024)
                    copy.flush()
                    os.fsync(copy.fileno())
                    size = copy.tell()
                self.move(name, path)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
            sync_folder(path.parent)
        return size

    def put_all(self, prefix, files):
        path = self.path(prefix)
        with self.asked():
            made = Path(tempfile.mkdtemp(dir=self.new))
            try:
                with syncing(self.new):
                    for name, file in files:
                        self.write(made, prefix, name, file)
                remove(path)
                self.move(made, path)
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

    def move(self, name, path):
        """Give a file or folder its name, where folders may vanish until something is in them."""
        for left in reversed(range(TRIES)):
            try:
                for folder in self.way(path):
                    with suppress(FileExistsError):  # mkdir(exist_ok) minds if it has gone again
                        folder.mkdir()
                os.replace(name, path)
                return
            except FileNotFoundError:
                if not left or not os.path.exists(name):
                    raise

    def open(self, key):
        path = self.path(key)
        try:
            with self.asked():
                return path.open("rb")
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            raise KeyError(key) from error

    def size(self, key):
        try:
            path = self.path(key)
        except KeyError:
            return None
        try:
            with self.asked():
                found = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return found.st_size if stat.S_ISREG(found.st_mode) else None

    def prepare(self, is_new):
        if is_new:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        if is_new or entries(self.root):
            self.new.mkdir(exist_ok=True, mode=0o700)

    def probe(self):
        with self.asked(), tempfile.TemporaryFile(dir=self.new) as file:
            file.write(b"probe")

    def delete(self, prefix):
        path = self.path(prefix)
        remove(path)
        self.require()  # where nothing is, nothing was removed
        for folder in path.parents:
            if folder == self.root or not removed_if_empty(folder):
                return

    def tidy(self, age):
        oldest = time.time() - age
        with self.asked():
            old = [each for each in self.new.iterdir() if is_older(each, oldest)]
            for path in old:
                remove(path)
        return len(old)

    def path(self, key):
        """Where the bytes of a key are. Raises KeyError for what cannot be one."""
        if checked(key).partition("/")[0] == NEW:
            raise KeyError(key)
        return self.root / key

    def way(self, path):
        """The folders that lead from the root to a path; not the root."""
        between = path.relative_to(self.root).parents
        return [self.root / each for each in reversed(between[:-1])]

    @contextmanager
    def asked(self):
        """For what can find a file missing: raises Away if that is because everything is."""
        try:
            yield
        except (FileNotFoundError, NotADirectoryError):
            self.require()
            raise

    def require(self):
        """Raises Away unless this is the folder that was prepared."""
        if self.new.is_dir():
            return
        found = "is another one, or empty" if self.root.is_dir() else "is not there"
        raise Away(errno.ENODEV, f"its folder {found}", str(self.root))


def for_this_user(name, flags):
    return os.open(name, flags, 0o600)


def is_older(path, moment):
    """Whether a file was written before a moment; one that has gone meanwhile was not."""
    try:
        return path.lstat().st_mtime < moment
    except FileNotFoundError:
        return False


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
