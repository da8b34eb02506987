"""A tiny HAL server that answers what a test has written down."""

import json
import threading
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer

import pytest

from ec_builds.client import Session


class Fake(ThreadingTCPServer):
    """Answers by method and address, and remembers what it was asked."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answering)
        self.root = f"http://127.0.0.1:{self.server_address[1]}/"
        self.answers, self.asked = {}, []

    def say(self, address, body=None, status=200, method="GET", **headers):
        """Answer a request with a document, or with bytes. Header names are spelt with _ for -."""
        kind = "application/hal+json" if status < 400 else "application/problem+json"
        if not isinstance(body, bytes):
            body = b"" if body is None else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[method, address] = (status, {"Content-Type": kind, **named}, body)

    def seen(self, name):
        """What each request had under the name of a header."""
        return [headers.get(name) for _, _, headers, _ in self.asked]

    @property
    def lines(self):
        return [f"{method} {address}" for method, address, _, _ in self.asked]


class Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append((self.command, self.path, self.headers, sent))
        status, headers, body = self.server.answers[self.command, self.path]
        if headers.get("ETag") and self.headers.get("If-None-Match") == headers["ETag"]:
            status, body = 304, b""
        self.send_response(status)
        own = {"Content-Length": str(len(body)), "Connection": "close"}
        for name, value in {**own, **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_DELETE = answer

    def log_message(self, *arguments):
        """Tests are quiet."""


@pytest.fixture
def serve():
    """A maker of servers; they end with the test."""
    servers = []

    def serve():
        server = Fake()
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        servers.append((server, thread))
        return server

    yield serve
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def server(serve):
    return serve()


@pytest.fixture
def session(server):
    with Session(server.root, "secret") as session:
        yield session
