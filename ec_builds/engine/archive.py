"""A zip that depends on nothing but its content: the same tree gives the same bytes.

Entries are sorted by their names' bytes, times are fixed, modes are one of
three. Symbolic links are kept when they stay inside. Empty folders are kept.
"""

import hashlib
import os
import stat
import zipfile
from dataclasses import dataclass
from pathlib import Path

from ec_builds.errors import BuildError

#: The earliest moment that a zip can name.
MOMENT = (1980, 1, 1, 0, 0, 0)
LEVEL = 6
UNIX = 3
BLOCK = 1024 * 1024


@dataclass(frozen=True)
class Packed:
    """What was packed: number of files, bytes of the archive, its SHA-256 in hex."""

    path: Path
    files: int
    size: int
    sha256: str


def pack(folder, path, check=lambda: None):
    """Pack a folder into a new zip at `path`. `check` is called per entry and may raise."""
    files = 0
    with zipfile.ZipFile(path, "x", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as archive:
        for name, source in entries(folder):
            check()
            add(archive, name, source, check)
            files += not name.endswith("/")
    digest = hashlib.sha256()
    with path.open("rb") as packed:
        while block := packed.read(BLOCK):
            digest.update(block)
    return Packed(path, files, path.stat().st_size, digest.hexdigest())


def entries(folder):
    """Name and path of all that is packed, in order. Raises BuildError for what cannot be."""
    found = []
    root = os.path.realpath(folder)
    for here, folders, files in os.walk(folder, onerror=unreadable):
        inside = [each for each in folders if not os.path.islink(os.path.join(here, each))]
        for each in [*files, *(set(folders) - set(inside))]:
            path = os.path.join(here, each)
            found.append((entry_name(path, folder), path))
            inspect(path, root, folder)
        if not inside and not files and here != str(folder):
            found.append((entry_name(here, folder) + "/", here))
        folders[:] = inside
    return sorted(found, key=lambda entry: entry[0].encode())


def unreadable(error):
    """Refuse what cannot be read: left out silently, it would be missed later."""
    name = shown(os.path.basename(error.filename or ""))
    told = f"A folder of the result cannot be read: {error.strerror}"
    raise BuildError(told, folder=name) from error


def entry_name(path, folder):
    return text(os.path.relpath(path, folder).replace(os.sep, "/"))


def text(name):
    """A name or the aim of a link, if a zip can spell it."""
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise BuildError("A file name in the result is not UTF-8", file=shown(name)) from error
    return name


def shown(name):
    """A name as people can read it, whatever its bytes are."""
    return os.fsencode(name).decode("utf-8", "replace")


def inspect(path, root, folder):
    """Refuse links that lead out, and whatever is neither file nor link."""
    mode = os.lstat(path).st_mode
    name = os.path.relpath(path, folder)
    if stat.S_ISLNK(mode):
        aim = text(os.readlink(path))
        there = os.path.realpath(path)
        if os.path.isabs(aim) or not (there + os.sep).startswith(root + os.sep):
            raise BuildError("A symbolic link in the result leads out of it", file=name, link=aim)
    elif not stat.S_ISREG(mode):
        raise BuildError("The result contains something that is no file", file=name)


def add(archive, name, source, check):
    entry = zipfile.ZipInfo(name, MOMENT)
    entry.create_system = UNIX
    mode = os.lstat(source).st_mode
    if name.endswith("/"):
        entry.external_attr = (stat.S_IFDIR | 0o755) << 16 | 0x10
        archive.writestr(entry, b"")
    elif stat.S_ISLNK(mode):
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, os.readlink(source).encode())
    else:
        entry.external_attr = (stat.S_IFREG | (0o755 if mode & stat.S_IXUSR else 0o644)) << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.file_size = os.lstat(source).st_size  # tells whether zip64 is needed
        with open(source, "rb") as file, archive.open(entry, "w") as packed:
            while block := file.read(BLOCK):
                check()
                packed.write(block)


def unpack(path, into, check=lambda: None):
    """Unpack an archive that `pack` made. Raises BuildError if it is broken."""
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                check()
                restore(archive, entry, into, check)
    except (zipfile.BadZipFile, EOFError, OSError) as error:
        raise BuildError("The archive of the build cannot be read", reason=str(error)) from error


def restore(archive, entry, into, check):
    there = into / entry.filename
    mode = entry.external_attr >> 16
    if entry.is_dir():
        there.mkdir(parents=True, exist_ok=True)
        return
    there.parent.mkdir(parents=True, exist_ok=True)
    if stat.S_ISLNK(mode):
        there.symlink_to(archive.read(entry).decode())
        return
    with archive.open(entry) as packed, there.open("xb") as file:
        while block := packed.read(BLOCK):
            check()
            file.write(block)
    there.chmod(stat.S_IMODE(mode))
