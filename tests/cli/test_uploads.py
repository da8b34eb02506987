"""Uploads to a real server."""

import asyncio
import hashlib
import json
import re
import socket
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
#: Bytes of a part of an archive, and how many of them come at a time.
CHUNK, MANY = 100_000, 200


def memory(server):
    """The most that the one worker of a server has ever had, in bytes."""
    number = server.process.pid
    [worker] = Path(f"/proc/{number}/task/{number}/children").read_text().split()
    told = Path(f"/proc/{worker}/status").read_text()
    return int(re.search(r"VmHWM:\s*(\d+) kB", told)[1]) * 1024


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    home = tmp_path_factory.mktemp("uploads") / "home"
    settings = {"UPLOAD_LIMIT": f"{SIZE}MiB", "UPLOAD_CHUNK_SIZE": str(CHUNK)}
    variables = {f"EC_BUILDS_{name}": value for name, value in settings.items()}
    server = Server(home, "--workers", "1", **variables).start()
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


# --- archives in parts


@pytest.fixture
def prepare(server):
    """A maker of builds that wait for an archive. Returns their documents."""

    def prepare(size):
        with server.client() as client:
            answer = client.post("/builds/v3/builds", json={"buildSizeInBytes": size})
        assert answer.status_code == 201, answer.text
        return answer.json()

    return prepare


async def put(address, content, type="Content-Type: x"):
    """Send a part on a connection of its own. Returns the answer as it is."""
    where = urlsplit(address)
    head = f"PUT {where.path} HTTP/1.1\r\nHost: x\r\n{type}\r\nConnection: close\r\n"
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    writer.write(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content)
    answer = await reader.read()
    writer.close()
    return answer


async def put_all(addresses, contents):
    return await asyncio.gather(*map(put, addresses, contents))


def message(answer):
    """Status and message of an answer in the words of the face."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"\r\nContent-Type: application/json\r\n" in head
    return int(head.split()[1]), json.loads(body)["message"]


def test_all_parts_of_an_archive_may_come_at_a_time(server, prepare):
    made = prepare(CHUNK * MANY - 7)
    contents = [number.to_bytes(4, "big") * (CHUNK // 4) for number in range(MANY)]
    contents[-1] = contents[-1][:-7]
    addresses = [each["putRequestUrl"] for each in made["uploadParts"]]
    before = memory(server)

    answers = asyncio.run(put_all(addresses, contents))

    for answer, content in zip(answers, contents, strict=True):
        assert answer.startswith(b"HTTP/1.1 200 "), answer
        assert f'ETag: "{hashlib.md5(content).hexdigest()}"'.encode() in answer
    assert memory(server) - before < GROWTH
    assert list((server.home / "uploads").iterdir()) == []


def test_a_part_may_have_blanks_behind_the_name_of_its_type(prepare):
    [part] = prepare(5)["uploadParts"]

    answer = asyncio.run(put(part["putRequestUrl"], b"bread", "Content-Type : x"))

    assert answer.startswith(b"HTTP/1.1 200 ")


def test_what_is_wrong_with_a_part_is_told_in_the_words_of_its_face(prepare):
    [part] = prepare(CHUNK)["uploadParts"]
    address = part["putRequestUrl"]
    other = re.sub("(?<=/uploads/).{43}", 43 * "x", address)

    assert message(asyncio.run(put(address, bytes(CHUNK + 1)))) == (
        400, f"A part may have {CHUNK} bytes, and not {CHUNK + 1}"
    )
    for content in (b"", b"bread", bytes(CHUNK)):
        assert message(asyncio.run(put(other, content)))[0] == 404
    assert message(asyncio.run(put(f"{address}x", b"bread")))[0] == 404
    status, told = message(asyncio.run(put(address, b"bread", "Bad Header: x")))
    assert (status, "not HTTP" in told) == (400, True)


@pytest.mark.parametrize("headers", [b"Content-Length: 5000000", b"Transfer-Encoding: chunked"])
@pytest.mark.parametrize("token", [b"X: x", b"Authorization: Bearer nonsense"])
def test_an_archive_needs_a_token_before_it_is_read(server, headers, token):
    where = urlsplit(server.root)
    lines = b"POST /builds/v1/app-1/run/1 HTTP/1.1", b"Host: x", headers, token, b"", b"5\r\nbread"
    with socket.create_connection((where.hostname, where.port), timeout=60) as client:
        client.sendall(b"\r\n".join(lines))
        answer = b"".join(iter(lambda: client.recv(65536), b""))

    assert message(answer)[0] == 401


def test_no_log_has_the_secret_of_an_upload(server, prepare):
    address = prepare(5)["uploadParts"][0]["putRequestUrl"]
    secret = address.split("/")[-3]

    for content in (b"bread", b"bread and butter"):
        asyncio.run(put(address, content))

    assert len(secret) == 43
    assert "/uploads/***/parts/1" in server.said() and secret not in server.said()
