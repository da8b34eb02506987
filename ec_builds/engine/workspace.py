"""A folder per run, gone at the end whatever happens, and paths that cannot leave it."""

import logging
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

log = logging.getLogger(__name__)


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
    """Remove a tree even if a build took away its own rights there, or nested it without end.

    What cannot be removed is logged and stays.
    """
    if folder.is_symlink() or folder.is_file():
        folder.unlink()
        return
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return
    except (OSError, RecursionError):
        # Programs of the system know no limit of depth, and do not follow links.
        for command in (["chmod", "-R", "u+rwX"], ["rm", "-rf"]):
            subprocess.run([*command, "--", folder], stdin=subprocess.DEVNULL, capture_output=True)
    if folder.exists():
        log.warning("The workspace %s could not be removed", folder)


def left_over(parent, is_live):
    """The workspaces of runs that no longer run; `is_live` knows by their names."""
    if parent.is_dir():
        for folder in parent.iterdir():
            if not is_live(folder.name):
                yield folder
