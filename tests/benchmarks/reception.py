"""Hundreds of clients that send drop by drop, or not at all, and how long others wait."""

import multiprocessing
import socket
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from tests.acceptance.server import Server
from tests.benchmarks.watchers import p99

CLIENTS = 500
#: Seconds between two drops of a client.
GAP = 0.5
#: How requests begin that never end, and what their drops are.
BEGINNINGS = (
    (b"", b""),
    (b"GET / HTTP/1.1\r\nHost: x\r\nX: ", b"a"),
    (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n", b"a"),
    (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
)


def measure():
    """The row: what, beside what, figure, what is wanted, whether it is so."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "home", "--workers", "1").start()
        parts = urlsplit(server.root)
        crowd = multiprocessing.get_context("spawn").Process(
            target=drip, args=((parts.hostname, parts.port),), daemon=True
        )
        try:
            before = p99(server, "/healthz")
            crowd.start()
            time.sleep(2)
            after = p99(server, "/healthz")
            assert crowd.is_alive()
        finally:
            crowd.terminate()
            crowd.join()
            server.stop()
    return [
        (
            f"p99 of a GET, {CLIENTS} slow clients", f"{1000 * before:.2f} ms without them",
            f"{1000 * after:.2f} ms, {after / before:.2f} times", "<= 2 times", after <= 2 * before,
        ),
    ]


def drip(address):
    """Be all these clients, each of which comes back when it was hung up on."""
    clients = [Slow(address, *BEGINNINGS[each % len(BEGINNINGS)]) for each in range(CLIENTS)]
    while True:
        for each in clients:
            each.go_on()
        time.sleep(GAP)


class Slow:
    """A client that never comes to the end of its request."""

    def __init__(self, address, beginning, drop):
        self.address, self.beginning, self.drop = address, beginning, drop
        self.begin()

    def begin(self):
        self.connection = socket.create_connection(self.address)
        self.connection.sendall(self.beginning)
        self.connection.setblocking(False)

    def go_on(self):
        with suppress(BlockingIOError):
            try:
                self.connection.send(self.drop)
                if self.connection.recv(65536):
                    return
            except ConnectionError:
                pass
            self.connection.close()
            self.begin()


if __name__ == "__main__":
    for row in measure():
        print(*row, sep=" | ")
