"""Places in a folder, which no link leads away from.

Each folder on the way is opened by itself, and the kernel is told not to follow links.
"""

import errno
import os
import stat

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
#: The mode of folders that nobody has said anything of.
USUAL = 0o755


class Places:
    """A folder that is filled; remembers where it was last, for neighbours follow each other.

    Whatever cannot be is an OSError.
    """

    def __init__(self, root, growth):
        self.root, self.growth = os.open(root, FOLDER), growth
        self.last, self.there = (), os.dup(self.root)

    def __enter__(self):
        return self

    def __exit__(self, *trouble):
        os.close(self.there)
        os.close(self.root)

    def folder(self, parts, make=True):
        """An open folder, which is made if need be. It is closed when another is asked for."""
        if parts == self.last:
            return self.there
        shared = len(self.last) if parts[: len(self.last)] == self.last else 0
        here = os.dup(self.there if shared else self.root)
        try:
            for name in parts[shared:]:
                before, here = here, self.step(name, here, make)
                os.close(before)
        except BaseException:
            os.close(here)
            raise
        os.close(self.there)
        self.last, self.there = parts, here
        return here

    def step(self, name, at, make):
        """Open a folder in another one."""
        try:
            return os.open(name, FOLDER, dir_fd=at)
        except FileNotFoundError:
            if not make:
                raise
        self.growth.enter()
        os.mkdir(name, USUAL, dir_fd=at)
        made = os.open(name, FOLDER, dir_fd=at)
        os.fchmod(made, USUAL)  # whatever the umask of this process
        return made

    def file(self, parts):
        """A new file, open for writing, in place of what has this name."""
        return self.anew(parts, lambda name, at: os.open(name, FILE, 0o600, dir_fd=at))

    def link(self, parts, target):
        """A symbolic link, in place of what has this name."""
        self.anew(parts, lambda name, at: os.symlink(target, name, dir_fd=at))

    def same(self, parts, other):
        """Another name of what is there already. Returns what that is."""
        *above, last = other
        source = os.dup(self.folder(tuple(above), make=False))
        try:
            found = os.stat(last, dir_fd=source, follow_symlinks=False)
            if stat.S_ISDIR(found.st_mode):
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), last)
            if parts != other:
                self.anew(parts, lambda name, at: os.link(
                    last, name, src_dir_fd=source, dst_dir_fd=at, follow_symlinks=False
                ))
        finally:
            os.close(source)
        return found

    def anew(self, parts, make):
        """Make something, in place of what has its name; unless that is a folder."""
        *above, name = parts
        at = self.folder(tuple(above))
        try:
            return make(name, at)
        except FileExistsError:
            os.unlink(name, dir_fd=at)
        return make(name, at)
