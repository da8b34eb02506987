"""People who come with a token of their identity provider, to a real server."""

import pytest

from tests.acceptance.making import make_platform, start_build
from tests.acceptance.server import Server, address_of
from tests.issuing import AUDIENCE, issuing


@pytest.fixture(scope="module")
def issuer():
    with issuing() as issuer:
        yield issuer


@pytest.fixture(scope="module")
def server(tmp_path_factory, issuer):
    """A server that accepts the provider's tokens."""
    server = Server(
        tmp_path_factory.mktemp("sign-on") / "home",
        "--workers", "1",
        EC_BUILDS_JWT_ISSUER=issuer.issuer,
        EC_BUILDS_JWT_AUDIENCE=f"another,{AUDIENCE}",
    ).start()
    yield server
    assert server.stop() == 0
    assert "Traceback" not in server.said(), server.said()


def test_somebody_with_a_providers_token_builds_by_following_links(server, issuer):
    with server.client(issuer.token()) as jane:
        root = jane.read("")
        assert root["total"] == 0
        app = jane.make(address_of(root), title="Bakery", hexColor="#d97706")
        platform = make_platform(jane, app)
        build = jane.finished(start_build(jane, platform))

        assert build["successful"] == "success", build["events"]
        assert jane.read(address_of(app, "collection"))["total"] == 1

    joe = issuer.token(sub="2", email="joe@example.com", preferred_username="joe")
    with server.client(joe) as other:
        assert other.read("")["total"] == 0
        assert other.get(address_of(app)).status_code == 404
    with server.client() as admin:
        assert admin.read("")["total"] == 1


def test_what_a_providers_token_makes_ends_with_it(server, issuer):
    with server.client(issuer.token(sub="3", email="eve@example.com")) as eve:
        made = eve.post("account/token", json={"name": "eternal"})
        later = eve.post("account/token", json={"name": "x", "expires": "2099-01-31T12:00:00Z"})

    assert made.status_code == 201 and made.json()["expires"] < "2099"
    assert (later.status_code, later.json()["code"]) == (403, 3471)


@pytest.mark.parametrize("changes, code", [({"exp": 1}, 3402), ({"aud": "x"}, 3401)])
def test_a_token_that_is_no_good_is_refused(server, issuer, changes, code):
    with server.client(issuer.token(**changes)) as jane:
        answer = jane.get("")

    assert (answer.status_code, answer.json()["code"]) == (401, code)
    assert issuer.token(**changes)[:20] not in server.said()
