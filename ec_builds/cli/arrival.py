"""A request on its way in: gathered as it comes, and read by gunicorn once it is there."""

import re

from gunicorn.http.body import ChunkedReader
from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine
from gunicorn.http.parser import RequestParser

from ec_builds.errors import BodyTooLarge

#: Bytes in which the headers of a request have to end; so have the trailers behind its chunks.
HEAD = 64 * 1024
#: Bytes in which the line that begins a chunk has to end.
LINE = 8 * 1024
#: Where headers end, or cannot end well any more: gunicorn says what is wrong with them.
END = re.compile(rb"\r\n\r\n|(?<!\r)\n")
#: What begins a chunk, but for what may be said about it.
SIZE = re.compile(rb"[0-9A-Fa-f]{1,16}")


class Parser(RequestParser):
    """Gunicorn's parser, which knows nothing but what it was given, so that it waits for nothing.

    The reception reads a request; a thread, which asks for the next one, finds that.
    """

    def __init__(self, conn):
        super().__init__(conn.cfg, (), conn.client)

    read = RequestParser.__next__

    def __next__(self):
        return self.mesg


class Arrival:
    """What has come of the next request of a connection."""

    def __init__(self, parser, largest):
        self.parser, self.largest = parser, largest
        self.received, self.request, self.body = bytearray(), None, None

    @property
    def is_begun(self):
        return bool(self.received) or self.request is not None

    def take(self, data):
        """Add what came. Says whether that was the last of the request.

        Raises BodyTooLarge, and what gunicorn raises about headers.
        """
        seen = len(self.received)
        self.received += data
        if self.request is None:
            if not END.search(self.received, max(0, seen - 3)):
                self.check()
                return False
            self.read()
        return self.body.ends_in(self.received)

    def check(self):
        """Refuse headers that do not come to their end."""
        if len(self.received) > HEAD:
            if b"\r\n" not in self.received:
                raise LimitRequestLine(len(self.received), HEAD)
            raise LimitRequestHeaders(f"limit request headers size {HEAD}")

    def read(self):
        """Read the headers; what was received besides them is the beginning of the body."""
        unreader = self.parser.unreader
        unreader.unread(bytes(self.received))
        self.request = self.parser.read()
        self.received[:] = unreader.take_buffered()
        reader = self.request.body.reader
        is_chunked = isinstance(reader, ChunkedReader)
        self.body = Chunks(self.largest) if is_chunked else Whole(reader.length, self.largest)

    def agrees(self):
        """Whether the client is to be told now that it may send its body."""
        if self.request is None or not self.request._expected_100_continue:
            return False
        self.request._expected_100_continue = False  # else a thread would tell it again
        return True

    def hand_over(self):
        """Let a thread find the request."""
        self.parser.unreader.unread(bytes(self.received))


class Whole:
    """A body whose length is known, which may be none."""

    def __init__(self, length, largest):
        if length > largest:
            raise too_large(largest)
        self.length = length

    def ends_in(self, received):
        return len(received) >= self.length


class Chunks:
    """A body in chunks. What is no chunk is its end, too: gunicorn says what is wrong with it."""

    def __init__(self, largest):
        self.largest, self.size, self.next = largest, 0, 0

    def ends_in(self, received):
        while self.next < len(received):
            end = received.find(b"\r\n", self.next, self.next + LINE)
            if end < 0:
                return len(received) - self.next > LINE
            found = SIZE.match(received, self.next, end)
            if not found or self.next and received[self.next - 2 : self.next] != b"\r\n":
                return True
            size = int(found[0], 16)
            if not size:
                return received.find(b"\r\n\r\n", end) >= 0 or len(received) - end > HEAD
            self.go_on(end + 2, size)
        return False

    def go_on(self, begin, size):
        """To the next chunk. They may be small, but not all of them."""
        self.next, self.size = begin + size + 2, self.size + size
        if self.size > self.largest or self.next > 2 * self.largest:
            raise too_large(self.largest)


def too_large(largest):
    return BodyTooLarge(verbose=f"A body may have {largest} bytes.")
