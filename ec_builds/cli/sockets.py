"""Connections of clients: what has come through them, and how long they are waited for."""

import fcntl
import re
import socket
import struct
import termios
import time

from ec_builds.errors import Unmatched

#: Seconds without a byte of a request, and for all of its head, or for all of its body.
SILENCE, HEAD, BODY = 10, 30, 60
#: Silences that an answer may last while nothing of it arrives.
STALLED = 6
#: Bytes of a request that are waited for before a thread has to read the rest.
ENOUGH = 64 * 1024
#: A length of request line and of body that is an error anyhow, so there is no need to wait.
LINE, LARGEST = 8192, 1024 * 1024

END = re.compile(rb"\n\r?\n")
LENGTH = re.compile(rb"\ncontent-length[ \t]*:[ \t]*(\d{1,9})[ \t]*(?=\r?\n)", re.IGNORECASE)
AT_ONCE = re.compile(rb"\n(expect|transfer-encoding)[ \t]*:", re.IGNORECASE)


def late(what):
    """The error of a request that does not come to its end."""
    error = Unmatched("time", f"{what} did not arrive in time.")
    error.status = 408
    return error


class PatientSocket(socket.socket):
    """A socket that blocks only as long as bytes flow."""

    #: When the last byte should have come.
    until = None

    def setblocking(self, flag):
        if self.fileno() >= 0:
            self.settimeout(SILENCE if flag else 0)

    def recv(self, *arguments):
        try:
            if self.until is not None and time.monotonic() > self.until:
                raise TimeoutError
            return super().recv(*arguments)
        except TimeoutError as error:
            raise late("The rest of the request") from error

    def sendall(self, data, *flags):
        """Send everything. Raises TimeoutError if the other side has stopped to read."""
        rest, stalled, before = memoryview(data), 0, None
        while rest:
            try:
                rest = rest[self.send(rest, *flags):]
                stalled = 0
            except TimeoutError:
                left = self.unacknowledged()
                stalled = 0 if before is not None and left < before else stalled + 1
                before = left
                if stalled >= STALLED:
                    raise

    def unacknowledged(self):
        """Bytes that have been sent and have not arrived; 0 where nobody knows."""
        try:
            return struct.unpack("i", fcntl.ioctl(self, termios.TIOCOUTQ, b"\0" * 4))[0]
        except OSError:
            return 0


class Connection:
    """A client's connection, between requests or with a part of one."""

    def __init__(self, accepted, client, server):
        self.sock = PatientSocket(fileno=accepted.detach())
        self.client, self.server = client, server
        self.received = bytearray()
        self.wait(SILENCE)

    def wait(self, seconds):
        """Wait for the next request."""
        self.sock.until = None
        self.sock.setblocking(False)
        self.expires = time.monotonic() + seconds
        self.began = self.needed = None
        self.looked = 2  # an empty line may come first
        if self.received:
            self.note()

    def take(self, data):
        self.received += data
        self.note()

    def note(self):
        """Set the time until which more has to come."""
        now = time.monotonic()
        self.began = self.began or now
        self.expires = min(now + SILENCE, self.began + HEAD)

    def is_ready(self):
        """Whether as much of a request is there as is waited for without a thread."""
        if self.needed is None:
            self.needed = self.look()
        return self.needed is not None and len(self.received) >= self.needed

    def look(self):
        """The bytes that are needed; None as long as that is not known."""
        end = END.search(self.received, self.looked)
        self.looked = max(2, len(self.received) - 2)
        if end:
            return end.end() + awaited(self.received[:end.end()])
        size = len(self.received)
        is_endless = size > LINE and self.received.find(b"\n", 2, LINE) < 0
        return 0 if size > ENOUGH or is_endless else None


def awaited(head):
    """Bytes of a body that should be there before a thread is needed."""
    lengths = LENGTH.findall(head)
    if len(lengths) != 1 or AT_ONCE.search(head) or int(lengths[0]) > LARGEST:
        return 0
    return min(int(lengths[0]), ENOUGH)
