"""Output as text, whatever was printed (reference, section 5.5)."""

import codecs

from ec_builds.web.current import runtime

#: Bytes of output in an answer about one thing, and in one of a list.
LONGEST, LONGEST_OF_MANY = 8 * 1024 * 1024, 256 * 1024


def output(build_id, begin, end, most=None):
    """A part of the log of a build as text; of what is longer than `most` the middle is left out.

    The raw output, at an address of its own, has all of it.
    """
    pieces = runtime.logs.part(build_id, begin, end, most or LONGEST)
    left_out = "\n\n[... the middle is left out here; output/raw has all of it ...]\n\n"
    return left_out.join(readable(piece) for piece in pieces)


def readable(piece):
    """Bytes as text that every client takes."""
    return piece.decode("utf-8", "replace").replace("\x00", "NUL")


def whole(build_id, begin, end):
    """A part of the log of a build as text, all of it, in pieces of bytes."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for block in runtime.logs.blocks(build_id, begin, end):
        yield decoder.decode(block).replace("\x00", "NUL").encode()
    yield decoder.decode(b"", final=True).encode()
