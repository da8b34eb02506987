"""Results in a folder of this machine."""

import os
import shutil
import tempfile
from pathlib import Path

from ec_builds.storage.contract import Storage, checked


class FolderStorage(Storage):
    """Each key is a file below a root folder, which is made when it is needed."""

    def __init__(self, root):
        self.root = Path(root)

    def put(self, key, file):
        path = self.root / checked(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".new-", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as copy:
                shutil.copyfileobj(file, copy, 1024 * 1024)
                copy.flush()
                os.fsync(copy.fileno())
                size = copy.tell()
            os.replace(name, path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
        return size

    def open(self, key):
        try:
            return (self.root / checked(key)).open("rb")
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            raise KeyError(key) from error

    def size(self, key):
        try:
            path = self.root / checked(key)
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
        path = self.root / checked(prefix)
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def sync_folder(folder):
    """A new name in a folder is on disk only when the folder is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
