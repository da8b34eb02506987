"""Files with holes in them: where in a file those bytes belong that a tar has of it.

There are four ways to say that: GNU's own, and three for pax headers.
"""

import tarfile

from ec_builds.errors import BuildError
from ec_builds.plugins.tar.headers import BLOCK, DAMAGED, MAP, number

#: Parts that a file may have.
MOST_PARTS = 100_000
#: GNU's own map: bytes of a number, where the pairs begin, and how many there are in a block.
FIELD, FIRST, IN_FIRST, IN_OTHERS = 12, 386, 4, 21
#: Where the size of the whole file is.
WHOLE = 483


def extents(type, size, said, block, stream):
    """The size of a file, and its extents: pairs of offset and size.

    size: of what the tar has of it, which may begin with a map.
    """
    if type == tarfile.GNUTYPE_SPARSE:
        whole, numbers = field(block, WHOLE), own(block, stream)
    elif said.get("GNU.sparse.major") == "1":
        begun = stream.position
        whole, numbers = number(said.get("GNU.sparse.realsize", "")), leading(stream)
        size -= stream.position - begun
    elif "GNU.sparse.size" in said:
        whole = number(said["GNU.sparse.size"])
        numbers = [number(each) for each in said.get(MAP, "").split(",") if each]
    else:
        return size, ((0, size),) if size else ()
    return whole, examined(numbers, whole, size)


def own(block, stream):
    """The map that begins in the block of an entry, and goes on in others."""
    numbers, goes_on = fields(block, FIRST, IN_FIRST)
    while goes_on:
        block = stream.read(BLOCK)
        if len(block) < BLOCK:
            raise BuildError(DAMAGED)
        more, goes_on = fields(block, 0, IN_OTHERS)
        if not more:
            raise BuildError(DAMAGED)
        numbers = grown(numbers, more)
    return numbers


def fields(block, first, pairs):
    """The numbers of a block, and whether another block follows."""
    end = first + 2 * pairs * FIELD
    found = (at for at in range(first, end, FIELD) if block[at : at + FIELD].strip(b"\0 "))
    return [field(block, at) for at in found], block[end] != 0


def field(block, at):
    try:
        return tarfile.nti(block[at : at + FIELD])
    except tarfile.HeaderError as error:
        raise BuildError(DAMAGED, reason=str(error)) from error


def leading(stream):
    """The map before the bytes of a file: lines of decimal digits, the first says how many."""
    lines, rest, wanted = [], b"", 1
    while len(lines) < wanted:
        block = stream.read(BLOCK)
        *more, rest = (rest + block).split(b"\n")
        if len(block) < BLOCK or len(rest) > BLOCK:
            raise BuildError(DAMAGED)
        lines = grown(lines, [number(each.decode("latin-1")) for each in more])
        if lines:
            wanted = 1 + 2 * lines[0]
    return lines[1:wanted]


def grown(numbers, more):
    numbers += more
    if len(numbers) > 2 * MOST_PARTS:
        raise BuildError("The archive has a file that consists of too many parts")
    return numbers


def examined(numbers, whole, size):
    """Pairs in their order which do not overlap, and are what the tar has, and no more."""
    if len(numbers) % 2 or len(numbers) > 2 * MOST_PARTS:
        raise BuildError(DAMAGED)
    found, end = list(zip(numbers[::2], numbers[1::2])), 0
    for offset, length in found:
        if offset < end or length < 0:
            raise BuildError(DAMAGED)
        end = offset + length
    if end > whole or sum(length for _, length in found) != size:
        raise BuildError(DAMAGED)
    return tuple((offset, length) for offset, length in found if length)
