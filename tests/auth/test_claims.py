"""What a token says about a person."""

import pytest

from ec_builds.auth.provider.claims import Claims
from ec_builds.errors import InvalidToken

GOOD = {
    "iss": "https://login.example.com",
    "sub": "248289761001",
    "exp": 1_900_000_000,
    "email": "Jane.Doe+builds@Example.com",
    "email_verified": True,
    "preferred_username": "Jane Doe",
}


def identity(mapping=None, emails=None, **changes):
    return Claims(mapping, emails).identity({**GOOD, **changes})


def test_the_usual_claims_tell_who_it_is():
    found = identity()

    assert (found.issuer, found.subject) == ("https://login.example.com", "248289761001")
    assert (found.email, found.email_verified) == ("Jane.Doe+builds@Example.com", True)
    assert found.username == "Jane Doe"
    assert found.expires == "2030-03-17T17:46:40.000Z"
    assert found.scopes is None


def test_claims_may_have_other_names():
    found = identity(
        {"email": "mail", "email_verified": "checked", "username": "nickname"},
        mail="joe@example.com", checked=True, nickname="joe",
    )

    assert (found.email, found.email_verified, found.username) == ("joe@example.com", True, "joe")


@pytest.mark.parametrize("value", [False, None, 0, 1, "yes", "false", "", [], ["true"], {"a": 1}])
def test_an_email_is_verified_only_if_it_is_said(value):
    assert identity(email_verified=value).email_verified is False
    assert identity(emails="all", email_verified=value).email_verified is True


def test_some_providers_say_it_as_a_word():
    assert identity(email_verified="true").email_verified is True


@pytest.mark.parametrize(
    "email",
    [
        None, 7, [], "", "jane", "@", "jane@", "@example.com", "jane@localhost", "a b@example.com",
        "jane@example.com\n", "jane@exa\0mple.com", "jane@example.com,admin@example.com",
        "a@b@c.de", "jane@example..com",
        "Jane <jane@example.com>", "j" * 65 + "@example.com", "jane@" + "x." * 130 + "com",
        # letters of which the small ones are those of somebody else
        "mi\u212ae@example.com", "jane@example.\u212aom", "j\u00e4ne@example.com",
    ],
    ids=repr,
)  # fmt: skip
def test_what_does_not_look_like_an_email_is_none(email):
    found = identity(emails="all", email=email)

    assert (found.email, found.email_verified) == (None, False)


@pytest.mark.parametrize("username", [None, 7, "", [], "a\0b", "a\nb", "x" * 256, "\ud800"])
def test_what_cannot_be_kept_is_no_username(username):
    assert identity(preferred_username=username).username is None


def test_rights_are_read_where_a_setting_says_so():
    for told in ("openid build:read build:write", ["build:read", "build:write", 7, "openid"]):
        assert identity({"scopes": "scope"}, scope=told).scopes == ("build:read", "build:write")
    assert identity(scope="build:read").scopes is None


@pytest.mark.parametrize("told", [None, "", "openid profile", [], 7, {"build:read": 1}, [None]])
def test_a_limit_that_is_not_told_is_not_no_limit(told):
    with pytest.raises(InvalidToken, match="rights"):
        identity({"scopes": "scope"}, scope=told)
