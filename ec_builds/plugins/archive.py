"""A zip that somebody else made, unpacked with distrust.

Nothing that it says about itself is believed: names are checked one by one, sizes
are counted while the bytes come. Files come first and symbolic links last, so
nothing can be written through a link, and links are followed once all are there.

Two entries of one name are refused, since readers differ in which of them counts;
so are a file and a folder of one name. Names that differ in case only are two
names, as they are in a repository, unless the file system below thinks otherwise:
each file is made anew, and never opened in place of another.
"""

import errno
import io
import os
import stat
import struct
import unicodedata
import zipfile
import zlib
from pathlib import Path

from ec_builds.errors import BuildError
from ec_builds.plugins import paths, trees
from ec_builds.plugins.unpacking import Growth, Limits, refuse, target

#: What a reader of zips throws at bytes that are none.
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    IndexError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    ValueError,
)
#: The others expand without bound in memory, or ask for a lot of it.
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
ENCRYPTED, UTF8 = 0x1, 0x800
PIECE = 1 << 16


def unpack(file, into, limits=Limits(), check=trees.go_on):
    """Unpack a zip into an empty folder. Returns the number of its files.

    check: raises if it has to stop.
    """
    try:
        with Cautious(io.FileIO(file), limits) as raw, zipfile.ZipFile(raw) as archive:
            return Unpacking(archive, Path(into), limits, raw.length, check).run()
    except RecursionError as error:
        raise BuildError("The folders of the archive are nested too deep") from error
    except BROKEN as error:
        raise BuildError("The archive is not a zip, or is damaged", reason=str(error)) from error
    except OSError as error:
        if error.errno != errno.EINVAL:  # which is what seeking to nowhere gives
            raise
        raise BuildError("The archive is damaged", reason=error.strerror) from error


class Cautious(io.BufferedReader):
    """A file of which only so much is read at once.

    The table of contents is read in one go, and made into objects many times its
    size, before there is a way to count the entries.
    """

    def __init__(self, raw, limits):
        super().__init__(raw)
        self.length = os.fstat(raw.fileno()).st_size
        self.most = max(limits.entries * 200, 1 << 18)

    def read(self, size=-1):
        if size is None or size < 0:
            size = max(self.length - self.tell(), 0)
        if size > self.most:
            raise BuildError("The archive has too many entries")
        return super().read(size)


class Unpacking:
    """One archive on its way into a folder."""

    def __init__(self, archive, into, limits, length, check):
        self.archive, self.into, self.limits = archive, into, limits
        self.check = check
        self.growth = Growth(limits, length)
        self.seen = set()

    def run(self):
        entries = self.archive.infolist()
        self.growth.enter(len(entries))
        links, files = [], 0
        for entry in entries:
            self.check()
            path = self.into.joinpath(*self.name(entry))
            kind = stat.S_IFMT(entry.external_attr >> 16)
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK):
                self.refuse(entry, "is neither a file nor a folder")
            if kind == stat.S_IFLNK:
                links.append((entry, path))
            elif kind == stat.S_IFDIR or entry.is_dir():
                self.make_folder(entry, path)
            else:
                self.write(entry, path)
                files += 1
        for entry, path in links:
            self.check()
            self.link(entry, path)
        trees.check_links(self.into, self.check)
        return files

    def name(self, entry):
        """The parts of an entry's name, if it can be used."""
        name = entry.orig_filename
        if not entry.flag_bits & UTF8:  # old code pages are not told apart; UTF-8 is used as well
            try:
                name = name.encode("cp437").decode()
            except UnicodeError:
                self.refuse(entry, "has a name that is not UTF-8")
        if wrong := paths.fault(name):
            if paths.is_here(name):
                return ()
            self.refuse(entry, wrong)
        parts = paths.relative(name, "entry")
        key = unicodedata.normalize("NFC", "/".join(parts))
        if key in self.seen:
            self.refuse(entry, "is there twice")
        self.seen.add(key)
        if entry.flag_bits & ENCRYPTED:
            self.refuse(entry, "is encrypted")
        if entry.compress_type not in METHODS:
            self.refuse(entry, "is compressed in a way that is not supported")
        return parts

    def make_folder(self, entry, path):
        try:
            path.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            self.refuse(entry, "is both a file and a folder")

    def write(self, entry, path):
        """Write a file of which there has been nothing before."""
        self.make_folder(entry, path.parent)
        mode = 0o755 if entry.external_attr >> 16 & 0o111 else 0o644
        try:
            made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
        except FileExistsError:
            self.refuse(entry, "is there twice, or is both a file and a folder")
        with open(made, "wb") as file:
            for piece in self.pieces(entry):
                file.write(piece)
        path.chmod(mode)  # whatever the umask of this process

    def link(self, entry, path):
        """Make a symbolic link, wherever it leads; that is looked at when all are made."""
        above = path.relative_to(self.into).parents
        if any((self.into / parent).is_symlink() for parent in above):
            self.refuse(entry, "lies behind a link")
        self.make_folder(entry, path.parent)
        raw = bytearray()
        for piece in self.pieces(entry):
            raw += piece
            if len(raw) > self.limits.link:
                break
        try:
            path.symlink_to(target(entry.orig_filename, bytes(raw), self.limits))
        except FileExistsError:
            self.refuse(entry, "is both a link and something else")

    def pieces(self, entry):
        """The bytes of an entry, counted as they come."""
        with self.archive.open(entry) as source:
            while piece := source.read(PIECE):
                self.check()
                self.growth.add(len(piece))
                yield piece

    def refuse(self, entry, wrong):
        refuse(entry.orig_filename, wrong)
