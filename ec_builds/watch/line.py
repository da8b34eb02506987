"""A watcher behind a socket, served by the hub's thread."""

import contextlib
import logging
import socket
import struct
import time

log = logging.getLogger(__name__)

#: Seconds of silence before a heartbeat. The hub looks once in a second, so that it is never 15.
SILENCE = 13.5
#: Seconds without any progress after which a client is taken for gone.
STALLED = 60.0
LAST_CHUNK = b"0\r\n\r\n"
#: What makes the kernel end a connection with an error, rather than as if all had been said.
RESET = struct.pack("ii", 1, 0)


class Line:
    """The connection of one watcher. Only the hub's thread touches it after it was made.

    It calls `wake` with itself when it wants a turn. `is_open` becomes False
    when there is nothing to be done for it any more.
    """

    def __init__(self, feed, connection, chunked, wake):
        self.feed, self.connection, self.chunked, self.wake = feed, connection, chunked, wake
        self.rest, self.is_open = b"", True
        self.moved = time.monotonic()
        connection.setblocking(False)
        if connection.family == socket.AF_UNIX:
            return
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # the peer's machine may be gone without a word
            milliseconds = int(STALLED * 1000)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)

    @property
    def build_id(self):
        return self.feed.build_id

    @property
    def permit(self):
        return self.feed.permit

    def tell(self, head):
        self.feed.head = head
        self.wake(self)

    @property
    def is_blocked(self):
        """Whether the client has to take something before there can be more."""
        return self.is_open and bool(self.rest)

    def go_on(self):
        """Send what there is, up to one piece; if there may be more, it wants another turn."""
        if not self.rest:
            self.say(self.feed.more())
            if self.feed.is_over:
                self.rest += LAST_CHUNK if self.chunked else b""
        if not self.rest:
            return
        self.send()
        if self.rest:
            return
        if self.feed.is_over:
            self.hang_up()
        else:
            self.wake(self)

    def say(self, sent):
        if sent and self.chunked:
            sent = b"%x\r\n%b\r\n" % (len(sent), sent)
        self.rest += sent

    def send(self):
        try:
            count = self.connection.send(self.rest)
        except BlockingIOError:
            return
        except OSError:
            self.hang_up()
            return
        self.rest = self.rest[count:]
        self.moved = time.monotonic()

    def hear(self):
        """Something came from the client: it has left, or does not know what it is doing."""
        try:
            self.connection.recv(1024)
        except BlockingIOError:
            return
        except OSError as error:
            log.debug("A watcher of build %s is gone: %s", self.build_id, error)
        self.hang_up()

    def beat(self, now):
        """Show that we are there, if nothing else did; hang up on who is not."""
        silence = now - self.moved
        if self.rest and silence > STALLED:
            self.hang_up()
        elif not self.rest and silence > SILENCE:
            self.say(self.feed.heartbeat())
            self.send()

    def stop(self):
        """End the answer: in good order if nothing is on its way, and if that means nothing."""
        if self.feed.is_resumable and self.chunked and not self.rest:
            self.rest = LAST_CHUNK
            self.send()
        self.hang_up()

    def hang_up(self):
        if self.is_open:
            is_whole = self.feed.is_over and not self.rest
            self.is_open, self.rest = False, b""
            with contextlib.suppress(OSError):  # the client may have been faster
                if self.chunked or self.feed.is_resumable or is_whole:
                    self.connection.shutdown(socket.SHUT_WR)
                else:  # nothing else would show that something is missing
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
