"""Requests of other methods, and answers of any status."""

from dataclasses import replace

import pytest

from ec_builds.errors import BuildError
from ec_builds.network import Fault, Unanswered


def ask(network, *args, **more):
    with network.ask(*args, **more) as answer:
        return answer.status, answer.read()


@pytest.mark.parametrize("status", [200, 201, 401, 404, 405, 503])
def test_whatever_the_status_is_it_is_an_answer(network, server, status):
    server.answer("/x", b"told", status)

    assert ask(network, "GET", server.url("/x")) == (status, b"told")


def test_a_body_is_sent_piece_by_piece(network, server):
    server.routes["/x"] = lambda request: request.send(request.body, 201)
    pieces = iter([b"a" * 100_000, b"b"])

    headers = {"Content-Length": "100001"}
    status, body = ask(network, "POST", server.url("/x"), headers, pieces)
    assert (status, body) == (201, b"a" * 100_000 + b"b")
    assert "transfer-encoding" not in server.seen[0][1]


def test_what_goes_wrong_with_a_body_comes_out_as_it_is(network, server):
    def pieces():
        yield b"a"
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        ask(network, "POST", server.url("/x"), {"Content-Length": "2"}, pieces())


def test_what_was_sent_is_not_sent_elsewhere(network, server, other_server):
    server.answer("/x", b"", 307, Location=other_server.url("/x"))

    assert ask(network, "POST", server.url("/x"), {}, b"body") == (307, b"")
    assert not other_server.seen


def test_a_question_is_redirected_without_its_headers(network, server, other_server):
    server.answer("/x", b"", 307, Location=other_server.url("/y"))
    other_server.answer("/y", b"here")

    assert ask(network, "GET", server.url("/x"), {"Authorization": "s"}) == (200, b"here")
    assert "Authorization" not in other_server.seen[0][1]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_body_has_a_limit(network, server, method):
    server.answer("/x", b"x" * 1000, 404)

    with pytest.raises(Fault, match="more than 999 bytes"):
        ask(network, method, server.url("/x"), {}, b"", limit=999)


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "DELETE"])
def test_private_addresses_are_refused(network, server, method):
    with pytest.raises(BuildError, match="loopback address"):
        ask(replace(network, private="deny"), method, server.url("/x"))
    assert not server.seen


def test_what_may_pass_is_told_from_what_will_not(network, server):
    server.routes["/x"] = lambda request: request.wfile.write(b"HTTP/1.1 200 OK\r\nConten")

    with pytest.raises(Unanswered):
        ask(network, "GET", server.url("/x"))
    with pytest.raises(Fault) as refused:
        ask(network, "GET", "ftp://127.0.0.1/")
    assert not isinstance(refused.value, Unanswered)
