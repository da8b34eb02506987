"""A folder per run, gone at the end whatever happens; its lock lasts as long as anything in it."""

import logging
import secrets
import shutil
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

from ec_builds.engine import locks
from ec_builds.engine.sandbox import marks, tree
from ec_builds.engine.sandbox.identities import identities

log = logging.getLogger(__name__)

#: How names of files end that say what a run has started.
TREES = ".trees"
#: Seconds that processes get to be gone once they were killed.
MOMENT = 0.5


class Workspaces:
    """The workspaces of this machine. `name` says whose one is: see `Claim.name`.

    The lock of a workspace is a file of its name elsewhere. The folder itself would be a way out
    for commands: whoever has it open reaches whatever is above it.
    """

    def __init__(self, parent):
        self.parent = Path(parent)
        self.locks = self.parent.with_name("locks")

    @contextmanager
    def make(self, name):
        """An empty folder that only this user can enter, and a descriptor that holds its lock.

        The folder is removed afterwards with all that is in it.
        """
        for each in (self.parent, self.locks):
            each.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder = self.parent / f"{name}-{secrets.token_hex(4)}"
        with locks.held(self.locks / folder.name) as lock:
            folder.mkdir(mode=0o700)
            try:
                yield folder, lock
            finally:
                self.remove(folder)

    def remember(self, folder, pid):
        """Write down the first process of a tree that a run has started.

        A hostile one may give back a lock that it was lent; what is written here it cannot reach.
        """
        with open(self.trees(folder), "a") as file:
            file.write(f"{locks.identity(pid)}\n")

    def trees(self, folder):
        return self.locks / f"{folder.name}{TREES}"

    def known(self, folder):
        """The first processes of all trees that a run has started, by their identities."""
        try:
            return self.trees(folder).read_text().splitlines()
        except FileNotFoundError:
            return []

    def remove(self, folder):
        """Remove a workspace, and then its lock."""
        remove(folder)
        self.trees(folder).unlink(missing_ok=True)
        (self.locks / folder.name).unlink(missing_ok=True)

    def all(self):
        """The workspaces that are there, and such as have left their locks only."""
        found = (*listed(self.parent), *listed(self.locks))
        names = {path.name.removesuffix(TREES) for path in found}
        return [self.parent / name for name in sorted(names)]

    def is_held(self, folder):
        """Whether anything that belongs to a workspace is alive."""
        if locks.is_held(self.locks / folder.name):
            return True
        if any(locks.identity(each.partition(" ")[0]) == each for each in self.known(folder)):
            return True
        return bool(marks.bearers(folder.name))

    def of(self, name):
        """The workspaces that were made under a name."""
        return [folder for folder in self.all() if folder.name.rpartition("-")[0] == name]

    def is_deserted(self, name):
        """Whether nobody and nothing holds a workspace of this name any more."""
        return not any(self.is_held(folder) for folder in self.of(name))

    def end(self, name, but):
        """Kill what holds a workspace of this name, but for some processes.

        Says whether nothing of it is left; otherwise it takes longer than a moment.
        """
        deadline = time.monotonic() + MOMENT
        while any([self.kill(folder, but) for folder in self.of(name)]):
            if time.monotonic() > deadline:
                return False
            time.sleep(MOMENT / 50)
        return True

    def kill(self, folder, but):
        """Kill what belongs to a workspace. Says whether there was anything.

        Without a sandbox a program may close what it has open, or forget its variables; one that
        does both is found as long as what has started it is there.
        """
        found = {*locks.holders(self.locks / folder.name), *marks.bearers(folder.name)} - set(but)
        below = {each for pid in found for each in tree.below(pid)} - set(but)
        trees = [locks.end(each) for each in self.known(folder)]
        return locks.end_all(found | below) or any(trees)

    def clear_deserted(self):
        """Remove the files that dead workers left, without asking whose they were.

        That is certain, for whoever makes a workspace holds its lock before and until after; what
        else there is of it goes when it is known whose it was. Nothing that happens here is
        to keep anybody from what needs the room.
        """
        for folder in listed(self.parent):
            try:
                if (self.locks / folder.name).exists() and not self.is_held(folder):
                    remove(folder)
            except OSError as error:
                log.warning("The workspace %s could not be removed: %s", folder, error)

    def clear_away(self, is_live):
        """Remove the workspaces that nobody holds; `is_live` knows whose name still counts."""
        for folder in self.all():
            if not is_live(folder.name) and not self.is_held(folder):
                self.remove(folder)


def listed(folder):
    return folder.iterdir() if folder.is_dir() else ()


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
        identities().take_back(folder)
        # Programs of the system know no limit of depth, and do not follow links.
        for command in (["chmod", "-R", "u+rwX"], ["rm", "-rf"]):
            subprocess.run([*command, "--", folder], stdin=subprocess.DEVNULL, capture_output=True)
    if folder.exists():
        log.warning("The workspace %s could not be removed", folder)
