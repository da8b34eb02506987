"""Where the body of a request ends: it has a length, or comes in chunks. What is in it goes to a
sink, a file or what is like one, as it comes."""

import re

from gunicorn.http.body import CHUNK_EXT_RE
from gunicorn.http.errors import (
    ChunkMissingTerminator, InvalidChunkExtension, InvalidChunkSize, InvalidHeader,
    LimitRequestHeaders,
)

from ec_builds.errors import BodyTooLarge

#: Bytes in which the trailers behind chunks have to end, and the line that begins a chunk.
TRAILERS, LINE = 64 * 1024, 8 * 1024
#: What begins a chunk, but for what may be said about it.
SIZE = re.compile(rb"[0-9A-Fa-f]{1,16}")
#: Of a body, one part in so many may be what chunks need around it, and as much as is kept in
#: memory besides: chunks may be small, but not all of them.
AROUND = 8


class Whole:
    """A body whose length is known, which may be none."""

    def __init__(self, sink, length):
        self.sink, self.left, self.rest = sink, length, b""
        #: Bytes that came and went to the sink.
        self.passed = 0

    @property
    def is_complete(self):
        return not self.left

    def take(self, data):
        """Add what came; `rest` is what does not belong to it any more."""
        mine, self.rest = data[: self.left], data[self.left :]
        self.sink.write(mine)
        self.left -= len(mine)
        self.passed += len(mine)


class Chunks:
    """A body in chunks of at most `largest` bytes together, in a frame of `most` and its part."""

    def __init__(self, sink, largest, most):
        self.sink, self.largest, self.most = sink, largest, most
        self.size = self.passed = self.left = 0
        #: What came and was not looked at yet, and from where on.
        self.waiting, self.at = bytearray(), 0
        #: What is to come next; it says whether it has come.
        self.next = self.line

    @property
    def is_complete(self):
        return self.next is None

    @property
    def rest(self):
        return bytes(self.waiting)

    def take(self, data):
        """Add what came. Raises BodyTooLarge, and what gunicorn raises for chunks that are none."""
        self.waiting += data
        while self.next and self.at < len(self.waiting) and self.next():
            pass
        del self.waiting[: self.at]
        self.passed += self.at
        self.at = 0

    def line(self):
        end = self.waiting.find(b"\r\n", self.at, self.at + LINE)
        if end < 0:
            if len(self.waiting) - self.at > LINE:
                raise InvalidChunkSize(b"a line without end")
            return False
        found = SIZE.match(self.waiting, self.at, end)
        if not found:
            raise InvalidChunkSize(b"no number")
        if not CHUNK_EXT_RE.fullmatch(self.waiting, found.end(), end):
            raise InvalidChunkExtension(b"no extension")
        self.left = int(found[0], 16)
        self.at = end + 2 if self.left else end
        self.next = self.content if self.left else self.trailers
        self.size += self.left
        self.weigh()
        return True

    def weigh(self):
        if self.size > self.largest:
            raise too_large(self.largest)
        frame = self.passed + self.at - (self.size - self.left)
        if frame > self.most + self.size // AROUND:
            raise BodyTooLarge(verbose="Its chunks are too small for a body of this size.")

    def content(self):
        piece = self.waiting[self.at : self.at + self.left]
        self.sink.write(piece)
        self.left, self.at = self.left - len(piece), self.at + len(piece)
        if not self.left:
            self.next = self.end
        return not self.left

    def end(self):
        found = self.waiting[self.at : self.at + 2]
        if not b"\r\n".startswith(found):
            raise ChunkMissingTerminator(bytes(found))
        if len(found) < 2:
            return False
        self.at, self.next = self.at + 2, self.line
        return True

    def trailers(self):
        """They are not looked at. There may be none: then the line end of the last chunk's size
        and an empty line are all."""
        begin, end = self.at, self.waiting.find(b"\r\n\r\n", self.at)
        if end < 0:
            if len(self.waiting) - begin > TRAILERS:
                raise LimitRequestHeaders(f"limit request trailer section size {TRAILERS}")
            return False
        if self.waiting.count(b"\n", begin, end) != self.waiting.count(b"\r\n", begin, end):
            raise InvalidHeader("bare LF as line terminator")
        self.at, self.next = end + 4, None
        return True


def too_large(largest):
    return BodyTooLarge(verbose=f"A body may have {largest} bytes.")
