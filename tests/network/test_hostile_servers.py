"""Servers that mean us ill: what they send ends, and takes nothing along."""

import dataclasses
import itertools
import threading

import pytest

from ec_builds.errors import BuildError
from ec_builds.network import Network

OK = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture
def impatient(network):
    return dataclasses.replace(network, timeout=0.3)


def pour(server, pieces, begin=b""):
    """Have a server send pieces for as long as somebody takes them. Returns what tells the end."""
    ended = threading.Event()

    def answer(request):
        try:
            request.wfile.write(begin)
            for piece in pieces:
                request.wfile.write(piece)
        except OSError:
            ended.set()

    server.routes["/"] = answer
    return ended


@pytest.mark.parametrize(
    "begin, piece",
    [
        (OK, b"X-Header: value\r\n"),
        (OK + b"X-Long: ", b"x" * 1000),
        (b"", b"x" * 1000),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n5;", b"x" * 1000),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-Trailer: value\r\n"),
    ],
    ids=["headers", "header", "status", "chunk-extension", "trailers"],
)
def test_what_should_be_short_is_not_read_without_end(network, server, begin, piece):
    ended = pour(server, itertools.repeat(piece), begin)

    with pytest.raises(BuildError, match="could not be read"):
        network.get(server.url())
    assert ended.wait(5)


@pytest.mark.parametrize("interim", [b"HTTP/1.1 100 Continue", b"HTTP/1.1 103 Early Hints\r\nA: b"])
def test_interim_answers_without_end_are_given_up_in_time(impatient, server, interim):
    ended = pour(server, itertools.repeat(interim + b"\r\n\r\n"))

    with pytest.raises(BuildError, match="took longer than 0.3 seconds"):
        impatient.get(server.url())
    assert ended.wait(5)


@pytest.mark.parametrize(
    "answer",
    [
        OK + b"Transfer-Encoding: chunked\r\n\r\nnot a size\r\nbody\r\n0\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n-5\r\nbody\r\n0\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nbody is longer\r\n0\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nbo",
        OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        OK + b"Content-Length: -1\r\n\r\n",
        OK + b"Content-Length: 10\r\n\r\nshort",
        OK + b"Bad\rName: a\r\n\r\n",
        OK + b"A: b\rc\r\n\r\n",
        OK + b"A: \x00\r\n\r\n",
        b"HTTP/1.1 999999 Large\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        b"ICY 200 OK\r\n\r\n",
        b"<html>no head at all</html>",
    ],
)
def test_garbage_is_an_error_of_the_build(network, server, answer):
    server.routes["/"] = lambda request: request.wfile.write(answer)

    with pytest.raises(BuildError, match="could not be read|answered with 101"):
        network.get(server.url())


def test_a_second_answer_behind_the_first_is_nobodys(network, server):
    """Nothing is left for the next request that would find it on the same connection."""
    split = b"HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n" + OK
    server.routes["/"] = lambda request: request.wfile.write(split + b"\r\n\r\nforged")
    server.answer("/b", b"real")

    answer = network.get(server.url())

    assert answer.body == b"real"
    assert [path for path, _ in server.seen] == ["/", "/b"]


def test_redirects_do_not_carry_anything_along(network, server, other_server):
    """No cookie, no Referer, no answer to a question for a password; and no part of the url."""
    server.answer(
        "/a?key=secret", status=302, Location=other_server.url("/b"), Set_Cookie="a=b; Path=/"
    )
    other_server.answer("/b", status=302, Location="/c", Set_Cookie="a=b; Path=/")
    other_server.answer("/c", status=401, WWW_Authenticate="Negotiate, NTLM, Basic realm=x")

    with pytest.raises(BuildError, match="answered with 401"):
        network.get(server.url("/a?key=secret"))

    assert [path for path, _ in other_server.seen] == ["/b", "/c"]
    for _, headers in server.seen + other_server.seen:
        assert {name.lower() for name in headers} <= {
            "host", "accept", "accept-encoding", "user-agent"
        }


@pytest.mark.parametrize(
    "location",
    [
        "gopher://127.0.0.1:6379/_FLUSHALL",
        "dict://127.0.0.1:11211/stat",
        "ldap://127.0.0.1/",
        "jar:http://127.0.0.1!/",
        "data:text/plain,hello",
        "javascript:alert(1)",
        "HTTP+UNIX://%2Fvar%2Frun%2Fdocker.sock/info",
        "unix:/var/run/docker.sock",
        "\\\\127.0.0.1\\share",
        "http://127.0.0.1:0/",
        "http://127.0.0.1:65536/",
        "http://a@127.0.0.1/",
        "http://127.0.0.1%2f@8.8.8.8/",
        "http://[::1%25lo]/",
        "http://[::1%lo]/",
        "http://[v1.x]/",
        "http://exa\u2028mple/",
        "http://xn--/",
    ],
)
def test_a_redirect_to_what_is_no_web_address_ends_there(network, server, location):
    server.answer("/", status=302, Location=location.encode().decode("latin-1"))

    with pytest.raises(BuildError):
        network.get(server.url())
    assert server.seen[0][0] == "/"
    assert len(server.seen) == 1 or "share" in server.seen[1][0]  # a path, and nothing else


SPELLINGS = (
    "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "017700000001", "127.0.0.1.",
    "localhost", "LOCALHOST.", "[::1]", "[::]", "0", "0.0.0.0", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:7f00:0001]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
    "\u2460\u2461\u2466.0.0.1", "\uff11\uff12\uff17.0.0.1", "127\u30020.0.1", "\u24d8ocalhost",
    "169.254.169.254", "[fd00:ec2::254]", "168.63.129.16", "2852039166", "0xA9FEA9FE",
    "100.100.100.200",
)


@pytest.mark.parametrize("host", SPELLINGS)
def test_no_spelling_of_a_private_address_is_connected_to(server, dialled, host):
    with pytest.raises(BuildError):
        Network().get(f"http://{host}:{server.server_port}/")
    assert (dialled, server.seen) == ([], [])


def test_nobody_learns_what_listens_on_a_private_address(server, dialled):
    """What is refused reads the same for an open port and for a closed one, before any is tried."""

    def told(port):
        with pytest.raises(BuildError) as refused:
            Network().get(f"http://127.0.0.1:{port}/")
        return str(refused.value), refused.value.info

    open_port = server.server_port
    server.server_close()
    assert told(open_port) == told(1) == told(65535)
    assert dialled == []


def test_the_certificate_of_a_name_is_not_that_of_its_address(secure_server, certificate):
    network = Network(private="allow", ca_file=certificate, ca_folder=None)

    with pytest.raises(BuildError, match="certificate is not valid"):
        network.get(secure_server.url(scheme="https"))
    assert secure_server.seen == []
