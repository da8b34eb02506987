"""A folder per run, gone at the end whatever happens; its lock lasts as long as anything in it."""

import logging
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

from ec_builds.engine import locks

log = logging.getLogger(__name__)


class Workspaces:
    """The workspaces of this machine. `name` says whose one is: see `Claim.name`."""

    def __init__(self, parent):
        self.parent = Path(parent)

    @contextmanager
    def make(self, name):
        """An empty folder that only this user can enter, and a descriptor that holds its lock.

        The folder is removed afterwards with all that is in it.
        """
        self.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.parent))
        try:
            with locks.held(folder) as lock:
                yield folder, lock
        finally:
            remove(folder)

    def all(self):
        return list(self.parent.iterdir()) if self.parent.is_dir() else []

    def of(self, name):
        """The workspaces that were made under a name."""
        return [folder for folder in self.all() if folder.name.rpartition("-")[0] == name]

    def is_deserted(self, name):
        """Whether nobody and nothing holds a workspace of this name any more."""
        return not any(locks.is_held(folder) for folder in self.of(name))

    def end(self, name, but):
        """Kill what holds a workspace of this name, but for some processes. Says if there was any.

        It may take a moment until they are gone.
        """
        return any([locks.end_holders(folder, but) for folder in self.of(name)])

    def left_over(self, is_live):
        """The workspaces that nobody holds any more; `is_live` knows whose name still counts."""
        for folder in self.all():
            if not is_live(folder.name) and not locks.is_held(folder):
                yield folder


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
