"""Signed addresses: good for what was signed, for a while, as long as who signed may."""

import base64
import hashlib
import hmac

import jwt
import pytest

from ec_builds.auth import addresses
from ec_builds.auth.addresses import Addresses
from ec_builds.auth.caller import Caller
from ec_builds.errors import ExpiredToken, InvalidToken
from ec_builds.store.account import Account, Token

PATH, QUERY = "/platform/build/log", [("buildID", "12")]
KEY = "k" * 64


@pytest.fixture
def signer(runtime):
    """Somebody with a token."""
    account = Account.named("jo", "jo@example.com")
    return Caller(account, runtime.tokens.issue(account, "one")[0])


@pytest.fixture
def ours():
    return Addresses(KEY)


def test_who_has_signed_an_address_is_known_by_it(ours, signer):
    text, _ = ours.sign(signer, PATH, QUERY)

    for method in ("GET", "HEAD"):
        caller = ours.verify(text, method, PATH, QUERY)
        assert (caller.id, caller.token.id) == (signer.id, signer.token.id)


def test_the_order_of_parameters_does_not_matter(ours, signer):
    query = [("a", "1"), ("b", "2")]

    assert ours.verify(ours.sign(signer, PATH, query)[0], "GET", PATH, query[::-1])


@pytest.mark.parametrize(
    "method, path, query",
    [
        ("POST", PATH, QUERY),
        ("get", PATH, QUERY),
        ("GET", "/platform/build", QUERY),
        ("GET", f"{PATH}/", QUERY),
        ("GET", f"/{PATH}", QUERY),
        ("GET", PATH, []),
        ("GET", PATH, [("buildID", "13")]),
        ("GET", PATH, [("buildID", "12"), ("buildID", "12")]),
        ("GET", PATH, [*QUERY, ("_token", "x")]),
        ("GET", PATH, [*QUERY, ("appID", "x")]),
        ("GET", "/platform/build/logbuildID12", []),
    ],
)
def test_it_is_good_for_nothing_else(ours, signer, method, path, query):
    text, _ = ours.sign(signer, PATH, QUERY)

    with pytest.raises(InvalidToken):
        ours.verify(text, method, path, query)


def test_no_part_of_it_can_be_changed(ours, signer):
    text, _ = ours.sign(signer, PATH, QUERY)
    expires, account, token, mac = text.split(".")
    other = "A" if mac[0] != "A" else "B"
    for forged in (
        f"{int(expires) + 1}.{account}.{token}.{mac}",
        f"0{expires}.{account}.{token}.{mac}",
        f"{expires}.{token}.{token}.{mac}",
        f"{expires}.{account}..{mac}",
        f"{expires}.{account}.{account}.{mac}",
        f"{expires}.{account}.{token}.{other}{mac[1:]}",
        f"{expires}.{account}.{token}.{mac}=",
        f"{expires}.{account}.{token}.{mac[:-1]}",
        f"{expires}.{account}.{token}.",
        f"{expires}.{account}.{token}",
        f"{text}.x", "", ".", "...", "é", "\ud800", "x" * 10000,
    ):
        with pytest.raises(InvalidToken):
            ours.verify(forged, "GET", PATH, QUERY)


def test_another_servers_key_signs_others(signer):
    text, _ = Addresses("o" * 64).sign(signer, PATH, QUERY)

    with pytest.raises(InvalidToken):
        Addresses(KEY).verify(text, "GET", PATH, QUERY)


def test_a_signature_is_no_token_and_a_token_is_none(runtime, signer):
    ours = runtime.addresses
    text, _ = ours.sign(signer, PATH, QUERY)
    _, token = runtime.tokens.issue(signer.account, "other")

    with pytest.raises(InvalidToken):
        runtime.tokens.verify(text)
    with pytest.raises(InvalidToken):
        ours.verify(token, "GET", PATH, QUERY)
    # nor is the key that signs addresses the one that signs tokens
    assert ours.key != runtime.tokens.key.encode()
    forged = jwt.encode({"iss": "ec-builds", "sub": "x", "jti": "x"}, ours.key, "HS256")
    with pytest.raises(InvalidToken):
        runtime.tokens.verify(forged)
    signed = text.rpartition(".")[0]
    key = runtime.tokens.key.encode()
    mac = base64.urlsafe_b64encode(hmac.digest(key, signed.encode(), hashlib.sha256)).decode()
    with pytest.raises(InvalidToken):
        ours.verify(f"{signed}.{mac.rstrip('=')}", "GET", PATH, QUERY)


def test_it_ends(ours, signer, monkeypatch):
    clock = [1_800_000_000.5]
    monkeypatch.setattr(addresses.time, "time", lambda: clock[0])
    text, expires = ours.sign(signer, PATH, QUERY, 60)

    assert expires == "2027-01-15T08:01:00.000Z"
    clock[0] += 59
    ours.verify(text, "GET", PATH, QUERY)
    clock[0] += 1
    with pytest.raises(ExpiredToken):
        ours.verify(text, "GET", PATH, QUERY)
    with pytest.raises(InvalidToken):  # who knows no signature learns nothing
        ours.verify(f"{text}x", "GET", PATH, QUERY)


def test_it_ends_with_the_token_that_has_made_it(runtime, ours, signer):
    row, _ = runtime.tokens.issue(signer.account, "short", seconds=5)

    _, expires = ours.sign(Caller(signer.account, row), PATH, QUERY, 3600)

    assert expires <= row.expires


def test_it_ends_with_a_providers_token_too(ours, signer, monkeypatch):
    monkeypatch.setattr(addresses.time, "time", lambda: 1_800_000_000)
    visitor = Caller(signer.account, until="2027-01-15T08:01:00.000Z")

    _, expires = ours.sign(visitor, PATH, QUERY, 86400)

    assert expires == visitor.until


def test_a_token_that_is_revoked_takes_it_along(ours, signer):
    text, _ = ours.sign(signer, PATH, QUERY)
    signer.token.remove()

    with pytest.raises(InvalidToken):
        ours.verify(text, "GET", PATH, QUERY)


def test_a_token_that_has_expired_does_so_too(ours, signer):
    text, _ = ours.sign(signer, PATH, QUERY)
    Token.update(expires="2020-01-01T00:00:00.000Z").execute()

    with pytest.raises(ExpiredToken):
        ours.verify(text, "GET", PATH, QUERY)


def test_an_account_that_is_gone_does_so_too(ours, signer):
    text, _ = ours.sign(Caller(signer.account), PATH, QUERY)
    Token.delete().execute()
    Account.delete().where(Account.id == signer.id).execute()

    with pytest.raises(InvalidToken):
        ours.verify(text, "GET", PATH, QUERY)
