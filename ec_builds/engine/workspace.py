"""A folder per run, gone at the end whatever happens, and paths that cannot leave it."""

import os
import shutil
import stat
import tempfile
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def workspace(parent, name):
    """An empty folder that only this user can enter; removed afterwards with all that is in it."""
    parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=parent))
    try:
        yield folder
    finally:
        remove(folder)


def remove(folder):
    """Remove a tree even if a build took away its own right to write there."""

    def unlock(function, path, _):
        os.chmod(os.path.dirname(path), stat.S_IRWXU)
        if not os.path.islink(path):
            os.chmod(path, stat.S_IRWXU)
        function(path)

    if folder.exists():
        shutil.rmtree(folder, onerror=unlock)
