"""Paths that somebody else gave, and that must not lead out of a folder."""

import errno
import os
import re
from contextlib import contextmanager

from ec_builds.errors import BuildError

#: What file systems bear: bytes of one name, and of a whole path below some workspace.
LONGEST_NAME, LONGEST_PATH = 255, 1000
#: Links that the kernel follows on the way to one place, and steps that anybody needs.
MOST_LINKS, MOST_STEPS = 40, 10_000

CONTROL = re.compile(r"[\x00-\x1f\x7f]")
DRIVE = re.compile(r"^[A-Za-z]:")


def fault(text):
    """What is wrong with a relative path, or None. An empty path is one that is wrong."""
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        return "is not text"
    parts = text.split("/")
    if CONTROL.search(text):
        return "contains control characters"
    if not text.strip("/. "):
        return "names nothing" if ".." not in parts else "leads out of its folder"
    if text.startswith("/") or DRIVE.match(text):
        return "is absolute"
    if "\\" in text:
        return "contains a backslash"
    if ".." in parts:
        return "leads out of its folder"
    if size > LONGEST_PATH or any(len(part.encode()) > LONGEST_NAME for part in parts):
        return "is too long"
    return None


def is_here(text):
    """Whether a path names the folder itself, as some packers list it."""
    return text.startswith(".") and not any(part not in ("", ".") for part in text.split("/"))


def relative(text, what):
    """A relative path without `.` and `//`, as its parts; or a BuildError about `what`."""
    if text in (".", "./"):
        return ()
    if wrong := fault(text):
        raise BuildError(f"The {what} “{shown(text)}” {wrong}", path=shown(text))
    return tuple(part for part in text.split("/") if part not in ("", "."))


def shown(text):
    """How messages spell a path, whatever it contains."""
    plain = CONTROL.sub("�", text.encode(errors="replace").decode())
    return plain if len(plain) <= 100 else f"{plain[:99]}…"


def inside(folder, path):
    """Whether a path stays in a folder at each step when its symbolic links are followed.

    One that leads out and back in again leads elsewhere as soon as the folder has moved.
    """
    folder = os.fspath(folder)
    waiting, here, seen = steps(os.path.relpath(path, folder)), folder, set()
    for _ in range(MOST_STEPS):
        if not waiting:
            return True
        step = waiting.pop()
        if step == "..":
            if here == folder:
                return False
            here = here.rpartition(os.sep)[0]
            continue
        aim = link(f"{here}{os.sep}{step}")
        if aim is None:
            here = f"{here}{os.sep}{step}"
            continue
        if (state := (here, step, *waiting)) in seen:
            return True  # a circle, which leads nowhere
        if os.path.isabs(aim) or len(seen) == MOST_LINKS:
            return False
        seen.add(state)
        waiting += steps(aim)
    return False


def steps(path):
    """The names of a path, the last one first."""
    return [each for each in reversed(path.split(os.sep)) if each not in ("", ".")]


def link(path):
    """Where a symbolic link leads; None for everything else, and for what is not there."""
    try:
        return os.readlink(path)
    except OSError:
        return None


@contextmanager
def reading(what):
    """Turn what the file system says of somebody else's folders into a sentence."""
    try:
        yield
    except RecursionError as error:
        raise BuildError(f"{what} is nested too deep") from error
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise BuildError(f"{what} is nested too deep") from error
        told = error.strerror or str(error)
        raise BuildError(f"{what} cannot be read: {told}", reason=told) from error


def subfolder(folder, text, what, of):
    """An existing folder below another one, or a BuildError that says what there is instead.

    what: as in *buildDir*; of: as in *the repository*.
    """
    found = folder.joinpath(*relative(text, what))
    if not inside(folder, found):
        raise BuildError(f"The {what} “{text}” leads out of {of}", path=text)
    with reading(f"The {what} “{text}” in {of}"):
        if found.is_dir():
            os.scandir(found).close()
            return found
        if found.exists():
            raise BuildError(f"The {what} “{text}” is a file and not a folder", path=text)
        if not folder.is_dir():
            raise BuildError(
                f"There is no folder “{text}” in {of}; even the folder around it is gone", path=text
            )
        there = neighbours(folder)
    told = f"there are: {', '.join(there)}" if there else "there are no folders at all"
    raise BuildError(f"There is no folder “{text}” in {of}; {told}", path=text, folders=there)


def neighbours(folder, most=20):
    """The names of the folders in a folder, hidden ones left out."""
    names = sorted(
        entry.name
        for entry in folder.iterdir()
        if entry.is_dir() and not entry.is_symlink() and not entry.name.startswith(".")
    )
    return names[:most] + ["…"] * (len(names) > most)
