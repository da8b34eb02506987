"""The way back from a zip to a tree."""

import stat
import zipfile
import zlib

from ec_builds.engine.archive.squeezing import BLOCK
from ec_builds.errors import BuildError

#: How zipfile says that what it reads is no zip that `pack` made.
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, UnicodeError)


def unpack(path, into, check=lambda: None):
    """Unpack an archive that `pack` made. Raises BuildError if it is broken."""
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                check()
                restore(archive, entry, into, check)
    except BROKEN as error:
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
