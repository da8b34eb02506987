"""Servers on free loopback ports, and networks that may reach them."""

import http.server
import ssl
from pathlib import Path

import pytest

from ec_builds.network import Network, connections
from tests.serving import Answering, serving

CERTIFICATE = Path(__file__).parent / "secure.example.pem"


class Server(http.server.ThreadingHTTPServer):
    """Answers with what `routes` says: a function per path, given the request handler."""

    daemon_threads = False

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.routes, self.seen = {}, []

    def url(self, path="/", host="127.0.0.1", scheme="http"):
        return f"{scheme}://{host}:{self.server_port}{path}"

    def answer(self, path, body=b"", status=200, **headers):
        self.routes[path] = lambda request: request.send(body, status, **headers)

    def handle_error(self, request, client_address):
        """A client that hangs up is what some tests are about."""


class Handler(Answering):
    def do_GET(self):
        self.server.seen.append((self.path, dict(self.headers)))
        route = self.server.routes.get(self.path)
        return route(self) if route else self.send(b"", 404)

    def do_POST(self):
        self.body = self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()


@pytest.fixture
def server():
    with serving(Server()) as running:
        yield running


@pytest.fixture
def other_server():
    with serving(Server()) as running:
        yield running


@pytest.fixture
def secure_server():
    """Speaks TLS, with a certificate for secure.example that nobody else believes in."""
    running = Server()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(CERTIFICATE)
    running.socket = tls.wrap_socket(running.socket, server_side=True)
    with serving(running):
        yield running


@pytest.fixture
def network():
    """May reach this machine, and is not patient."""
    return Network(private="allow", timeout=10, patience=5, ca_file=None, ca_folder=None)


@pytest.fixture
def certificate():
    """Believes in secure.example."""
    return str(CERTIFICATE)


@pytest.fixture
def dialled(monkeypatch):
    """The addresses that are connected to, in order."""
    hosts = []
    connect = connections.connect

    def remember(sock, place):
        if place[0] not in hosts[-1:]:  # it is asked again until it is there
            hosts.append(place[0])
        return connect(sock, place)

    monkeypatch.setattr(connections, "connect", remember)
    return hosts
