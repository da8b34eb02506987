"""A tarball that somebody else made, unpacked with distrust.

As tar does it, a later entry takes the place of an earlier one of the same name; but none turns
a folder into something else, or something else into a folder, and none goes through a link. Files
are always made anew, so that nothing is written into what has another name as well.

Links may lead anywhere until all is there. If unpacking fails, nobody may use the folder.
"""

import errno
import os
import stat
from contextlib import contextmanager

from ec_builds.errors import BuildError
from ec_builds.plugins import paths, trees
from ec_builds.plugins.tar.entries import Kind, entries
from ec_builds.plugins.tar.inflating import Inflated
from ec_builds.plugins.tar.places import Places
from ec_builds.plugins.unpacking import Growth, Limits, refuse, target

#: A server with its data is larger than a web site, and may have much in it that is zero.
LIMITS = Limits(entries=250_000, size=16 << 30, spared=1 << 30)
#: Permissions that are kept: what makes a program run as its owner is not among them. Whoever
#: unpacks has to be able to read all of it, and to remove it.
KEPT, OF_FILE, OF_FOLDER = 0o777, stat.S_IRUSR, stat.S_IRWXU
#: A time that every file system can keep.
LATEST = (1 << 32) - 1
#: What the kernel says of entries that cannot be, and what it means.
TROUBLE = {
    errno.EMLINK: "is one name too many of a file",
    errno.ENAMETOOLONG: "is too long",
    **dict.fromkeys(
        (errno.ENOTDIR, errno.ELOOP, errno.EISDIR, errno.EEXIST),
        "is both a file and a folder, or lies behind a link",
    ),
}


def unpack(file, into, limits=LIMITS, check=trees.go_on):
    """Unpack a gzip-compressed tar into an empty folder. Returns the number of its files.

    Permissions, times of files, and links are kept; owners and extended attributes are not.
    check: raises if it has to stop.
    """
    with open(file, "rb", buffering=0) as raw:
        growth = Growth(limits, os.fstat(raw.fileno()).st_size)
        stream = Inflated(raw, growth, check)
        with Places(into, growth) as places:
            unpacking = Unpacking(stream, places, growth, limits)
            unpacking.run(check)
        unpacking.settle(into, check)
    return unpacking.files


class Unpacking:
    """One tarball on its way into a folder."""

    def __init__(self, stream, places, growth, limits):
        self.stream, self.places, self.growth, self.limits = stream, places, growth, limits
        self.files, self.latest = 0, 0
        self.ways = {
            Kind.FILE: self.write,
            Kind.FOLDER: self.make_folder,
            Kind.LINK: self.link,
            Kind.SAME: self.name_again,
        }

    def run(self, check):
        for entry in entries(self.stream):
            check()
            self.growth.enter()
            parts = named(entry)
            with explained(entry):
                self.ways[entry.kind](entry, parts)
        if not self.growth.entries:
            raise BuildError("The archive is empty: it has no entries")

    def write(self, entry, parts):
        """Write a file, holes and all."""
        has = sum(size for _, size in entry.extents)
        self.growth.add(entry.size - has)
        made = self.places.file(parts)
        try:
            for offset, size in entry.extents:
                os.lseek(made, offset, os.SEEK_SET)
                for piece in self.stream.pieces(size):
                    while piece:
                        piece = piece[os.write(made, piece) :]
            if has < entry.size:
                os.truncate(made, entry.size)
            os.chmod(made, entry.mode & KEPT | OF_FILE)
            time = min(max(entry.modified, 0), LATEST)
            os.utime(made, (time, time))
        finally:
            os.close(made)
        self.files += 1
        self.latest = max(self.latest, time)

    def make_folder(self, entry, parts):
        if parts:
            os.chmod(self.places.folder(parts), entry.mode & KEPT | OF_FOLDER)

    def link(self, entry, parts):
        """Make a symbolic link, wherever it leads; that is looked at when all is there."""
        raw = entry.target.encode("utf-8", "surrogateescape")
        self.places.link(parts, target(entry.name, raw, self.limits))

    def name_again(self, entry, parts):
        """Give a file that came before one more name. It counts again, for who copies both."""
        if wrong := paths.fault(entry.target):
            refuse(entry.name, f"is another name of “{paths.shown(entry.target)}”, which {wrong}")
        try:
            found = self.places.same(parts, paths.relative(entry.target, "entry"))
        except FileNotFoundError:
            refuse(
                entry.name,
                f"is another name of “{paths.shown(entry.target)}”, which does not come before it",
            )
        self.growth.add(found.st_size)
        self.files += 1

    def settle(self, into, check):
        """Refuse links that lead out, and give all folders one time.

        Some packers list no folders: their time must not depend on when they are unpacked, or
        on the packer, for whoever packs them again.
        """
        for entry in trees.walk(into, check=check):
            if entry.is_symlink():
                trees.examine(entry, into)
            elif entry.is_dir():
                os.utime(entry.path, (self.latest, self.latest))
        os.utime(into, (self.latest, self.latest))


def named(entry):
    """The parts of an entry's name, if it can be used; none for the folder that is filled."""
    name = entry.name
    if entry.kind is Kind.FOLDER and paths.is_here(name):
        return ()
    if wrong := paths.fault(name):
        refuse(name, wrong)
    return paths.relative(name, "entry")


@contextmanager
def explained(entry):
    """Turn what the kernel says of an entry into a sentence."""
    try:
        yield
    except OSError as error:
        if error.errno not in TROUBLE:
            raise
        refuse(entry.name, TROUBLE[error.errno])
