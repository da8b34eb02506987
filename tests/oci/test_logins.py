"""Logins are read in each form that people have them in, and shown to nobody."""

import base64
import json

import pytest

from ec_builds.oci import ImageError, Login, Logins


def encoded(text):
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "auth, login",
    [
        (encoded("ada:lovelace"), Login("ada", "lovelace")),
        (encoded("ada:lovelace").rstrip("="), Login("ada", "lovelace")),
        (f" {encoded('ada:lovelace')}\n", Login("ada", "lovelace")),
        (encoded("ada:love:lace"), Login("ada", "love:lace")),
        (encoded("ada:"), Login("ada", "")),
        (encoded("ada:ÿ?>ÿ"), Login("ada", "ÿ?>ÿ")),
        (base64.urlsafe_b64encode("ada:ÿ?>ÿ".encode()).decode(), Login("ada", "ÿ?>ÿ")),
        (encoded(":lovelace"), Login(token=encoded(":lovelace"))),
        (encoded("lovelace"), Login(token=encoded("lovelace"))),
        ("eyJh.eyJz.abc", Login(token="eyJh.eyJz.abc")),
        ("dckr_pat_abc", Login(token="dckr_pat_abc")),
        (encoded('{"username": "ada", "password": "lovelace"}'), Login("ada", "lovelace")),
        (encoded('{"identitytoken": "abc"}'), Login(token="abc")),
        (encoded('{"ada": broken'), Login(token=encoded('{"ada": broken'))),
    ],
)
def test_a_credential_is_a_login_or_a_token(auth, login):
    assert Login.read(auth) == login


@pytest.mark.parametrize("auth", ["", "two words", "a\r\nX-Header: b", "ü", "x" * 70_000])
def test_what_fits_into_no_header_is_refused_and_not_told(auth):
    with pytest.raises(ImageError, match="should be base64") as refused:
        Login.read(auth)

    assert not auth or auth not in str(refused.value)


def test_a_login_is_not_printed():
    assert "lovelace" not in repr([Login("ada", "lovelace"), Login(token="lovelace")])


@pytest.fixture
def logins(tmp_path):
    path = tmp_path / "logins.json"

    def write(document):
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        return Logins(path)

    return write


@pytest.mark.parametrize(
    "key, host",
    [
        ("r.example.com:5000", "r.example.com:5000"),
        ("https://r.example.com", "r.example.com"),
        ("http://localhost:5000/v2/", "localhost:5000"),
        ("https://index.docker.io/v1/", "docker.io"),
        ("docker.io", "docker.io"),
    ],
)
def test_a_login_is_found_by_its_host(logins, key, host):
    found = logins({"auths": {key: {"auth": encoded("ada:lovelace")}, "other": {}}})

    assert found.find(host) == Login("ada", "lovelace")
    assert found.find("another.example.com") is None


def test_the_login_for_a_part_of_a_registry_is_not_one_for_all_of_it(logins):
    found = logins({"auths": {"r.example.com/team": {"auth": encoded("ada:lovelace")}}})

    assert found.find("r.example.com") is None


def test_the_file_is_read_when_a_login_is_wanted(logins):
    found = logins({})
    assert found.find("r.example.com") is None

    logins({"auths": {"r.example.com": {"username": "ada", "password": "lovelace"}}})
    assert found.find("r.example.com") == Login("ada", "lovelace")


def test_without_a_file_there_are_no_logins():
    assert Logins(None).find("r.example.com") is None


@pytest.mark.parametrize(
    "document",
    [
        "", "{", "[]", '{"auths": []}', '{"auths": {"a": 7}}',
        '{"auths": {"a": {"auth": "ü lovelace"}}}',
    ],
)
def test_a_file_that_is_none_of_logins_is_an_error_that_shows_nothing_of_it(logins, document):
    with pytest.raises(ImageError, match="EC_BUILDS_REGISTRY_LOGINS is not one of logins") as told:
        logins(document).find("a")

    assert "lovelace" not in str(told.value) and told.value.__cause__ is None


def test_a_file_that_is_missing_is_an_error(tmp_path):
    with pytest.raises(ImageError, match="EC_BUILDS_REGISTRY_LOGINS cannot be read: No such file"):
        Logins(tmp_path / "none").find("a")
