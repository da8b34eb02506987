"""A way to a server that tests can close: whoever needs it waits, and nobody has to be quick."""

import contextlib
import select
import socket
import socketserver
import threading

from tests.acceptance.server import PATIENCE
from tests.serving import serving


class Gate(socketserver.ThreadingTCPServer):
    """A way to another server, on which nothing comes through while it is closed."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, target):
        super().__init__(("127.0.0.1", 0), Passing)
        self.target, self.way = target, threading.Event()
        self.open()

    @property
    def host(self):
        return f"127.0.0.1:{self.server_address[1]}"

    def open(self):
        """Let everybody through."""
        self.way.set()

    @contextlib.contextmanager
    def closed(self):
        """Hold up everybody until the end of the block, if it is not opened earlier."""
        self.way.clear()
        try:
            yield self
        finally:
            self.open()

    @contextlib.contextmanager
    def leading(self, target):
        """Lead elsewhere until the end of the block."""
        before, self.target = self.target, target
        try:
            yield self
        finally:
            self.target = before

    def handle_error(self, request, client_address):
        """Both sides may hang up."""


class Passing(socketserver.BaseRequestHandler):
    """Carries bytes both ways."""

    def handle(self):
        host, port = self.server.target.rsplit(":", 1)
        with socket.create_connection((host, int(port)), PATIENCE) as target:
            ends = {self.request: target, target: self.request}
            while True:
                for ready in select.select(list(ends), [], [], PATIENCE)[0]:
                    self.server.way.wait(PATIENCE)
                    data = ready.recv(65536)
                    if not data:
                        return
                    ends[ready].sendall(data)


@contextlib.contextmanager
def gate(target):
    """A gate before a server, until the end of the block."""
    with serving(Gate(target)) as made:
        yield made
