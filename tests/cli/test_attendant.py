"""Clients that send no HTTP, or more of it at once than others."""

import io
import json
import logging
import socket
from http.client import HTTPConnection
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from gunicorn.workers.gthread import ThreadWorker

from ec_builds.cli import attendant, refusal
from ec_builds.cli.attendant import Attendant
from ec_builds.cli.turns import Turns
from ec_builds.cli.build import find
from ec_builds.cli.serve import THREADS
from ec_builds.client import Session
from tests.acceptance.server import Hosted

#: Processes of a server on a machine with several cores.
WORKERS = 2
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
LAST = HEALTH.replace(b"Host", b"Connection: close\r\nHost")


@pytest.fixture
def connect(server):
    """A maker of connections to the server that have sent something."""
    made = []

    def connect(data):
        parts = urlsplit(server.root)
        made.append(socket.create_connection((parts.hostname, parts.port), timeout=90))
        made[-1].sendall(data)
        return made[-1]

    yield connect
    for each in made:
        each.close()


def everything(client):
    """All that comes until the server hangs up."""
    return b"".join(iter(lambda: client.recv(65536), b""))


def answers(raw):
    """Status, headers and body of each answer, whose bodies all have a length."""
    while raw:
        head, _, raw = raw.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ") for line in lines)}
        length = int(headers["content-length"])
        yield int(first.split()[1]), headers, raw[:length]
        raw = raw[length:]


def test_a_connection_is_used_again(server):
    client = HTTPConnection(urlsplit(server.root).netloc)
    used = set()
    for _ in range(3):
        client.request("GET", "/healthz")
        assert client.getresponse().read()
        used.add(client.sock)  # which is None after the server has hung up

    assert len(used) == 1 and None not in used
    client.close()


def test_requests_may_come_in_a_row(connect):
    raw = everything(connect(HEALTH * 3 + LAST))

    assert [status for status, _, _ in answers(raw)] == [200] * 4


def test_a_request_may_come_byte_by_byte(connect):
    client = connect(b"")
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for each in HEALTH:
        client.sendall(bytes([each]))

    assert client.recv(15) == b"HTTP/1.1 200 OK"


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        HEALTH[:-2],
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
    ],
)
def test_who_does_not_end_its_request_holds_no_thread(connect, begun):
    slow = [connect(begun) for _ in range(2 * WORKERS * THREADS)]

    for _ in range(THREADS):
        assert everything(connect(LAST)).startswith(b"HTTP/1.1 200 OK")

    slow[0].settimeout(0)
    with pytest.raises(BlockingIOError):  # it is still being waited for
        slow[0].recv(1)


def test_a_body_that_is_too_large_need_not_be_sent(connect):
    asked = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\n"

    [(status, _, body)] = answers(everything(connect(asked)))

    assert status == 413
    assert json.loads(body)["code"] == 3113


def test_a_body_comes_after_the_client_was_told_to_go_on(connect):
    head = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\n"
    client = connect(head + b"Content-Length: 5\r\n\r\n")
    assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    client.sendall(b"bread")

    [(status, _, _)] = answers(everything(client))

    assert status == 401


def test_a_client_may_close_its_side_first(connect):
    client = connect(HEALTH + HEALTH)
    client.shutdown(socket.SHUT_WR)

    assert [status for status, _, _ in answers(everything(client))] == [200, 200]


@pytest.mark.parametrize(
    "request_, status",
    [
        (b"get / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\nHost: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nBad Header: 1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: magic\r\n\r\n", 400),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 9000 + b"\r\n\r\n", 431),
        (b"\x16\x03\x01\r\n\r\n", 400),
    ],
)
def test_what_is_no_http_is_told_as_a_problem(server, connect, request_, status):
    [(told, headers, body)] = answers(everything(connect(request_)))

    document = json.loads(body)
    assert told == document["status"] == status
    assert document["code"] == 3252
    assert document["type"] == f"{server.root}doc/error/3252"
    assert document["_links"]["up"]["href"] == server.root
    assert headers["content-type"] == "application/problem+json"
    assert headers["access-control-allow-origin"] == "*"
    assert headers["connection"] == "close"
    assert headers["x-request-id"] == document["requestID"]


def test_chunks_that_are_none_are_told_as_a_problem(server, connect):
    head = f"POST / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.token}\r\n".encode()
    raw = everything(connect(head + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nab"))

    [(status, _, body)] = answers(raw)
    assert (status, json.loads(body).get("detail")) == (400, "body"), server.said()


@pytest.mark.parametrize("header", [b"SCRIPT_NAME: /evil", b"X-Forwarded-Proto: https"])
def test_nobody_says_where_a_request_comes_from(connect, header):
    asked = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + header + b"\r\n\r\n"

    [(status, _, body)] = answers(everything(connect(asked)))

    assert status == 401
    assert json.loads(body)["type"] == "http://x/doc/error/3400"


def test_a_refusal_leads_to_the_server(server):
    assert refusal.root(None, ("127.0.0.1", 80)) == "http://127.0.0.1:80/"
    assert refusal.root(None, ("::1", 80, 0, 0)) == "http://[::1]:80/"
    assert refusal.root("https://e.com/x/", ("127.0.0.1", 80)) == "https://e.com/x/"


def test_watchers_take_no_threads(server, make_platform, connect):
    with Session(server.root, server.token) as session:
        platform = find(session.root(), make_platform("echo Waiting.; sleep 60"))
        build = platform.create("ec:app/builds")
        stream = urlsplit(build.link("ec:app/build/events/stream").url())
        head = f"GET {stream.path}?{stream.query} HTTP/1.1\r\nHost: x\r\n"
        asked = f"{head}Authorization: Bearer {server.token}\r\n\r\n".encode()
        watchers = [connect(asked).makefile("rb") for _ in range(3 * THREADS)]

        assert all(b"data: Waiting.\n" in watcher for watcher in watchers)
        for _ in range(THREADS):
            assert session.get(build.href)["successful"] == "running"
        build.delete()
        assert all(b"event: end\n" in watcher for watcher in watchers)


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_a_stream_is_the_end_of_its_connection(server, good, connect, version):
    with Session(server.root, server.token) as session:
        build = find(session.root(), good).create("ec:app/builds")
        stream = urlsplit(build.link("ec:app/build/events/stream").url())
    head = f"GET {stream.path}?{stream.query} HTTP/{version}\r\nHost: x\r\n"
    head += f"Connection: keep-alive\r\nAuthorization: Bearer {server.token}\r\n\r\n"
    raw = everything(connect(head.encode()))

    headers, _, body = raw.partition(b"\r\n\r\n")
    assert b"\r\nConnection: close\r\n" in headers
    assert (b"\r\nTransfer-Encoding: chunked\r\n" in headers) == (version == "1.1")
    assert b"data: Smells good.\n" in body
    assert body.endswith(b"-end\ndata: null\n\n" + (b"\r\n0\r\n\r\n" if version == "1.1" else b""))


def test_gunicorn_takes_the_class_by_its_name(tmp_path):
    name = f"{Attendant.__module__}.{Attendant.__qualname__}"
    server = Hosted(tmp_path / "home", "-k", name).start()
    try:
        parts = urlsplit(server.root)
        with socket.create_connection((parts.hostname, parts.port), timeout=90) as client:
            client.sendall(b"nonsense\r\n\r\n")
            [(status, _, body)] = answers(everything(client))
    finally:
        ended = server.stop()

    assert (status, json.loads(body)["_links"]["up"]["href"]) == (400, server.root)
    assert ended == 0, server.said()


def test_a_client_that_takes_nothing_does_not_hold_its_thread(monkeypatch, caplog):
    def answer(self, req, conn):
        conn.sock.sendall(bytes(10**8))

    monkeypatch.setattr(ThreadWorker, "handle_request", answer)
    monkeypatch.setattr(attendant, "STALLED", 0.05)
    process = Attendant.__new__(Attendant)
    process.log, process.nr_conns = logging.getLogger("test"), 1
    process.turns = Turns(1, lambda conn: None)
    ours, theirs = socket.socketpair()
    conn = SimpleNamespace(sock=ours, client="somebody")
    process.turns.take(conn)

    with theirs, caplog.at_level(logging.INFO):
        assert process.handle_request(SimpleNamespace(body=io.BytesIO()), conn) is False
        process.finish_request(conn, None)

    assert ours.fileno() == -1  # closed, and not by the thread that all others wait for
    assert process.nr_conns == 0
    assert caplog.messages == ["somebody takes nothing of its answer"]
