"""Where an issuer has its keys; and issuers that do not answer as they should."""

import json
import select
from dataclasses import replace

import pytest

from ec_builds.auth.provider import SIZE
from ec_builds.auth.provider.discovery import Discovery, lifetime
from ec_builds.errors import BuildError
from tests.issuing import WELL_KNOWN, issuing

PLACE = "/realms/bakery" + WELL_KNOWN


@pytest.fixture
def discovery(issuer, network):
    return Discovery(network, issuer.issuer)


def answering(document, **headers):
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return lambda request: request.send(body, **headers)


def redirecting(url):
    return lambda request: request.send(b"", 302, Location=url)


def endless(request):
    """Never stops to send."""
    request.send_response(200)
    request.end_headers()
    while True:
        request.wfile.write(b" " * 65536)


def silent(request):
    """Answers nothing until the client has gone."""
    request.connection.settimeout(30)
    assert request.rfile.read(1) == b""


def dripping(request):
    """Sends a byte now and then, until the client has gone."""
    request.send_response(200)
    request.end_headers()
    while not select.select([request.connection], [], [], 0.2)[0]:
        request.wfile.write(b" ")


def failure(discovery):
    with pytest.raises(BuildError) as raised:
        discovery.fetch()
    return str(raised.value)


def test_keys_are_discovered(discovery, issuer):
    keys, lasting = discovery.fetch()

    assert (len(keys), lasting) == (1, 600)
    assert issuer.asked == [PLACE, "/keys"]


def test_keys_may_have_an_address_of_their_own(issuer, network):
    keys, _ = Discovery(network, "bakery", issuer.url("/keys")).fetch()

    assert len(keys) == 1
    assert issuer.asked == ["/keys"]


def test_a_slash_at_the_end_of_an_issuer_is_kept_but_not_doubled(issuer, network):
    issuer.issuer += "/"

    assert Discovery(network, issuer.issuer).fetch()
    assert "does not call its issuer" in failure(Discovery(network, issuer.issuer[:-1]))


@pytest.mark.parametrize(
    "told", ["https://evil.example.com", "", None, 7, ["x"], "HTTP://127.0.0.1/realms/bakery"]
)
def test_a_provider_that_calls_itself_otherwise_is_not_believed(discovery, issuer, told):
    issuer.routes[PLACE] = answering(issuer.configuration(issuer=told))

    assert "does not call its issuer" in failure(discovery)
    assert issuer.asked == [PLACE]


@pytest.mark.parametrize(
    "told",
    [None, 7, [], "", "keys", "/keys", "file:///etc/passwd", "ftp://x/y", "http://", "http://[::1"],
)
def test_an_address_of_keys_is_one_of_http(discovery, issuer, told):
    issuer.routes[PLACE] = answering(issuer.configuration(jwks_uri=told))

    assert "names no address of keys" in failure(discovery)


def test_a_secure_issuer_has_no_insecure_keys(issuer, network, monkeypatch):
    secure = "https://login.example.com"
    discovery = Discovery(network, secure)
    document = {"issuer": secure, "jwks_uri": issuer.url("/keys")}
    monkeypatch.setattr(discovery, "read", lambda url: (document, {}))

    assert "not fetched by https" in failure(discovery)


@pytest.mark.parametrize("place", [PLACE, "/keys"])
@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"{", b"null", b"[]", b"7", b"\xff", b"[" * 100000, b'{"keys": 7}'],
    ids=lambda body: repr(body)[:12],
)
def test_garbage_is_told(discovery, issuer, place, body):
    issuer.routes[place] = answering(body)

    assert issuer.url(place) in failure(discovery)


@pytest.mark.parametrize("place", [PLACE, "/keys"])
def test_nobody_is_redirected(discovery, issuer, place):
    with issuing() as other:
        for url in (other.url("/keys"), issuer.url("/elsewhere"), "file:///etc/passwd"):
            issuer.routes[place] = redirecting(url)

            assert issuer.url(place) in failure(discovery) or "file" in url
        assert other.asked == [] and "/elsewhere" not in issuer.asked


@pytest.mark.parametrize("place", [PLACE, "/keys"])
@pytest.mark.parametrize("route", [endless, silent, dripping])
def test_a_provider_that_holds_up_is_left(network, issuer, place, route):
    issuer.routes[place] = route
    hurried = replace(network, timeout=1.2, patience=0.6)

    told = failure(Discovery(hurried, issuer.issuer))

    assert issuer.url(place) in told
    assert str(SIZE) in told or "seconds" in told


@pytest.mark.parametrize("status", [204, 304, 400, 404, 500, 503])
def test_an_error_is_no_answer(discovery, issuer, status):
    issuer.routes["/keys"] = lambda request: request.send(b"", status)

    assert failure(discovery)


def test_a_provider_that_is_not_there_is_told(discovery, issuer, network):
    with issuing() as other:
        gone = Discovery(network, other.issuer)

    assert other.issuer in failure(gone)


@pytest.mark.parametrize(
    "wishes, seconds",
    [
        ("", 600),
        ("public", 600),
        ("max-age=900", 900),
        ("public, Max-Age=900, must-revalidate", 900),
        ('max-age="900"', 900),
        ("max-age=1", 60),
        ("max-age=0", 60),
        ("max-age=86400", 3600),
        ("max-age=99999999999999999999", 3600),
        ("max-age=soon", 600),
        ("max-age=-5", 600),
        ("no-store", 60),
        ("no-cache, max-age=900", 60),
    ],
)
def test_a_provider_says_how_long_its_keys_are_kept_within_bounds(wishes, seconds):
    assert lifetime(wishes) == seconds


def test_the_wish_is_that_of_the_answer_with_the_keys(discovery, issuer):
    issuer.headers = {"Cache_Control": "max-age=120"}

    assert discovery.fetch()[1] == 120
