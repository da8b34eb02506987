"""Where a url may lead to."""

import socket

import pytest

from ec_builds.errors import BuildError
from ec_builds.network import Network, addresses, urls


def test_redirects_are_followed(network, server):
    server.answer("/a", status=302, Location="b")
    server.answer("/b", status=308, Location="/c?x=1")
    server.answer("/c?x=1", b"found")

    answer = network.get(server.url("/a"))

    assert (answer.url, answer.body) == (server.url("/c?x=1"), b"found")


def test_redirects_come_to_an_end(network, server):
    server.answer("/a", status=301, Location="/a")

    with pytest.raises(BuildError, match="redirected more than 5 times"):
        network.get(server.url("/a"))
    assert len(server.seen) == 6


def test_a_redirect_to_a_private_address_is_refused(server, other_server, dialled):
    server.answer("/", status=302, Location=other_server.url("/inner"))
    # 127.0.0.1 stands for a public address, as far as this network is concerned
    public = {"public.example": "127.0.0.1", "127.0.0.1": "10.0.0.1"}
    checks = []

    class Gate(Network):
        def resolve(self, host):
            checks.append(host)
            return (public[host],) if host == "public.example" else super().resolve(host)

    with pytest.raises(BuildError, match="private"):
        Gate(lookup=lambda host: [public[host]]).get(server.url(host="public.example"))

    assert checks == ["public.example", "127.0.0.1"]
    assert dialled == ["127.0.0.1"]
    assert other_server.seen == []


@pytest.mark.parametrize(
    "location, words",
    [
        ("file:///etc/passwd", "must start with http"),
        ("ftp://example.com/", "must start with http"),
        ("http://me:word@127.0.0.1/", "user or a password"),
        ("http://[::1/", "cannot be read"),
    ],
)
def test_a_redirect_to_something_else_is_refused(network, server, location, words):
    server.answer("/", status=302, Location=location)

    with pytest.raises(BuildError, match=words):
        network.get(server.url())


def test_a_redirect_out_of_tls_is_refused(secure_server, server, certificate):
    secure_server.answer("/", status=302, Location=server.url())
    network = Network(private="allow", lookup=lambda host: ["127.0.0.1"], ca_file=certificate)

    with pytest.raises(BuildError, match="leads from https to http"):
        network.get(secure_server.url(host="secure.example", scheme="https"))
    assert server.seen == []


def test_a_token_is_not_sent_to_another_origin_nor_back_again(network, server, other_server):
    server.answer("/a", status=302, Location="/b")
    server.answer("/b", status=302, Location=other_server.url("/c"))
    other_server.answer("/c", status=302, Location=server.url("/d"))
    server.answer("/d", b"ok")

    network.get(server.url("/a"), {"Authorization": "Bearer secret", "X-Key": "k"})

    sent = {path: headers for path, headers in server.seen + other_server.seen}
    given = {path: "authorization" in headers for path, headers in sent.items()}
    assert given == {"/a": True, "/b": True, "/c": False, "/d": False}
    assert "x-key" not in sent["/c"]


@pytest.fixture
def names(monkeypatch):
    """What the name service says; 127.0.0.1 passes for an address of the internet."""
    known = {"public.example": "127.0.0.1"}
    ask, refuse = socket.getaddrinfo, addresses.refusal

    def answer(host, *args, **options):
        return ask(known.get(host, host), *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    monkeypatch.setattr(
        addresses, "refusal", lambda address: address != "127.0.0.1" and refuse(address)
    )
    return known


@pytest.mark.parametrize(
    "address, kind",
    [
        ("10.0.0.5", "private"),
        ("127.0.0.2", "loopback"),
        ("169.254.169.254", "link-local"),
        ("172.16.0.1", "private"),
        ("192.168.1.1", "private"),
        ("::1", "loopback"),
        ("::ffff:10.0.0.5", "private"),
        ("fd00::1", "private"),
    ],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_name_of_a_private_address_is_refused_at_once_and_behind_a_redirect(
    names, server, dialled, address, kind, scheme
):
    names["inner.example"] = address
    inner = server.url("/inner", host="inner.example", scheme=scheme)
    server.answer("/", status=302, Location=inner)

    for url in (inner, server.url(host="public.example")):
        with pytest.raises(BuildError, match=f"“inner.example” has an? {kind}"):
            Network().get(url)

    assert dialled == ["127.0.0.1"]
    assert [path for path, _ in server.seen] == ["/"]


def test_a_name_that_turns_private_behind_a_redirect_to_itself_is_refused(names, server):
    def turn(request):
        names["public.example"] = "10.0.0.5"
        request.send(b"", 302, Location="/inner", Connection="close")

    server.routes["/"] = turn

    with pytest.raises(BuildError, match="“public.example” has a private address"):
        Network().get(server.url(host="public.example"))
    assert [path for path, _ in server.seen] == ["/"]


@pytest.mark.parametrize("reference", ["http://secure.example/", "HTTP://other.example/b"])
def test_no_link_leads_out_of_tls(reference):
    with pytest.raises(BuildError, match="https://secure.example/a leads from https to http"):
        urls.joined("https://secure.example/a", reference)
