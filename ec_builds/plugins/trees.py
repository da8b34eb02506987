"""Folders with all that is in them: copied, moved and filled, with distrust of links."""

import os
import shutil
import stat
from pathlib import Path

from ec_builds.errors import BuildError
from ec_builds.plugins import paths

DATA = "data.json"


def copy(source, into, without=()):
    """Copy what is in a folder into another one, which is made.

    Symbolic links stay links, and are refused when they lead out of the folder.
    without: names that are left out wherever they occur.
    """

    def ignored(folder, names):
        for name in set(names) - set(without):
            check(Path(folder, name), source)
        return [name for name in names if name in without]

    shutil.copytree(source, into, symlinks=True, ignore=ignored, dirs_exist_ok=True)


def check(path, root):
    """Refuse what is neither file, folder nor a link that stays in its root."""
    mode = path.lstat().st_mode
    name = paths.shown(str(path.relative_to(root)))
    if stat.S_ISLNK(mode):
        if os.path.isabs(os.readlink(path)) or not paths.inside(root, path):
            raise BuildError(f"The link “{name}” leads out of its folder", path=name)
    elif not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise BuildError(f"“{name}” is neither a file nor a folder", path=name)


def check_links(root):
    """Refuse a tree in which a symbolic link leads out of it."""
    for folder, folders, files in os.walk(root):
        for name in folders + files:
            path = Path(folder, name)
            if path.is_symlink():
                check(path, root)


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
