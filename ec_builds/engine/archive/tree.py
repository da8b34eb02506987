"""The tree that is to be packed. Whoever made it may have meant us ill.

What is packed must be the same still that was found, and is reached through real folders only,
whatever was put in their places meanwhile.
"""

import os
import stat
from contextlib import closing
from operator import itemgetter
from typing import NamedTuple

from ec_builds.errors import BuildError
from ec_builds.plugins.paths import CONTROL, inside

#: A link at the end is not followed, a pipe does not make us wait, a folder must be one.
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
FOLDER = os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC


class Entry(NamedTuple):
    """Something to pack: `name` in UTF-8, type and permissions, size in bytes.

    `aim` is where a link leads. `seen` tells whether a file is still the one that was found.
    """

    name: bytes
    mode: int
    size: int = 0
    aim: bytes = b""
    seen: tuple = ()

    @property
    def is_folder(self):
        return stat.S_ISDIR(self.mode)

    @property
    def shown(self):
        return self.name.decode()


def entries(folder):
    """Name and path of all that is packed, in order. Raises BuildError for what cannot be."""
    return [(entry.shown, os.path.join(folder, entry.shown)) for entry in survey(folder)]


def survey(folder, check=lambda: None):
    """Yields every Entry of a folder, sorted by name. `check` is called per folder and may raise.

    Raises BuildError for what cannot be packed: links that lead out, what is neither file nor link,
    names that are not UTF-8, folders that cannot be read.
    """
    waiting = scan(folder, "", check)
    while waiting:
        name, each = waiting.pop()
        if not name.endswith("/"):
            yield note(each, name, folder)
        elif inside := scan(each.path, name, check):
            waiting += inside
        else:
            yield Entry(utf8(name), stat.S_IFDIR | 0o755)


def scan(path, prefix, check):
    """What is in a folder, last name first. A folder is sorted as what is in it would be."""
    check()
    try:
        with os.scandir(path) as inside:
            found = [(prefix + each.name + "/" * each.is_dir(follow_symlinks=False), each)
                     for each in inside]
    except OSError as error:  # left out silently, it would be missed later
        folder = shown(prefix.rstrip("/"))
        told = f"The folder “{folder}” of the result cannot be read: {error.strerror}"
        raise BuildError(told, folder=folder) from error
    return sorted(found, key=itemgetter(0), reverse=True)


def note(each, name, root):
    """The Entry of a file or a link."""
    spelled = utf8(name)
    try:
        about = each.stat(follow_symlinks=False)
        if stat.S_ISLNK(about.st_mode):
            return Entry(spelled, stat.S_IFLNK | 0o777, aim=follow(each.path, name, root))
    except OSError as error:
        raise unreadable(spelled, error) from error
    if not stat.S_ISREG(about.st_mode):
        told = f"“{shown(name)}” in the result is neither a file nor a folder nor a link"
        raise BuildError(told, file=name)
    mode = stat.S_IFREG | (0o755 if about.st_mode & stat.S_IXUSR else 0o644)
    return Entry(spelled, mode, about.st_size, seen=look(about))


def follow(path, name, root):
    """The aim of a link. Raises BuildError if it leads out."""
    aim = os.readlink(path)
    spelled = utf8(aim, f"The symbolic link “{shown(name)}” in the result leads to a name")
    if not inside(root, path):
        told = f"The symbolic link “{shown(name)}” in the result leads out of it"
        raise BuildError(told, file=name, link=aim)
    return spelled


def utf8(name, what="The result contains a file name"):
    """A name or the aim of a link, if a zip can spell it."""
    try:
        return name.encode()
    except UnicodeEncodeError as error:
        told = f"{what} that is not UTF-8: “{shown(name)}”"
        raise BuildError(told, file=shown(name)) from error


def shown(name):
    """A name as people can read it, whatever its bytes are.

    It is not cut short before secrets are masked in it; file systems bound it.
    """
    return CONTROL.sub("�", os.fsencode(name).decode("utf-8", "replace"))


def look(about):
    """What would differ if a file were another one, or another process had written to it.

    Not the time of the inode: that changes, too, whenever somebody makes a hard link.
    """
    return about.st_dev, about.st_ino, about.st_mode, about.st_size, about.st_mtime_ns


def unreadable(name, error):
    path = name.decode()
    told = f"The file “{shown(path)}” of the result cannot be read: {error.strerror}"
    return BuildError(told, file=path)


class Tree:
    """A folder that is held open, so that it stays the same one."""

    def __init__(self, folder):
        self.root = os.open(os.path.realpath(folder), FOLDER)

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        os.close(self.root)

    def reader(self):
        """A Reader of this tree, to be closed; one for each thread."""
        return closing(Reader(self.root))


class Reader:
    """Reads files of a tree. It keeps the folder of the last one open: mostly the next is there."""

    def __init__(self, root):
        self.root, self.folder, self.name = os.dup(root), None, b""

    def close(self):
        os.close(self.root)
        if self.folder is not None:
            os.close(self.folder)

    def read(self, entry, start, length):
        """Bytes of a file from `start` on; raises BuildError if it is not what it was."""
        try:
            return self.read_same(entry, start, length)
        except OSError as error:
            raise unreadable(entry.name, error) from error

    def read_same(self, entry, start, length):
        folder, _, name = entry.name.rpartition(b"/")
        file = os.open(name, FILE, dir_fd=self.enter(folder))
        try:
            content = os.pread(file, length, start)
            while len(content) < length and (more := os.pread(
                file, length - len(content), start + len(content)
            )):
                content += more
            same = look(os.fstat(file)) == entry.seen
        finally:
            os.close(file)
        if not same or len(content) < length:
            told = f"The file “{shown(entry.shown)}” of the result changed while it was packed"
            raise BuildError(told, file=entry.shown)
        return content

    def enter(self, name):
        """The folder of that name, reached step by step: a path would follow links on its way."""
        if not name:
            return self.root
        if name != self.name:
            here = os.dup(self.root)
            for part in name.split(b"/"):
                try:
                    there = os.open(part, FOLDER, dir_fd=here)
                finally:
                    os.close(here)
                here = there
            self.leave(here, name)
        return self.folder

    def leave(self, folder, name):
        """Give the last folder up for another one."""
        if self.folder is not None:
            os.close(self.folder)
        self.folder, self.name = folder, name
