"""What is sent to a url, and how little of its answer counts."""

from dataclasses import replace

import pytest

from ec_builds.errors import BuildError


def test_bytes_are_sent_as_they_are(network, server):
    bodies = []
    server.routes["/hook"] = lambda request: (bodies.append(request.body), request.send(b"", 202))

    status = network.send(server.url("/hook"), b'{"a":\n1}', {"X-Event": "e", "User-Agent": "me"})

    assert (status, bodies) == (202, [b'{"a":\n1}'])
    headers = server.seen[0][1]
    assert (headers["X-Event"], headers["User-Agent"]) == ("e", "me")


@pytest.mark.parametrize("status", [404, 500])
def test_whatever_the_answer_is_it_is_one(network, server, status):
    server.answer("/hook", b"no", status)

    assert network.send(server.url("/hook"), b"", {}) == status


def test_no_redirect_is_followed(network, server, other_server):
    server.answer("/hook", b"", 307, Location=other_server.url("/hook"))

    assert network.send(server.url("/hook"), b"", {}) == 307
    assert not other_server.seen


def test_private_addresses_are_refused(network, server):
    with pytest.raises(BuildError, match="loopback address"):
        replace(network, private="deny").send(server.url("/hook"), b"", {})

    assert not server.seen


def test_a_url_with_a_password_is_refused(network):
    with pytest.raises(BuildError, match="user or a password"):
        network.send("http://ada:hush@127.0.0.1/", b"", {})


def test_a_certificate_is_checked_unless_it_need_not_be(network, secure_server):
    secure_server.answer("/hook")
    url = secure_server.url("/hook", scheme="https")

    with pytest.raises(BuildError, match="certificate is not valid"):
        network.send(url, b"", {})
    assert replace(network, verified=False).send(url, b"", {}) == 200
