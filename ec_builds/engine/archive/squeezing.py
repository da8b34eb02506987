"""The work of packing, cut into jobs that can be done side by side.

Where a file is cut depends on its size alone, and what comes out on its content alone. Both
libraries were chosen for that: they give the same bytes on every processor (tried on generations of
x86 and on ARM), which the even faster ISA-L does not. Other versions of them may give other bytes.
"""

import stat
from typing import NamedTuple

import deflate
from zlib_ng import zlib_ng

from ec_builds.engine.archive.tree import Entry

#: Larger files are cut into blocks of so many bytes; also what a job reads at most, about.
BLOCK = 1024 * 1024
#: How far back deflate looks. The end of the block before is the dictionary of the next.
WINDOW = 32 * 1024
#: A job for each of thousands of small files would cost more than the files: it takes several.
BATCH = 256 * 1024
COMPANY = 64
#: Beside Info-ZIP's at its 6, zips of sites and of sources become 3 to 6 % larger at 1, 2 to 4 % at
#: 2, and 1 to 2 % at 3, which takes a tenth more time.
WHOLE_LEVEL = 2
BLOCK_LEVEL = 4


class Piece(NamedTuple):
    """What becomes of a file, or of a part of it: `size` bytes of content made into `data`."""

    entry: Entry
    data: bytes
    deflated: bool
    crc: int
    size: int
    first: bool = True
    last: bool = True


def cut(entries, tree):
    """The jobs, in the order of their entries; each returns pieces. They may share a batch."""
    batch, weight = [], 0
    for entry in entries:
        if batch and (weight + entry.size > BATCH or len(batch) == COMPANY):
            yield Batch(tree, batch)
            batch, weight = [], 0
        if entry.size > BLOCK:
            yield from (Block(tree, entry, start) for start in range(0, entry.size, BLOCK))
        else:
            batch.append(entry)
            weight += entry.size
    if batch:
        yield Batch(tree, batch)


class Batch(NamedTuple):
    """A job: some files, folders and links, each as a whole."""

    tree: object
    entries: list

    def __call__(self):
        with self.tree.reader() as reader:
            return [whole(entry, reader) for entry in self.entries]


def whole(entry, reader):
    """The only piece of an entry; as it is where deflate does not make it smaller."""
    content = entry.aim
    if stat.S_ISREG(entry.mode):
        content = reader.read(entry, 0, entry.size)
    crc = zlib_ng.crc32(content)
    if entry.size:
        smaller = deflate.deflate_compress(content, WHOLE_LEVEL)
        if len(smaller) < entry.size:
            return Piece(entry, smaller, True, crc, entry.size)
    return Piece(entry, content, False, crc, len(content))


class Block(NamedTuple):
    """A job: one block of a large file. It ends at a whole byte, so that the next can follow."""

    tree: object
    entry: Entry
    start: int

    def __call__(self):
        entry, start = self.entry, self.start
        size = min(BLOCK, entry.size - start)
        before = min(WINDOW, start)
        with self.tree.reader() as reader:
            content = memoryview(reader.read(entry, start - before, before + size))
        last = start + size == entry.size
        deflater = zlib_ng.compressobj(BLOCK_LEVEL, wbits=-15, zdict=content[:before])
        data = deflater.compress(content[before:])
        data += deflater.flush(zlib_ng.Z_FINISH if last else zlib_ng.Z_SYNC_FLUSH)
        return [Piece(entry, data, True, zlib_ng.crc32(content[before:]), size, not start, last)]
