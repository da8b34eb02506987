"""A request on its way in: gathered as it comes, and read by gunicorn once it is there."""

import io
import re
from urllib.parse import unquote_plus

from gunicorn.http.body import ChunkedReader
from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine
from gunicorn.http.parser import RequestParser

from ec_builds.cli.framing import Chunks, Whole, too_large
from ec_builds.errors import Unavailable
from ec_builds.logs import TOKEN
from ec_builds.uploads import Token, find

#: Bytes in which the headers of a request have to end.
HEAD = 64 * 1024
#: Where headers end, or cannot end well any more: gunicorn says what is wrong with them.
END = re.compile(rb"\r\n\r\n|(?<!\r)\n")
#: Where the path is of a request that is not read yet, or cannot be.
PATH = re.compile(rb"(?:\r\n)*[A-Z]+ (?:https?://[^\s/]*)?(/[^\s?#]*)")
#: Where an upload has blanks behind the name of a header, as one client sends it. They may be
#: there only: it is none of those that say where the body ends.
BLANK = re.compile(
    rb"\A((?:\r\n)*[A-Z]+ /uploads/.*\r\ncontent-type)[ \t]+(?=:)", re.DOTALL | re.IGNORECASE
)
#: A token in a query, be it good or not.
TOKENED = re.compile(rf"(?:^|[&;]){TOKEN}=([^&;]+)", re.IGNORECASE)


class Parser(RequestParser):
    """Gunicorn's parser, which knows nothing but what it was given, so that it waits for nothing.

    The reception reads a request; a thread, which asks for the next one, finds that.
    """

    def __init__(self, conn):
        super().__init__(conn.cfg, (), conn.client)

    read = RequestParser.__next__

    def __next__(self):
        return self.mesg


class Withheld(io.RawIOBase):
    """What the application gets instead of a large body of somebody whom nobody knows."""

    #: Gunicorn's word for a connection that cannot be used again, as the rest may come still.
    failed = True

    def readable(self):
        return True

    def readinto(self, buffer):
        raise Unavailable(verbose="It was not read, as nobody knew whose it was; send it again.")


class Arrival:
    """What has come of the next request of a connection.

    Its body may have `largest` bytes, and more if it is one of `uploads`: these are on disk. For
    that it needs a credential, of which somebody has to say whether it is good: till then it
    `is_asking`. Where an address has a secret, all bodies are on disk, as many come at a time.
    """

    def __init__(self, parser, largest, uploads):
        self.parser, self.largest, self.uploads = parser, largest, uploads
        self.received, self.request, self.body = bytearray(), None, None
        #: What it uploads, if it does; and what shall let it in.
        self.kind = self.credential = None
        self.is_asking = False

    @property
    def is_begun(self):
        return bool(self.received) or self.request is not None

    @property
    def path(self):
        """The path of its address, as far as it is known; None where nothing is like one."""
        if self.request is not None:
            return self.request.path
        found = PATH.match(self.received)
        return found and found[1].decode("latin-1")

    @property
    def is_spooled(self):
        return self.kind is not None and self.body is not None

    @property
    def spooled(self):
        """Bytes of its body that are on disk."""
        return self.body.sink.size if self.is_spooled else 0

    @property
    def passed(self):
        """Bytes that have come and are not in memory any more."""
        return self.body.passed if self.is_spooled else 0

    def take(self, data):
        """Add what came. Says whether that was the last of the request.

        Raises BodyTooLarge, Unavailable, and what gunicorn raises about headers and chunks.
        """
        if self.body is None:
            seen = len(self.received)
            self.received += data
            if not self.may_begin(seen):
                return False
            self.begin()
            data = bytes(self.received)
            self.received.clear()
        self.body.take(data)
        return self.body.is_complete

    def may_begin(self, seen):
        """Whether all is known that has to be known before the body."""
        if self.request is None:
            if not END.search(self.received, max(0, seen - 3)):
                self.check()
                return False
            self.read()
        return not self.is_asking

    def check(self):
        """Refuse headers that do not come to their end."""
        if len(self.received) > HEAD:
            if b"\r\n" not in self.received:
                raise LimitRequestLine(len(self.received), HEAD)
            raise LimitRequestHeaders(f"limit request headers size {HEAD}")

    def read(self):
        """Read the headers; what was received besides them is the beginning of the body."""
        unreader = self.parser.unreader
        unreader.unread(tolerated(self.received))
        self.request = self.parser.read()
        self.received[:] = unreader.take_buffered()
        address = find(self.request.method, self.request.path)
        if address and (address.has_secret or self.is_chunked or self.length > self.largest):
            self.kind = address.kind
            self.credential = address.secret(self.request.path) or presented(self.request)
            self.is_asking = not self.uploads.is_open

    @property
    def is_chunked(self):
        return isinstance(self.request.body.reader, ChunkedReader)

    @property
    def length(self):
        return 0 if self.is_chunked else self.request.body.reader.length

    def begin(self):
        """Make ready for the body. Raises BodyTooLarge and Unavailable."""
        largest = self.uploads.limit_of(self.kind) if self.kind else self.largest
        if self.length > largest:
            raise too_large(largest)
        sink = self.uploads.begin(self.kind, self.length) if self.kind else io.BytesIO()
        is_chunked, length = self.is_chunked, self.length
        self.body = Chunks(sink, largest, self.largest) if is_chunked else Whole(sink, length)

    def agrees(self):
        """Whether the client is to be told now that it may send its body."""
        if self.body is None or not self.request._expected_100_continue:
            return False
        self.request._expected_100_continue = False  # else a thread would tell it again
        return True

    def hand_over(self):
        """Let a thread find the request."""
        self.body.sink.seek(0)
        self.request.body = self.body.sink
        self.parser.unreader.unread(self.body.rest)

    def withhold(self):
        """Let a thread find the request without its body."""
        self.request.body = Withheld()
        self.request.force_close()

    def give_up(self):
        """Nobody will read it."""
        if self.body is not None:
            self.body.sink.close()


def tolerated(received):
    """What was received, as gunicorn takes it, which cannot be told for whom to be lenient."""
    head, end, rest = bytes(received).partition(b"\r\n\r\n")
    return BLANK.sub(rb"\1", head) + end + rest


def presented(request):
    """The Token of a request, be it good or not; None without one."""
    for name, value in request.headers:
        if name == "AUTHORIZATION":
            return Token(value.partition(" ")[2].strip())
    found = TOKENED.search(request.query)
    return Token(unquote_plus(found[1])) if found else None
