"""What was fetched from one repository, kept for all builds of this machine.

A mirror is bare, and shallow: it holds single commits as they were asked for, and a ref for each
of them, so that the repository sends no more than what differs from those. With 20,000 commits
and 4,000 files, by file://, where a full clone takes 2.4 seconds:

                   first fetch   after a commit   without news      size
    full mirror        2400 ms            44 ms           9 ms     88 MB
    shallow mirror      170 ms            25 ms          35 ms      5 MB

A full mirror would make the first build wait for a history that no build looks at, and is
kept only where nothing else helps: for an abbreviated hash, which no server understands.

Nothing is ever served from a mirror unless the repository was asked for it in the same build.
Builds get hard links to the objects while they hold the lock, and need the mirror no longer
afterwards. So it may be added to, begun anew or removed by others at any time.

There is no repacking: who has collected too many packs begins anew, which costs what each
build would cost without a mirror, and forgets branches that nobody builds any more.
"""

import errno
import fcntl
import hashlib
import os
import shutil
import time
import uuid
from contextlib import contextmanager
from pathlib import Path

from ec_builds.plugins import trees

#: Packs with which a mirror begins anew; each fetch that brings something adds one.
WORN = 64
CONFIG = "[core]\n\trepositoryformatversion = 0\n"
#: All that stands in a repository that we began. There are no hooks.
OURS = {"FETCH_HEAD", "HEAD", "config", "objects", "packed-refs", "refs", "shallow"}
LOCK, GONE = ".lock", "gone-"
#: What a git that was killed leaves beside that.
LEFT = {f"{name}{LOCK}" for name in OURS}
#: Seconds after which a build says what it waits for, and between two looks at the lock.
PATIENCE, LOOK = 1.0, 0.02
#: Why a file cannot be linked although it can be copied: it is elsewhere, or linked too often.
UNLINKABLE = {errno.EXDEV, errno.EMLINK, errno.EPERM, errno.ENOTSUP}


@contextmanager
def closing(opened):
    """Close a lock, and so give it up."""
    try:
        yield
    finally:
        os.close(opened)


def begin(path):
    """Make an empty repository; what `git init` does, without starting a program."""
    (path / "objects/pack").mkdir(parents=True)
    (path / "refs").mkdir()
    (path / "config").write_text(CONFIG)
    (path / "HEAD").write_text("ref: refs/heads/main\n")


def kept(name):
    """The ref under which a mirror keeps what has this name in its repository.

    Flat, for a branch `a` may have made way for a branch `a/b`.
    """
    return f"refs/kept/{hashlib.sha256(name.encode()).hexdigest()[:40]}"


def refspec(name):
    """What git is asked to fetch, and where to keep it."""
    return f"+{name}:{kept(name)}"


def fetched(path, name):
    """The hash of what a repository has fetched by a name.

    FETCH_HEAD would be another's if the locks were removed while somebody held them.
    """
    return (path / kept(name)).read_text().strip()


class Mirror:
    """A bare repository in a folder of the cache, and its lock beside it."""

    def __init__(self, path):
        self.path, self.lock = path, path.with_name(path.name + LOCK)

    @contextmanager
    def alone(self, context):
        """Have the mirror to oneself, ready to be fetched into, among all servers and workers."""
        opened = self.wait(context)
        with closing(opened):
            try:
                self.prepare()
                yield
            finally:
                # Nothing came of it; perhaps there is no such repository.
                if self.is_empty and self.is_locked_by(opened):
                    self.remove()

    def wait(self, context):
        """Lock, as soon as nobody else does. Returns the open lock."""
        told, late = False, time.monotonic() + PATIENCE
        while (opened := self.seize()) is None:
            context.check()
            if not told and time.monotonic() > late:
                context.note("Waiting for another build that fetches this repository")
                told = True
            time.sleep(LOOK)
        os.utime(opened)  # when it was last used
        return opened

    def seize(self):
        """The open lock, or None if somebody else holds it, or is removing it."""
        self.lock.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            opened = os.open(self.lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except FileNotFoundError:
            return None
        is_ours = False
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_ours = self.is_locked_by(opened)
        except BlockingIOError:
            return None
        finally:
            if not is_ours:
                os.close(opened)
        return opened if is_ours else None

    def is_locked_by(self, opened):
        """Whether a lock that was taken is still what everyone else takes for the lock."""
        try:
            return os.path.samestat(os.fstat(opened), os.stat(self.lock))
        except FileNotFoundError:
            return False

    def prepare(self):
        """Begin, or go on with what is there if nobody else has put anything there."""
        if self.is_ours:
            self.sweep()
            return
        self.discard()
        begin(self.path)

    @property
    def is_ours(self):
        """Whether this is a repository as we leave it, and not too old."""
        try:
            return (
                set(os.listdir(self.path)) <= OURS | LEFT
                and (self.path / "config").read_text() == CONFIG
                and not (self.path / "objects/info/alternates").exists()
                and self.packs < WORN
            )
        except (OSError, UnicodeError):
            return False

    @property
    def is_whole(self):
        """Whether all of what was fetched is still there; others may be removing it."""
        has_refs = any((self.path / name).exists() for name in ("refs/kept", "packed-refs"))
        return self.is_ours and has_refs and not self.is_empty

    @property
    def packs(self):
        return sum(name.endswith(".pack") for name in os.listdir(self.path / "objects/pack"))

    @property
    def is_empty(self):
        try:
            return not self.packs
        except OSError:
            return True

    def sweep(self):
        """Remove what a git that was killed has left; nobody else is here now."""
        for folder, _, names in os.walk(self.path):
            for name in names:
                if name.endswith(LOCK) or (folder.endswith("/pack") and name.startswith("tmp_")):
                    Path(folder, name).unlink(missing_ok=True)

    def discard(self):
        """Remove the repository. Who has the lock begins another one, if any."""
        away = self.path.with_name(f"{GONE}{uuid.uuid4().hex}")
        try:
            self.path.rename(away)  # in one step, whoever may still be writing there
        except FileNotFoundError:
            return
        erase(away)

    def remove(self):
        """Remove the repository and its lock, which one has to hold."""
        self.discard()
        self.lock.unlink(missing_ok=True)

    def share(self, store):
        """Keep the objects that were fetched into a repository, and give it all others.

        It does not depend on the mirror then.
        """
        hand_over(store / "objects", self.path / "objects")
        hand_over(self.path / "objects", store / "objects")
        if (self.path / "shallow").exists():
            shutil.copyfile(self.path / "shallow", store / "shallow")


def hand_over(objects, place):
    """Give all objects to another repository; an index comes last, for it makes a pack count."""
    for folder, _, names in os.walk(objects):
        there = place / Path(folder).relative_to(objects)
        there.mkdir(exist_ok=True)
        for name in sorted(names, key=lambda name: name.endswith(".idx")):
            give(os.path.join(folder, name), there / name)


def give(file, place):
    """Link a file that is never changed to another place; copy it if that is too far away."""
    if place.exists():
        if os.path.samefile(file, place):
            return
        place.unlink()  # it is broken, or it would not have been fetched again
    try:
        os.link(file, place)
    except OSError as error:
        if error.errno not in UNLINKABLE:
            raise
        shutil.copyfile(file, place)


def erase(path):
    """Remove a file or a folder with all that is in it."""
    if path.is_dir() and not path.is_symlink():
        trees.remove(path)
    else:
        path.unlink(missing_ok=True)
