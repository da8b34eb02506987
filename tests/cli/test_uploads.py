"""Uploads to a real server."""

import hashlib
import json
import sys
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from ec_builds.config import MIB
from tests.acceptance.server import Server

SIZE = 40
PIECE = bytes(MIB)
#: What the memory of a process may grow by, whatever is uploaded.
GROWTH = 20 * MIB


class Uploading(Server):
    """A server that tells what was uploaded to it."""

    def command(self):
        return [sys.executable, "-m", "tests.cli.uploading", "--port", "0", *self.options]

    def memory(self):
        """The most that its one worker has ever had, in bytes."""
        path = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        with open(path) as file:
            [worker] = file.read().split()
        with open(f"/proc/{worker}/status") as file:
            lines = dict(line.split(":") for line in file)
        return int(lines["VmHWM"].split()[0]) * 1024


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    home = tmp_path_factory.mktemp("uploads") / "home"
    server = Uploading(home, "--workers", "1", EC_BUILDS_UPLOAD_LIMIT=f"{SIZE}MiB").start()
    yield server
    assert server.stop() == 0, server.said()


def pieces(count=SIZE):
    for _ in range(count):
        yield PIECE


@pytest.mark.parametrize("headers", [{}, {"Content-Length": str(SIZE * MIB)}])
def test_an_upload_takes_no_memory_and_leaves_nothing(server, headers):
    with server.client() as client:
        client.post("/objects", content=pieces(2))
        before = server.memory()
        answer = client.post("/objects?name=x", content=pieces(), headers=headers)
        again = client.post("/objects?name=x", content=b"bread")

    wanted = hashlib.md5(SIZE * PIECE).hexdigest()
    assert answer.json() == {"size": SIZE * MIB, "md5": wanted}
    assert again.json()["size"] == 5
    assert server.memory() - before < GROWTH
    assert list((server.home / "uploads").iterdir()) == []


@pytest.fixture
def announce(server):
    """Announces an upload, and waits to be told to go on. Returns the answer and its code."""

    def announce(size, **headers):
        client = HTTPConnection(urlsplit(server.root).netloc, timeout=60)
        client.putrequest("POST", "/objects")
        for name, value in {"Content-Length": size, "Expect": "100-continue", **headers}.items():
            client.putheader(name, value)
        client.endheaders()
        with closing(client):
            answer = client.getresponse()
            return answer, json.load(answer)["code"]

    return announce


def test_an_upload_that_is_too_large_is_refused(server, announce):
    answer, code = announce(SIZE * MIB + 1, Authorization=f"Bearer {server.token}")

    assert (answer.status, code) == (413, 3113)


def test_an_upload_needs_a_token_that_is_good(server, announce):
    for size in (SIZE * MIB, SIZE * MIB + 1):
        answer, code = announce(size, Authorization="Bearer nonsense")
        assert (answer.status, code) == (401, 3401)
        assert answer.headers["Connection"] == "close"
    assert announce(SIZE * MIB)[1] == 3113
    assert announce(SIZE * MIB, Authorization=server.token)[1] == 3401


def test_who_has_no_good_token_is_told_so_while_it_sends(server):
    with server.client("nonsense") as client:
        assert client.post("/objects", content=pieces(3)).status_code == 401
    with server.client() as client:
        assert client.get("/").status_code == 200
