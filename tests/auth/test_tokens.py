"""Tokens: shaped as a JWT, but the database decides what they are worth."""

import base64
import json
import time
from datetime import UTC, datetime, timedelta

import jwt
import pytest

from ec_builds.auth.policy import Policy
from ec_builds.auth.provider import Claims
from ec_builds.auth.rules import Verb
from ec_builds.auth.tokens import ALGORITHM, ISSUER, LONGEST, Tokens, admin, fingerprint
from ec_builds.errors import ExpiredToken, InsufficientRights, InvalidToken, Unavailable
from ec_builds.store.account import Account, Token
from ec_builds.store.database import now

KEY = "a key that is long enough for what it has to do, whichever way it is used here"


@pytest.fixture
def tokens(runtime):
    """Tokens that are signed by a key that the tests know."""
    return Tokens(KEY)


def claims(text):
    return jwt.decode(text, options={"verify_signature": False})


def issue(tokens, *arguments):
    """A new token, as text."""
    return tokens.issue(*arguments)[1]


def signed(key=KEY, algorithm=ALGORITHM, **changes):
    """A token with good claims, apart from the changes; None leaves a claim out."""
    good = {"iss": ISSUER, "sub": admin().id, "jti": "a" * 32, "iat": int(time.time())}
    wanted = {name: value for name, value in {**good, **changes}.items() if value is not None}
    return jwt.encode(wanted, key, algorithm)


@pytest.fixture
def known(tokens):
    """The database knows the id of the tokens that `signed` makes."""
    return Token.create(fingerprint=fingerprint("a" * 32), account=admin(), name="known")


def test_a_token_acts_for_its_account(tokens):
    other = Account.named("other", "other@example.com")

    assert tokens.verify(issue(tokens, admin(), "first")).id == admin().id
    assert tokens.verify(issue(tokens, other, "second")).account.username == "other"


def test_a_token_is_a_jwt_and_its_secret_is_stored_nowhere(tokens):
    text = issue(tokens, admin(), "laptop")

    told = claims(text)
    assert told.keys() == {"iss", "sub", "jti", "iat"}
    assert (told["iss"], told["sub"]) == ("ec-builds", admin().id)
    row = Token.get()
    assert (row.name, row.expires, row.revoked) == ("laptop", None, None)
    assert told["jti"] not in (row.fingerprint, row.id)
    assert len(row.fingerprint) == 64
    assert claims(issue(tokens, admin(), "laptop"))["jti"] != told["jti"]


def test_a_token_is_good_until_it_expires(tokens):
    lasting, short = issue(tokens, admin(), "x", 60), issue(tokens, admin(), "y", -60)

    assert tokens.verify(lasting)
    assert claims(lasting)["exp"] - claims(lasting)["iat"] in (60, 61)  # never too early
    with pytest.raises(ExpiredToken):
        tokens.verify(short)


def test_the_database_may_say_that_a_token_has_expired(tokens, known):
    assert tokens.verify(signed())

    Token.update(expires="2024-05-02T08:15:02.114Z").execute()

    with pytest.raises(ExpiredToken):
        tokens.verify(signed())


def test_a_revoked_token_is_worth_nothing(tokens):
    text, other = issue(tokens, admin(), "x"), issue(tokens, admin(), "y")
    Token.update(revoked=now()).where(Token.name == "x").execute()

    with pytest.raises(InvalidToken):
        tokens.verify(text)
    assert tokens.verify(other)


def test_garbage_is_no_token(tokens):
    for text in (
        "", " ", "x", "a.b.c", "..", "....", "a" * 200, "ü.ü.ü", "\0", "Bearer x", "{}", "null",
        "eyJhbGciOiJub25lIn0.e30.", "eyJhbGciOiJub25lIn0.e30", "\udc80",
    ):
        with pytest.raises(InvalidToken):
            tokens.verify(text)


def test_a_token_that_is_too_long_is_not_looked_at(tokens, known):
    good = signed()
    long = signed(more="x" * LONGEST)

    assert tokens.verify(good)
    with pytest.raises(InvalidToken):
        tokens.verify(long)


def test_only_the_signature_of_this_server_counts(tokens, known):
    good = signed()
    head, body, signature = good.split(".")
    bare = jwt.encode(claims(good), None, "none")
    wrong = [
        signed(key=KEY + " "),
        signed(algorithm="HS512"),
        signed(algorithm="HS384"),
        bare,
        f"{bare.split('.')[0]}.{body}.{signature}",
        f"{head}.{body}.",
        f"{head}.{body}",
        f"{head}.{body}.{signature[:-4]}AAAA",
        f"{head}.{body[:-1]}.{signature}",
        f"{head}.{body}.{signature}.{signature}",
    ]
    tampered = json.dumps({**claims(good), "sub": "someone else"}).encode()
    wrong.append(f"{head}.{base64.urlsafe_b64encode(tampered).decode().rstrip('=')}.{signature}")

    assert tokens.verify(good)
    for text in wrong:
        with pytest.raises(InvalidToken):
            tokens.verify(text)


@pytest.mark.parametrize(
    "changes",
    [
        {"jti": None},
        {"jti": "b" * 32},
        {"jti": ""},
        {"jti": 7},
        {"jti": ["a"]},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "00000000-0000-4000-8000-000000000000"},
        {"iss": None},
        {"iss": "https://accounts.example.com"},
        {"exp": "tomorrow"},
        {"nbf": 32503680000},  # in the year 3000
        {"iat": "yesterday"},
        {"aud": "someone else"},
    ],
    ids=str,
)
def test_a_good_signature_is_not_enough(tokens, known, changes):
    try:
        text = signed(**changes)
    except TypeError:  # this library would not sign it, but others do
        text = by_hand(changes)

    with pytest.raises(InvalidToken):
        tokens.verify(text)


def by_hand(changes):
    """A token with claims that the library refuses to write."""
    body = {**claims(signed()), **changes}
    return jwt.api_jws.encode(json.dumps(body).encode(), KEY, ALGORITHM)


def test_a_token_of_another_account_is_worth_nothing(tokens, known):
    other = Account.named("other", "other@example.com")

    with pytest.raises(InvalidToken):
        tokens.verify(signed(sub=other.id))


def test_a_token_whose_row_is_gone_is_worth_nothing(tokens, known):
    text = signed()
    known.delete_instance()

    with pytest.raises(InvalidToken):
        tokens.verify(text)


def test_the_expiry_that_a_token_tells_counts_too(tokens, known):
    with pytest.raises(ExpiredToken):
        tokens.verify(signed(exp=datetime.now(UTC) - timedelta(seconds=5)))


def test_the_first_token_stays_as_long_as_it_is_good(tokens):
    first, is_new = tokens.first(None)

    assert is_new
    assert tokens.first(first) == (first, False)
    Token.update(revoked=now()).execute()
    second, is_new = tokens.first(first)
    assert is_new and second != first
    assert tokens.first("garbage")[1]
    assert tokens.verify(second).account.username == "admin"


def test_the_admins_token_is_in_a_file_that_only_the_user_may_read(runtime):
    text, is_new = runtime.first_token()
    again, is_newer = runtime.first_token()

    assert (again, is_new, is_newer) == (text, True, False)
    path = runtime.admin_token_file
    assert path.read_text() == text + "\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.fixture
def both(tokens, provider):
    """Tokens of this server and of a provider."""
    tokens.provider = provider
    return tokens


def test_a_token_of_a_provider_acts_for_an_account_too(both, issuer):
    caller = both.verify(issuer.token())

    assert (caller.account.username, caller.account.email) == ("jane", "jane@example.com")
    assert (caller.token, caller.scopes, caller.is_admin) == (None, None, False)
    assert both.verify(issuer.token()).id == caller.id
    assert both.verify(issue(both, admin(), "x")).id == admin().id


def test_no_provider_is_asked_for_a_token_of_ours(both, issuer):
    both.verify(issue(both, admin(), "x"))
    with pytest.raises(InvalidToken):
        both.verify("garbage")

    assert issuer.asked == []


def test_who_is_named_by_a_token_decides_alone(both, issuer, known):
    """Neither side's key is good for a token that says that it is the other's."""
    ours_signed_by_them = issuer.token(iss=ISSUER, sub=admin().id, jti="a" * 32, aud=None)
    theirs_signed_by_us = jwt.encode(issuer.claims(), KEY, ALGORITHM)
    theirs_with_our_claims = signed(iss=issuer.issuer)

    assert both.verify(signed())
    for text in (ours_signed_by_them, theirs_signed_by_us, theirs_with_our_claims):
        with pytest.raises(InvalidToken):
            both.verify(text)


def test_no_claim_makes_an_admin(both, issuer):
    claims = {
        "admin": True, "role": "admin", "roles": ["admin"], "groups": ["admin"], "scope": "admin",
        "preferred_username": "admin", "email": "admin@localhost", "sub": admin().id,
        "accountID": admin().id, "jti": "a" * 32,
    }  # fmt: skip

    caller = both.verify(issuer.token(**claims))
    account = caller.account

    assert account.id != admin().id and not account.admin and not caller.is_admin
    assert account.username == "admin2" and account.email.endswith(".invalid")


def test_a_provider_that_is_away_takes_nobody_else_along(both, issuer):
    issuer.routes["/keys"] = lambda request: request.send(b"", 500)

    with pytest.raises(Unavailable):
        both.verify(issuer.token())
    assert both.verify(issue(both, admin(), "x"))


def test_a_provider_may_limit_what_a_token_is_good_for(both, issuer):
    both.provider.claims = Claims({"scopes": "scope"})

    caller = both.verify(issuer.token(scope="openid build:read"))

    assert caller.has_scope("build:read") and not caller.has_scope("build:write")
    policy = Policy()
    assert {"app", "platform"} <= policy.unreadable(caller)
    assert "build" not in policy.unreadable(caller)
    with pytest.raises(InsufficientRights):
        policy.require_on_collection(caller, Verb.CREATE, "app")
