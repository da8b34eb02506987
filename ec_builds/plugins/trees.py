"""Folders with all that is in them: copied, moved and filled, with distrust of links."""

import errno
import os
import shutil
import stat
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path

from ec_builds.errors import BuildError
from ec_builds.plugins import paths

DATA = "data.json"
PIECE = 1 << 20


def go_on():
    """Nobody wants anything to stop."""


def walk(root, without=(), check=go_on):
    """All that is below a folder, each folder before what is in it; needs no recursion.

    Yields `os.DirEntry`s, and raises BuildError for a folder that cannot be read.
    without: names that are left out wherever they occur.
    """
    waiting = [os.fspath(root)]
    while waiting:
        folder = waiting.pop()
        with paths.reading(f"The folder “{shown(folder, root)}”"), os.scandir(folder) as entries:
            found = [entry for entry in entries if entry.name not in without]
        for entry in found:
            check()
            yield entry
            if entry.is_dir(follow_symlinks=False):
                waiting.append(entry.path)


def shown(path, root):
    """How messages spell a path below a root."""
    return paths.shown(below(path, root) or ".")


def below(path, root):
    """A path that `walk` came by, as seen from its root."""
    return path[len(os.fspath(root)) :].lstrip(os.sep)


def copy(source, into, without=(), check=go_on):
    """Copy what is in a folder into another one, which is made.

    Symbolic links stay links, and are refused when they lead out of the folder.
    without: names that are left out wherever they occur.
    """
    into.mkdir(exist_ok=True)
    folders = [(source, into)]
    for entry in walk(source, without, check):
        place = os.path.join(into, below(entry.path, source))
        examine(entry, source)
        try:
            if entry.is_symlink():
                os.symlink(os.readlink(entry.path), place)
                shutil.copystat(entry.path, place, follow_symlinks=False)
            elif entry.is_dir():
                os.mkdir(place)
                folders.append((entry.path, place))
            else:
                copy_file(entry, place, source, check)
        except OSError as error:
            if error.errno != errno.ENAMETOOLONG:
                raise
            raise BuildError(f"“{shown(entry.path, source)}” is nested too deep") from error
    for folder, place in reversed(folders):  # last, for it may take away the right to write there
        shutil.copystat(folder, place)


def copy_file(entry, place, root, check):
    with paths.reading(f"The file “{shown(entry.path, root)}”"):
        opened = open(entry.path, "rb")
    with opened, open(place, "xb") as file:
        while piece := opened.read(PIECE):
            check()
            file.write(piece)
    shutil.copystat(entry.path, place)


def examine(entry, root):
    """Refuse what is neither file, folder nor a link that stays in its root."""
    name = shown(entry.path, root)
    if entry.is_symlink():
        if not paths.inside(root, entry.path):
            raise BuildError(f"The link “{name}” leads out of its folder", path=name)
    elif not (entry.is_file() or entry.is_dir()):
        raise BuildError(f"“{name}” is neither a file nor a folder", path=name)


def check_links(root, check=go_on):
    """Refuse a tree in which a symbolic link leads out of it."""
    for entry in walk(root, check=check):
        if entry.is_symlink():
            examine(entry, root)


@contextmanager
def scratch(folder, prefix):
    """A folder for a while; what of it cannot be removed goes when the one around it goes."""
    made = Path(tempfile.mkdtemp(prefix=prefix, dir=folder))
    try:
        yield made
    finally:
        remove(made)


def remove(folder):
    """Remove a folder with all that is in it, as far as possible; needs no recursion."""
    folders = [os.fspath(folder)]
    with suppress(OSError, BuildError):
        os.chmod(folder, stat.S_IRWXU)
        for entry in walk(folder):
            if entry.is_dir(follow_symlinks=False):
                os.chmod(entry.path, stat.S_IRWXU)
                folders.append(entry.path)
            else:
                os.unlink(entry.path)
        for each in reversed(folders):
            os.rmdir(each)


def move(source, into):
    """Move what is in a folder into another one of the same file system."""
    for entry in source.iterdir():
        entry.rename(into / entry.name)


def place_data(context, folder):
    """Put the data document into a folder, if the data source left one. Returns where it is."""
    document = context.data / DATA
    if not document.is_file():
        return None
    place = folder / DATA
    if place.is_dir() and not place.is_symlink():
        raise BuildError(f"The code has a folder “{DATA}” where the data belongs", path=DATA)
    place.unlink(missing_ok=True)  # a link of this name must not be written through
    shutil.copyfile(document, place)
    return place
