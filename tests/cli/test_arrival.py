"""Requests that come in pieces."""

from types import SimpleNamespace

import pytest
from gunicorn.config import Config
from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine, ParseException

from ec_builds.cli.arrival import HEAD, Arrival, Parser
from ec_builds.cli.framing import LINE
from ec_builds.errors import BodyTooLarge

HOST = b"Host: x\r\n"
GET = b"GET / HTTP/1.1\r\n" + HOST + b"\r\n"
CHUNKED = b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
LARGEST = 1000


def post(length, headers=b""):
    return b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n%b\r\n" % (length, headers)


@pytest.fixture
def arrival():
    conn = SimpleNamespace(cfg=Config(), client=("127.0.0.1", 1))
    return Arrival(Parser(conn), LARGEST, None)


@pytest.mark.parametrize(
    "raw, body",
    [
        (GET, b""),
        (b"\r\n" + GET, b""),
        (b"GET / HTTP/1.0\r\n\r\n", b""),
        (post(5) + b"bread", b"bread"),
        (post(4) + b"\r\n\r\n", b"\r\n\r\n"),
        (post(LARGEST) + LARGEST * b"a", LARGEST * b"a"),
        (CHUNKED + b"0\r\n\r\n", b""),
        (CHUNKED + b"5\r\nbread\r\n1;a=b\r\n!\r\n0\r\n\r\n", b"bread!"),
        (CHUNKED + b"0003\r\n\r\n0\r\n0\r\nSeeds: none\r\nSalt: little\r\n\r\n", b"\r\n0"),
    ],
)
def test_a_request_is_complete_with_its_last_byte(arrival, raw, body):
    assert [arrival.take(bytes([each])) for each in raw] == [False] * (len(raw) - 1) + [True]

    arrival.hand_over()
    assert next(arrival.parser) is arrival.request
    assert arrival.request.body.read() == body


@pytest.mark.parametrize("first", [GET, post(5) + b"bread", CHUNKED + b"1\r\n!\r\n0\r\n\r\n"])
def test_what_comes_behind_a_request_is_the_next_one(arrival, first):
    assert arrival.take(first + GET[:20])
    arrival.hand_over()
    assert arrival.parser.finish_body()

    following = Arrival(arrival.parser, LARGEST, None)
    assert not following.take(arrival.parser.unreader.take_buffered())
    assert following.take(GET[20:])
    assert following.request.method == "GET"


@pytest.mark.parametrize(
    "raw, error",
    [
        (post(LARGEST + 1), BodyTooLarge),
        (CHUNKED + b"3e9\r\n", BodyTooLarge),
        (CHUNKED + 2 * (b"1f5\r\n" + 501 * b"a" + b"\r\n"), BodyTooLarge),
        (CHUNKED + b"f" * 16 + b"\r\n", BodyTooLarge),
        (CHUNKED + 500 * b"1\r\na\r\n", BodyTooLarge),
        (b"GET /" + HEAD * b"a", LimitRequestLine),
        (b"GET / HTTP/1.1\r\n" + (HEAD // 4) * b"a: b", LimitRequestHeaders),
        (b"GET / HTTP/1.1\nHost: x\n\n", ParseException),
        (b"GET / HTTP/1.1\r\nHost: x\n", ParseException),
        (b"\n", ParseException),
        (b"\r\n\r\n", ParseException),
    ],
)
def test_what_will_be_refused_is_refused_at_once(arrival, raw, error):
    with pytest.raises(error):
        assert not arrival.take(raw)


@pytest.mark.parametrize(
    "body",
    [
        b"zz\r\n",
        b"-5\r\n",
        b"\r\n",
        b"1" * (LINE + 1),
        b"1\r\nab\r\n0\r\n",
        b"1\r\nabc5\r\n",
        b"1 \r\na\r\n0\r\n\r\n",
        b"1;\n=\r\na\r\n0\r\n\r\n",
        b"1" * 17 + b"\r\n",
        b"0\r\nX: a\n\nGET / HTTP/1.1\r\n\r\n",
        b"0\r\n" + HEAD * b"a",
    ],
)
def test_chunks_that_are_none_are_refused(arrival, body):
    with pytest.raises(ParseException):
        arrival.take(CHUNKED + body)


def test_a_client_that_asks_is_told_once_to_go_on(arrival):
    raw = post(5, b"Expect: 100-continue\r\n")

    assert not arrival.take(raw[:-1])
    assert not arrival.agrees()
    assert not arrival.take(raw[-1:])
    assert arrival.agrees()
    assert not arrival.agrees()
    assert arrival.take(b"bread")


def test_many_small_chunks_are_no_trouble():
    """Gunicorn copies what is left of a body for each of its chunks."""
    conn = SimpleNamespace(cfg=Config(), client=("127.0.0.1", 1))
    arrival = Arrival(Parser(conn), 2**20, None)

    assert arrival.take(CHUNKED + 150_000 * b"1\r\na\r\n" + b"0\r\n\r\n")

    arrival.hand_over()
    assert arrival.request.body.read() == 150_000 * b"a"
