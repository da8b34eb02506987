"""Uploads to a real server."""

import hashlib
import json
import re
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from ec_builds.config import MIB
from tests.acceptance.server import Server

SIZE = 40
PIECE = bytes(MIB)
#: What the memory of a process may grow by, whatever is uploaded.
GROWTH = 20 * MIB


def memory(server):
    """The most that the one worker of a server has ever had, in bytes."""
    number = server.process.pid
    [worker] = Path(f"/proc/{number}/task/{number}/children").read_text().split()
    told = Path(f"/proc/{worker}/status").read_text()
    return int(re.search(r"VmHWM:\s*(\d+) kB", told)[1]) * 1024


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    home = tmp_path_factory.mktemp("uploads") / "home"
    server = Server(home, "--workers", "1", EC_BUILDS_UPLOAD_LIMIT=f"{SIZE}MiB").start()
    yield server
    assert server.stop() == 0, server.said()


def pieces(count=SIZE):
    for _ in range(count):
        yield PIECE


@pytest.mark.parametrize("headers", [{}, {"Content-Length": str(SIZE * MIB)}])
def test_an_upload_takes_no_memory_and_leaves_nothing(server, headers):
    with server.client() as client:
        client.post("/objects?name=some", content=pieces(2))
        before = memory(server)
        answer = client.post("/objects?name=large", content=pieces(), headers=headers)
        again = client.post("/objects?name=small", content=b"bread")
        for made in client.get("/objects").json():
            client.delete(made["url"])

    told = answer.json()
    assert (told["size"], told["md5"]) == (SIZE * MIB, hashlib.md5(SIZE * PIECE).hexdigest())
    assert again.json()["size"] == 5
    assert memory(server) - before < GROWTH
    assert list((server.home / "uploads").iterdir()) == []


@pytest.fixture
def announce(server):
    """Announces an upload, and waits to be told to go on. Returns the answer and its document."""

    def announce(size, **headers):
        client = HTTPConnection(urlsplit(server.root).netloc, timeout=60)
        client.putrequest("POST", "/objects")
        for name, value in {"Content-Length": size, "Expect": "100-continue", **headers}.items():
            client.putheader(name, value)
        client.endheaders()
        with closing(client):
            answer = client.getresponse()
            return answer, json.load(answer)

    return announce


def test_an_upload_that_is_too_large_is_refused(server, announce):
    answer, told = announce(SIZE * MIB + 1, Authorization=f"Bearer {server.token}")

    assert (answer.status, told) == (413, {"message": f"A body may have {SIZE * MIB} bytes."})


def test_an_upload_needs_a_token_that_is_good(server, announce):
    for size in (SIZE * MIB, SIZE * MIB + 1):
        for headers in ({"Authorization": "Bearer nonsense"}, {"Authorization": server.token}, {}):
            answer, told = announce(size, **headers)
            assert (answer.status, told) == (404, {"message": "Not Found"})  # as that face says it
            assert answer.headers["Connection"] == "close"


def test_who_has_no_good_token_is_told_so_while_it_sends(server):
    with server.client("nonsense") as client:
        assert client.post("/objects", content=pieces(3)).status_code == 404
    with server.client() as client:
        assert client.get("/").status_code == 200
