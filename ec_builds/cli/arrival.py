"""A request on its way in: gathered as it comes, and read by gunicorn once it is there."""

import io
import re

from gunicorn.http.body import ChunkedReader
from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine
from gunicorn.http.parser import RequestParser

from ec_builds.cli.framing import Chunks, Whole, too_large
from ec_builds.logs import TOKEN
from ec_builds.uploads import Spool, is_upload

#: Bytes in which the headers of a request have to end.
HEAD = 64 * 1024
#: Where headers end, or cannot end well any more: gunicorn says what is wrong with them.
END = re.compile(rb"\r\n\r\n|(?<!\r)\n")
#: A token in a query, be it good or not.
TOKENED = re.compile(rf"(?:^|[&;]){TOKEN}=[^&;]", re.IGNORECASE)


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
    """What has come of the next request of a connection.

    Its body may have `largest` bytes, and more if it is one of `uploads`: these are on disk.
    """

    def __init__(self, parser, largest, uploads):
        self.parser, self.largest, self.uploads = parser, largest, uploads
        self.received, self.request, self.body = bytearray(), None, None

    @property
    def is_begun(self):
        return bool(self.received) or self.request is not None

    @property
    def spooled(self):
        """Bytes of its body that are on disk."""
        return self.body.sink.size if self.is_spooled else 0

    @property
    def passed(self):
        """Bytes that have come and are not in memory any more."""
        return self.body.passed if self.is_spooled else 0

    @property
    def is_spooled(self):
        return self.body is not None and isinstance(self.body.sink, Spool)

    def take(self, data):
        """Add what came. Says whether that was the last of the request.

        Raises BodyTooLarge, Unavailable, and what gunicorn raises about headers and chunks.
        """
        if self.request is None:
            seen = len(self.received)
            self.received += data
            if not END.search(self.received, max(0, seen - 3)):
                self.check()
                return False
            data = self.read()
        self.body.take(data)
        return self.body.is_complete

    def check(self):
        """Refuse headers that do not come to their end."""
        if len(self.received) > HEAD:
            if b"\r\n" not in self.received:
                raise LimitRequestLine(len(self.received), HEAD)
            raise LimitRequestHeaders(f"limit request headers size {HEAD}")

    def read(self):
        """Read the headers. Returns what was received besides them: the body begins with it."""
        unreader = self.parser.unreader
        unreader.unread(bytes(self.received))
        self.request = self.parser.read()
        self.received.clear()
        reader = self.request.body.reader
        if isinstance(reader, ChunkedReader):
            largest = self.uploads.limit if self.is_upload() else self.largest
            self.body = Chunks(self.sink(), largest, self.largest)
        else:
            self.body = Whole(self.sink(reader.length), reader.length)
        return unreader.take_buffered()

    def is_upload(self):
        """Whether it may have a large body; nobody has looked yet whether its token is good."""
        request = self.request
        return is_upload(request.method, request.path) and (
            self.uploads.is_open
            or bool(TOKENED.search(request.query))
            or any(name == "AUTHORIZATION" for name, _ in request.headers)
        )

    def sink(self, length=0):
        """Where its body goes. Raises BodyTooLarge and Unavailable."""
        if self.is_upload():
            return self.uploads.begin(length)
        if length > self.largest:
            raise too_large(self.largest)
        return io.BytesIO()

    def agrees(self):
        """Whether the client is to be told now that it may send its body."""
        if self.request is None or not self.request._expected_100_continue:
            return False
        self.request._expected_100_continue = False  # else a thread would tell it again
        return True

    def hand_over(self):
        """Let a thread find the request."""
        self.body.sink.seek(0)
        self.request.body = self.body.sink
        self.parser.unreader.unread(self.body.rest)

    def give_up(self):
        """Nobody will read it."""
        if self.body is not None:
            self.body.sink.close()
