"""The log of a build as text, from servers in processes of their own."""

import http.client
import re
import signal
import socket
from urllib.parse import urlsplit

import pytest

from ec_builds.cli.attendant import Attendant
from ec_builds.states import State
from ec_builds.store.build import Build
from tests.acceptance.server import PATIENCE, Hosted

ATTENDANT = f"{Attendant.__module__}.{Attendant.__qualname__}"
#: As the clients do that upload nothing any more: a form without parts.
BODY = b"--x--\r\n"
BEGUN, SUCCEEDED = b"The build is running\n", b"The build succeeded\n"
HEARTBEAT = re.compile(rb"The build is still running, \d+ s\n")
TERMINATOR = b"0\r\n\r\n"


class Showing(Hosted):
    """A server of the builds in this process's database."""

    def command(self):
        application = "tests.watch.served:app"
        return [application if part == "wsgi:app" else part for part in super().command()]


@pytest.fixture(params=[ATTENDANT, "gthread"], ids=["attendant", "gthread"])
def server(request, runtime, config):
    settings = {"EC_BUILDS_DATABASE_URL": config.database_url, "EC_BUILDS_EXECUTOR": "none"}
    server = Showing(config.home, "-k", request.param, "--threads", "4", **settings).start()
    yield server
    if server.process.poll() is None:
        assert server.stop() == 0
    assert "Traceback" not in server.said(), server.said()


@pytest.fixture
def connect(server):
    """A maker of connections on which the log of a build has been asked for."""
    made = []

    def connect(build, version="1.1"):
        parts = urlsplit(server.root)
        client = socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE)
        made.append(client)
        head = f"POST /log/{build.id} HTTP/{version}\r\nHost: x\r\nContent-Length: {len(BODY)}\r\n"
        client.sendall(f"{head}Accept-Encoding: gzip\r\n\r\n".encode() + BODY)
        return client

    yield connect
    for client in made:
        client.close()


def begun(client):
    """An answer whose headers have come."""
    answer = http.client.HTTPResponse(client, method="POST")
    answer.begin()
    return answer


def spoken(answer):
    """The lines of an answer, without heartbeats."""
    return [each for each in answer.readlines() if not HEARTBEAT.fullmatch(each)]


def test_a_build_is_shown_while_it_runs(server, build, connect):
    answer = begun(connect(build))
    headers = dict(answer.getheaders())
    assert (answer.status, headers["Transfer-Encoding"]) == (200, "chunked")
    assert "Content-Encoding" not in headers

    assert answer.readline() == BEGUN
    assert HEARTBEAT.fullmatch(answer.readline())
    build.print("x" * 1_000_000 + "\n")
    build.end()
    *lines, last = spoken(answer)

    assert Build.get_by_id(build.id).state == State.SUCCEEDED
    assert last == SUCCEEDED
    assert max(map(len, lines)) < 8192 and sum(map(len, lines)) == 1_000_000 + len(lines)


def test_a_client_without_chunks_gets_an_answer_that_ends(server, build, connect):
    answer = begun(connect(build, "1.0"))
    assert not answer.chunked and answer.readline() == BEGUN
    build.end()

    assert spoken(answer) == [SUCCEEDED]


def test_an_answer_breaks_off_when_the_server_ends(server, build, connect):
    answer = begun(connect(build))
    assert answer.readline() == BEGUN
    if ATTENDANT in server.options:
        server.process.send_signal(signal.SIGTERM)
    else:
        parts = urlsplit(server.root)
        other = http.client.HTTPConnection(parts.netloc, timeout=PATIENCE)
        other.request("POST", "/stop")
        assert other.getresponse().read() == b""
        other.close()

    with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
        answer.read()


@pytest.mark.parametrize("server", [ATTENDANT], ids=["attendant"], indirect=True)
def test_a_hundred_watch(server, build, connect):
    for client in [connect(build) for _ in range(20)]:
        client.recv(1)
        client.close()
    answers = [begun(connect(build)) for _ in range(100)]
    assert {answer.readline() for answer in answers} == {BEGUN}
    build.print("one\n")
    build.end()

    for answer in answers:
        assert spoken(answer) == [b"one\n", SUCCEEDED]
