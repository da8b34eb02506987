"""The bytes of a zip, written from front to back (PKWARE's APPNOTE.TXT, with zip64)."""

import hashlib
from itertools import compress
from struct import Struct

from zlib_ng import zlib_ng

#: The earliest moment that a zip can name.
MOMENT = (1980, 1, 1, 0, 0, 0)
TIME, DATE = 0, 1 << 5 | 1
UNIX = 3
PLAIN, ZIP64 = 20, 45  # the version of the format that a reader must know
STREAMED, UTF8 = 1 << 3, 1 << 11
DEFLATED = 8
DOS_FOLDER = 0x10
#: What the fields of the old format hold where zip64 has the number.
FULL32, FULL16 = 0xFFFFFFFF, 0xFFFF
#: From here on it does.
MANY_BYTES, MANY_ENTRIES = FULL32, FULL16

LOCAL = Struct("<4s5H3L2H")
AFTER = Struct("<4s3L")
AFTER64 = Struct("<4sL2Q")
CENTRAL = Struct("<4s6H3L5H2L")
END64 = Struct("<4sQ2H2L4Q")
WHERE64 = Struct("<4sLQL")
END = Struct("<4s4H2LH")


class Zip:
    """A zip that is being written. Its size and SHA-256 are known once it is closed.

    Of its entries, `files` are no folders.
    """

    def __init__(self, file):
        self.file, self.digest, self.size, self.waiting = file, hashlib.sha256(), 0, []
        self.directory, self.entries, self.files = bytearray(), 0, 0
        self.start = self.crc = self.read = self.written = 0  # of the entry at hand

    @property
    def sha256(self):
        return self.digest.hexdigest()

    def add(self, pieces):
        """Add pieces: entries, or the next part of a large one."""
        for piece in pieces:
            if piece.first and piece.last:
                self.add_whole(piece)
            else:
                self.add_part(piece)
        self.flush()

    def write(self, *parts):
        for part in parts:
            self.waiting.append(part)
            self.size += len(part)

    def flush(self):
        """Write what is waiting, all at once: each time the threads may have to be waited for."""
        data = b"".join(self.waiting)
        self.waiting.clear()
        self.file.write(data)
        self.digest.update(data)

    def add_whole(self, piece):
        self.start, facts = self.size, (piece.crc, len(piece.data), piece.size)
        self.write(local(piece, PLAIN, UTF8, *facts), piece.data)
        self.list(piece, UTF8, *facts)

    def add_part(self, piece):
        large = is_large(piece.entry)
        if piece.first:
            self.start, self.crc, self.read, self.written = self.size, 0, 0, 0
            self.write(streamed(piece, large))
        self.write(piece.data)
        self.crc = zlib_ng.crc32_combine(self.crc, piece.crc, piece.size)
        self.read += piece.size
        self.written += len(piece.data)
        if piece.last:
            after = AFTER64 if large else AFTER
            self.write(after.pack(b"PK\7\b", self.crc, self.written, self.read))
            self.list(piece, UTF8 | STREAMED, self.crc, self.written, self.read)

    def list(self, piece, flags, crc, packed, size):
        """Note an entry for the directory at the end."""
        entry, start = piece.entry, self.start
        numbers, extra = [size, packed, start], b""
        far = [number >= MANY_BYTES for number in numbers]
        if flags & STREAMED and is_large(entry):
            far[:2] = True, True  # as its header says
        if any(far):
            extra = wide(compress(numbers, far))
            size, packed, start = (FULL32 if out else n for n, out in zip(numbers, far))
        needed = ZIP64 if extra else PLAIN
        attributes = entry.mode << 16 | DOS_FOLDER * entry.is_folder
        self.directory += CENTRAL.pack(
            b"PK\1\2", UNIX << 8 | needed, needed, flags, DEFLATED * piece.deflated, TIME, DATE,
            crc, packed, size, len(entry.name), len(extra), 0, 0, 0, attributes, start,
        ) + entry.name + extra
        self.entries += 1
        self.files += not entry.is_folder

    def close(self):
        """Write the directory. The file itself is left open."""
        start, length, entries = self.size, len(self.directory), self.entries
        self.write(self.directory)
        if max(start, length) >= MANY_BYTES or entries >= MANY_ENTRIES:
            here, rest = self.size, END64.size - 12
            self.write(END64.pack(
                b"PK\6\6", rest, UNIX << 8 | ZIP64, ZIP64, 0, 0, entries, entries, length, start
            ))
            self.write(WHERE64.pack(b"PK\6\7", 0, here, 1))
        entries = FULL16 if entries >= MANY_ENTRIES else entries
        self.write(END.pack(
            b"PK\5\6", 0, 0, entries, entries, narrow(length), narrow(start), 0
        ))
        self.flush()


def is_large(entry):
    """Whether a streamed entry needs zip64: it has to be said before its deflated size is known.

    What deflate cannot make smaller grows by far less than one part in 256.
    """
    return entry.size + (entry.size >> 8) >= MANY_BYTES


def streamed(piece, large):
    """The header of an entry whose checksum and sizes follow it."""
    flags = UTF8 | STREAMED
    if large:
        return local(piece, ZIP64, flags, 0, FULL32, FULL32, wide([0, 0]))
    return local(piece, PLAIN, flags, 0, 0, 0)


def local(piece, needed, flags, crc, packed, size, extra=b""):
    name = piece.entry.name
    return LOCAL.pack(
        b"PK\3\4", needed, flags, DEFLATED * piece.deflated, TIME, DATE,
        crc, packed, size, len(name), len(extra),
    ) + name + extra


def narrow(number):
    """A number as the old format has it."""
    return FULL32 if number >= MANY_BYTES else number


def wide(numbers):
    """The extra field that holds what does not fit into the old format."""
    numbers = list(numbers)
    return Struct(f"<2H{len(numbers)}Q").pack(1, 8 * len(numbers), *numbers)
