"""The entries of a tar, one by one, as somebody else wrote them down.

One block of 512 bytes is read by Python's own tarfile. What may stand before such a block (pax
headers, long names, maps of sparse files) is read here: tarfile reads it into memory whatever
its size, and follows one to the next without end.

Names are not judged here, nor where links lead to.
"""

import enum
import tarfile
from dataclasses import dataclass

from ec_builds.errors import BuildError
from ec_builds.plugins.tar import sparse
from ec_builds.plugins.tar.headers import BLOCK, DAMAGED, number, padded, records, text
from ec_builds.plugins.tar.inflating import CUT_OFF, NO_TARBALL
from ec_builds.plugins.unpacking import refuse

#: Bytes of a header that stands before an entry, and how many of them may.
LONGEST_HEADER, MOST_HEADERS = 1 << 20, 20
NOTHING = bytes(BLOCK)
#: In these, other things stand where others have the beginning of a long name.
GNU = b"ustar  \0"


class Kind(enum.Enum):
    FILE = "file"
    FOLDER = "folder"
    LINK = "link"
    SAME = "hard link"  # another name of a file that came before


KINDS = {
    tarfile.REGTYPE: Kind.FILE,
    tarfile.AREGTYPE: Kind.FILE,
    tarfile.CONTTYPE: Kind.FILE,
    tarfile.GNUTYPE_SPARSE: Kind.FILE,
    tarfile.DIRTYPE: Kind.FOLDER,
    tarfile.SYMTYPE: Kind.LINK,
    tarfile.LNKTYPE: Kind.SAME,
}
NEITHER = (tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE)
#: What stands before an entry, and the setting that it is if it is just one.
LONG = {tarfile.GNUTYPE_LONGNAME: "path", tarfile.GNUTYPE_LONGLINK: "linkpath"}
PAX = (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE)
#: What is about no entry: settings for all of them, and the name of the tape.
PASSED = (tarfile.XGLTYPE, b"V")


@dataclass(slots=True)
class Entry:
    """What a tar has of one name."""

    name: str
    kind: Kind
    mode: int
    modified: int
    #: Bytes of the file, and where in it those are that the tar has: pairs of offset and size.
    size: int = 0
    extents: tuple = ()
    target: str = ""


def entries(stream):
    """All entries. The bytes of a file's extents are the next ones of the stream.

    They need not be read.
    """
    said, headers = {}, 0
    while (block := stream.read(BLOCK)) and block != NOTHING:
        info = read(block, stream)
        headers += 1
        if headers > MOST_HEADERS:
            raise BuildError("The archive has too many headers before one entry")
        if info.type in LONG:
            said.setdefault(LONG[info.type], text(header(info, stream).rstrip(b"\0")))
        elif info.type in PAX:
            said |= records(header(info, stream))
        elif info.type in PASSED:
            stream.skip(padded(info.size))
        else:
            size = number(said["size"]) if "size" in said else info.size
            entry = described(info, size, said, block, stream)
            end = stream.position + padded(sum(size for _, size in entry.extents))
            yield entry
            stream.skip(end - stream.position)
            said, headers = {}, 0
    if said:
        raise BuildError(CUT_OFF)
    stream.drain()


def read(block, stream):
    """A block as tarfile understands it."""
    try:
        info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError as error:
        if stream.position <= BLOCK:
            raise BuildError(NO_TARBALL, reason=str(error)) from error
        if len(block) < BLOCK:
            raise BuildError(CUT_OFF) from error
        raise BuildError(DAMAGED, reason=str(error), byte=stream.position - BLOCK) from error
    if info.size < 0:
        raise BuildError(DAMAGED)
    if block[257:265] == GNU:
        info.name = text(block[:100].partition(b"\0")[0])
    return info


def header(info, stream):
    """What stands before an entry."""
    if info.size > LONGEST_HEADER:
        raise BuildError(
            f"The archive has a header of more than {LONGEST_HEADER} bytes", bytes=info.size
        )
    body = stream.read(padded(info.size))
    if len(body) < info.size:
        raise BuildError(CUT_OFF)
    return body[: info.size]


def described(info, size, said, block, stream):
    """An entry, with all that was said of it before."""
    name = said.get("GNU.sparse.name") or said.get("path") or info.name
    if info.type not in KINDS:
        told = "neither a file nor a folder" if info.type in NEITHER else "of an unknown kind"
        refuse(name, f"is {told}")
    entry = Entry(name, KINDS[info.type], info.mode, info.mtime)
    if entry.kind is Kind.FILE:
        if name.endswith("/") and not size:  # how folders were written before they had a type
            entry.kind = Kind.FOLDER
        entry.size, entry.extents = sparse.extents(info.type, size, said, block, stream)
    elif entry.kind is not Kind.FOLDER:
        entry.target = said.get("linkpath") or info.linkname
    return entry
