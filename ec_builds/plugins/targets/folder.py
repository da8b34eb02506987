"""Delivery to a folder of the machine that the server runs on."""

import ctypes
import errno
import fcntl
import os
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from ec_builds.errors import BuildError
from ec_builds.plugins import paths, schemas, trees
from ec_builds.plugins.contract import Target

NAME = "[A-Za-z0-9]([A-Za-z0-9 ._-]*[A-Za-z0-9_-])?"
LIBC = ctypes.CDLL(None, use_errno=True)
#: What renameat2 is told: paths as they are, and that both stay; and how kernels and file systems
#: say that they do not know that.
HERE, EXCHANGE = -100, 2
CANNOT = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP)
SETTING = "EC_BUILDS_DEPLOY_FOLDER"
#: Seconds between two looks at whether another delivery is over.
LOOK = 0.02


class Folder(Target):
    """Swaps the result in for what was in a folder before.

    Which folder of the machine it lies in is decided by whoever runs the server; in there, each
    app has a folder of its own, named by its shortID, so that no app can replace another's.
    """

    type = "folder"
    config_schema = schemas.config(
        {
            "path": {
                "type": "string",
                "pattern": f"^{NAME}(/{NAME})*$",
                "maxLength": 200,
                "description": "The folder's name, below the folder that the server's operator "
                "has set aside for deployments.",
            },
        },
        required=["path"],
    )

    def deploy(self, config, result, context):
        base = context.facts.get("deployFolder")
        if not base:
            raise BuildError(
                f"This server delivers to no folders; its operator has to set {SETTING}",
                setting=SETTING,
            )
        parts = paths.relative(config["path"], "path")
        if not parts:
            raise BuildError("The path names no folder", path=config["path"])
        try:
            place = prepare(Path(base), (context.facts["shortID"], *parts))
            with alone(place.parent, context.check):
                swap(result, place, context)
        except OSError as error:
            raise BuildError(
                f"The folder “{config['path']}” could not be written: {error.strerror or error}",
                path=config["path"],
            ) from error
        return place.as_uri()


def prepare(base, parts):
    """Where the folder will be. Makes the folders above it, none of which may be a link."""
    if not base.is_dir():
        raise BuildError(f"The folder that {SETTING} names does not exist", setting=SETTING)
    place = base.resolve()
    for part in parts[:-1]:
        place /= part
        if place.is_symlink():
            raise BuildError(f"The path leads through a link, “{part}”", path="/".join(parts))
        place.mkdir(exist_ok=True)
    place /= parts[-1]
    if place.is_symlink() or (place.exists() and not place.is_dir()):
        raise BuildError(f"“{parts[-1]}” is there, and is not a folder", path="/".join(parts))
    return place


@contextmanager
def alone(folder, check):
    """Have a folder to oneself, among all servers and workers of this machine."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        while not is_locked(opened):
            check()
            time.sleep(LOOK)
        yield
    finally:
        os.close(opened)


def is_locked(opened):
    """Lock, unless somebody else does. Says whether that was done."""
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def swap(result, place, context):
    """Copy the result beside its place, then let the two change places."""
    beside = f".{place.name}.ec-builds-"
    for left in place.parent.iterdir():  # by a worker that died; nobody else is here now
        if left.name.startswith(beside):
            trees.remove(left)
    scratch = Path(tempfile.mkdtemp(prefix=beside, dir=place.parent))
    new = scratch / "new"
    try:
        trees.copy(result, new, check=context.check)
        new.chmod(0o755)
        context.confirm()
        put_in_place(new, place, scratch / "old")
    finally:
        trees.remove(scratch)


def put_in_place(new, place, old):
    """Rename what is new. What was there goes in the same moment, wherever that is possible."""
    if not place.exists():
        new.rename(place)
    elif not exchange(new, place):
        place.rename(old)
        try:
            new.rename(place)
        except OSError:
            old.rename(place)
            raise


def exchange(one, other):
    """Let two folders change places in one step. Says whether the file system can do that."""
    names = os.fsencode(one), os.fsencode(other)
    if not LIBC.renameat2(HERE, names[0], HERE, names[1], EXCHANGE):
        return True
    number = ctypes.get_errno()
    if number in CANNOT:
        return False
    raise OSError(number, os.strerror(number), str(other))
