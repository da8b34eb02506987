"""Clients that send half a request, or none, or no HTTP at all, and the server that goes on."""

import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from urllib.parse import urlsplit

import httpx
import pytest

from ec_builds.cli import refusal, sockets
from ec_builds.cli.sockets import Connection, PatientSocket
from ec_builds.errors import ECError

HALF_A_HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n"
HALF_A_BODY = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"
#: Such a body is read by a thread.
HALF_A_CHUNK = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def connect(server):
    """A maker of connections to the server that have sent something."""
    made = []

    def connect(data):
        parts = urlsplit(server.root)
        made.append(socket.create_connection((parts.hostname, parts.port), timeout=30))
        made[-1].sendall(data)
        return made[-1]

    yield connect
    for each in made:
        each.close()


@pytest.fixture
def pair():
    """A socket of the server, and the one of its client."""
    ours, theirs = socket.socketpair()
    patient = PatientSocket(fileno=ours.detach())
    yield patient, theirs
    patient.close()
    theirs.close()


@pytest.fixture
def connection():
    """A connection of the server through which nothing has come yet."""
    ours, theirs = socket.socketpair()
    connection = Connection(ours, ("127.0.0.1", 1), ("127.0.0.1", 2))
    yield connection
    connection.sock.close()
    theirs.close()


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


def test_half_requests_stop_nobody_else(server, connect):
    halves = (HALF_A_HEAD, HALF_A_BODY, HALF_A_CHUNK)
    slow = [connect(halves[number % 3]) for number in range(60)]
    silent = [connect(b"") for _ in range(60)]

    began = time.monotonic()
    for _ in range(5):
        assert httpx.get(f"{server.root}healthz", timeout=5).status_code == 200
    took = time.monotonic() - began

    ends = [list(answers(everything(each))) for each in slow]
    assert took < 5
    assert [len(each) for each in ends] == [1] * 60
    for number, [(status, headers, body)] in enumerate(ends):
        assert headers["content-type"] == "application/problem+json"
        assert json.loads(body)["status"] == status
        assert status == 408 or (number % 3 == 2 and status == 401)  # who reads it before?
    assert [everything(each) for each in silent] == [b""] * 60
    assert time.monotonic() - began < 2.5 * sockets.SILENCE


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
    raw = everything(connect(HEALTH * 3 + HEALTH.replace(b"Host", b"Connection: close\r\nHost")))

    assert [status for status, _, _ in answers(raw)] == [200] * 4


def test_a_request_may_come_byte_by_byte(connect):
    client = connect(b"")
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for each in HEALTH:
        client.sendall(bytes([each]))

    assert client.recv(15) == b"HTTP/1.1 200 OK"


def test_a_body_that_nobody_reads_ends_the_connection(connect):
    large = HEALTH.replace(b"Host", b"Content-Length: 9999999\r\nHost")

    assert everything(connect(large)).startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize(
    "request_, status",
    [
        (b"get / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\nHost: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nBad Header: 1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: magic\r\n\r\n", 501),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (b"GET /" + b"a" * 9000, 414),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 9000 + b"\r\n\r\n", 431),
        (b"\x16\x03\x01\n\n", 400),
    ],
)
def test_what_is_no_http_is_told_as_a_problem(server, connect, request_, status):
    [(told, headers, body)] = answers(everything(connect(request_)))

    document = json.loads(body)
    root = "http://x/" if request_.count(b"\nHost: x\r") == 1 else server.root
    assert told == document["status"] == status
    assert document["code"] == 3252
    assert document["type"] == f"{root}doc/error/3252"
    assert document["_links"]["up"]["href"] == root
    assert headers["content-type"] == "application/problem+json"
    assert headers["access-control-allow-origin"] == "*"
    assert headers["connection"] == "close"
    assert headers["x-request-id"] == document["requestID"]


def test_chunks_that_are_none_are_told_as_a_problem(server, connect):
    head = f"POST / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.token}\r\n".encode()
    raw = everything(connect(head + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nab"))

    [(status, _, body)] = answers(raw)
    assert (status, json.loads(body)["detail"]) == (400, "body")


@pytest.mark.parametrize("header", [b"SCRIPT_NAME: /evil", b"X-Forwarded-Proto: https"])
def test_nobody_says_where_a_request_comes_from(connect, header):
    asked = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + header + b"\r\n\r\n"

    [(status, _, body)] = answers(everything(connect(asked)))

    assert status == 401
    assert json.loads(body)["type"] == "http://x/doc/error/3400"


@pytest.mark.parametrize(
    "head, root",
    [
        (b"GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "http://[::1]:80/"),
        (b"GET / HTTP/1.1\r\nhost:example.org\r\n\r\n", "http://example.org/"),
        (b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "http://127.0.0.1:80/"),
        (b"GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", "http://127.0.0.1:80/"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b@c\r\n\r\n", "http://127.0.0.1:80/"),
        (b"", "http://127.0.0.1:80/"),
    ],
)
def test_a_refusal_leads_to_where_the_client_is(head, root):
    assert refusal.root(None, head, ("127.0.0.1", 80)) == root
    assert refusal.root("https://e.com/x/", head, ("127.0.0.1", 80)) == "https://e.com/x/"
    assert refusal.root(None, b"", ("::1", 80, 0, 0)) == "http://[::1]:80/"


@pytest.mark.parametrize(
    "received, is_ready",
    [
        (b"", False),
        (b"\r\n", False),
        (HALF_A_HEAD, False),
        (HALF_A_BODY, False),
        (b"\r\n" + HEALTH, True),
        (HALF_A_BODY + b" " * 99, True),
        (HALF_A_CHUNK, True),
        (HALF_A_BODY.replace(b"Content", b"Expect: 100-continue\r\nContent"), True),
        (HALF_A_BODY.replace(b"100", b"2000000"), True),
        (b"a" * 9000, True),
        (HALF_A_HEAD + b"X: y\r\n" * 20000, True),
    ],
)
def test_a_thread_is_needed_when_the_request_is_there(connection, received, is_ready):
    connection.take(received)

    assert connection.is_ready() is is_ready


def test_a_reader_who_is_slow_gets_everything(pair, monkeypatch):
    monkeypatch.setattr(sockets, "SILENCE", 0.05)
    ours, theirs = pair
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    ours.setblocking(True)
    sent = b"bread" * 4000

    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(ours.sendall, sent)
        got = b""
        while len(got) < len(sent):
            time.sleep(0.06)  # longer than one silence, shorter than all of them
            got += theirs.recv(4096)

    assert got == sent
    assert sending.exception() is None


def test_a_reader_who_stops_is_given_up(pair, monkeypatch):
    monkeypatch.setattr(sockets, "SILENCE", 0.01)
    ours, _ = pair
    ours.setblocking(True)

    with pytest.raises(TimeoutError):
        ours.sendall(b"bread" * 1000000)


def test_a_writer_who_stops_is_given_up(pair, monkeypatch):
    monkeypatch.setattr(sockets, "SILENCE", 0.01)
    ours, theirs = pair
    ours.setblocking(True)

    with pytest.raises(ECError) as raised:
        ours.recv(1)
    assert raised.value.status == 408

    theirs.sendall(b"bread")
    ours.until = time.monotonic() - 1
    with pytest.raises(ECError):
        ours.recv(1)
