"""Tokens of an identity provider: a key of the issuer decides, and the token nothing."""

import base64
import hashlib
import hmac
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from ec_builds.auth.provider import LONGEST, Provider, open_provider
from ec_builds.auth.provider.keys import SharedKey
from ec_builds.errors import ExpiredToken, InvalidToken, UsageError
from tests.issuing import AUDIENCE, by_hand, encoded, jwk, pem, private_key

SECRET = "a secret of more than thirty-two bytes"


@pytest.fixture
def shared(issuer):
    """A provider that shares a key with the server."""
    return Provider(issuer.issuer, SharedKey(SECRET), (AUDIENCE,))


def hs256(header, claims, secret):
    """A token that is signed with any bytes, whatever a library thinks of them."""
    signed = f"{encoded(header)}.{encoded(claims)}"
    return f"{signed}.{encoded(hmac.digest(secret, signed.encode(), 'sha256'))}"


def refused(provider, text):
    """Why a token is refused."""
    with pytest.raises(InvalidToken) as refusal:
        provider.verify(text)
    return refusal.value.verbose


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "EdDSA"])
def test_a_token_of_each_algorithm_tells_who_it_is(provider, issuer, algorithm):
    issuer.add("other", algorithm)

    identity = provider.verify(issuer.token("other"))

    assert (identity.issuer, identity.subject) == (issuer.issuer, "248289761001")
    assert (identity.email, identity.email_verified) == ("jane@example.com", True)
    assert (identity.username, identity.scopes) == ("jane", None)


def test_a_shared_key_does_so_too_and_nobody_is_asked(shared, issuer):
    text = jwt.encode(issuer.claims(), SECRET, "HS256")

    assert shared.verify(text).username == "jane"
    assert shared.verify(jwt.encode(issuer.claims(), SECRET, "HS256", {"kid": "x"}))
    assert issuer.asked == []
    assert refused(shared, jwt.encode(issuer.claims(), SECRET + "!", "HS256"))
    assert refused(shared, jwt.encode(issuer.claims(), SECRET * 2, "HS512"))
    assert refused(shared, issuer.token())


def test_a_token_without_a_signature_is_refused(provider, shared, issuer):
    for name in ("none", "None", "NONE", "nOnE", "", None, 0, ["RS256"], "RS256 "):
        header = {"alg": name, "kid": "first"}
        for text in (
            by_hand(header, issuer.claims()),
            by_hand(header, issuer.claims(), b"x"),
            by_hand({"alg": name}, issuer.claims()),
        ):
            assert refused(provider, text)
            assert refused(shared, text)
    assert refused(provider, by_hand({"kid": "first"}, issuer.claims()))
    good = issuer.token()
    assert refused(provider, good.rpartition(".")[0] + ".")
    assert refused(provider, good.rpartition(".")[0])


def test_a_public_key_is_no_secret(provider, issuer):
    """Key confusion: what everybody knows of a key, in every form, as the secret of HS256."""
    key = private_key("RS256", "first").public_key()
    info = serialization.PublicFormat.SubjectPublicKeyInfo
    bare = serialization.PublicFormat.PKCS1
    document = jwk(private_key("RS256", "first"), "RS256", kid="first")
    texts = [
        pem(private_key("RS256", "first")),
        pem(private_key("RS256", "first")).strip(),
        pem(private_key("RS256", "first")).replace(b"\n", b"\r\n"),
        key.public_bytes(serialization.Encoding.PEM, bare),
        key.public_bytes(serialization.Encoding.DER, info),
        key.public_bytes(serialization.Encoding.DER, bare),
        base64.b64encode(key.public_bytes(serialization.Encoding.DER, info)),
        key.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH),
        json.dumps(document).encode(),
        document["n"].encode(),
        base64.urlsafe_b64decode(document["n"] + "=="),
        b"",
        b"None",
    ]
    for text in texts:
        for header in ({"alg": "HS256", "kid": "first"}, {"alg": "HS256"}):
            assert refused(provider, hs256(header, issuer.claims(), text))


def test_a_key_does_not_verify_what_another_algorithm_has_made(provider, issuer):
    issuer.add("curve", "ES256")
    issuer.add("bound", "RS256", alg="RS256")

    assert provider.verify(issuer.token("first", algorithm="PS256"))
    assert provider.verify(issuer.token("bound"))
    assert "alg" in refused(provider, issuer.token("bound", algorithm="PS256"))
    for name in ("RS384", "RS512", "PS512"):
        assert "alg" in refused(provider, issuer.token("first", algorithm=name))
    head, body, signature = issuer.token("first").split(".")
    crossed = encoded({"alg": "RS256", "kid": "curve"})
    assert refused(provider, f"{crossed}.{body}.{signature}")


def test_only_the_issuers_signature_counts(provider, issuer):
    head, body, signature = issuer.token().split(".")
    stranger = private_key("RS256", "stranger")
    forged = json.dumps(issuer.claims(sub="admin")).encode()
    texts = [
        jwt.encode(issuer.claims(), stranger, "RS256", {"kid": "first"}),
        f"{head}.{encoded(forged)}.{signature}",
        f"{head}.{body}.{encoded(b'')}",
        f"{head}.{body}.{signature[:-4]}AAAA",
        f"{head}.{body}.{signature}.{signature}",
        f"{head}.{body}",
        f"{head}.{body}.{encoded(bytes(256))}",
    ]
    for text in texts:
        assert refused(provider, text)


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c", "crit", "b64", "zip", "enc"])
def test_a_header_that_brings_more_than_a_name_is_refused(provider, issuer, name):
    stranger = private_key("RS256", "stranger")
    values = {
        "jwk": jwk(stranger, "RS256"),
        "jku": issuer.url("/mine"),
        "x5u": issuer.url("/mine.pem"),
        "x5c": ["MIIB"],
        "crit": ["b64"],
        "b64": True,
        "zip": "DEF",
        "enc": "A256GCM",
    }
    header = {"alg": "RS256", "kid": "first", name: values[name]}
    header |= {"b64": True} if name == "crit" else {}  # else it were refused for lacking that
    signed = f"{encoded(header)}.{encoded(issuer.claims())}"
    for key in (private_key("RS256", "first"), stranger):  # even if the signature is right
        signature = jwt.get_algorithm_by_name("RS256").sign(signed.encode(), key)

        assert name in refused(provider, f"{signed}.{encoded(signature)}")
    assert not {"/mine", "/mine.pem"} & set(issuer.asked)


@pytest.mark.parametrize(
    "kid",
    [
        "../../../../etc/passwd", "/dev/null", "' OR 1=1 --", "x' UNION SELECT 'a", "first\0",
        "first ", "FIRST", "", "None", "http://127.0.0.1:1/", "|whoami", "x" * 5000, "\ud800",
        7, 0, True, ["first"], {"first": 1},
    ],
    ids=lambda kid: repr(kid)[:20],
)  # fmt: skip
def test_an_invented_key_is_none(provider, issuer, kid):
    for secret in (b"", b"\0", SECRET.encode()):
        assert refused(provider, hs256({"alg": "HS256", "kid": kid}, issuer.claims(), secret))
    header = {"alg": "RS256", "kid": kid}
    signed = f"{encoded(header)}.{encoded(issuer.claims())}"
    key = private_key("RS256", "first")
    signature = jwt.get_algorithm_by_name("RS256").sign(signed.encode(), key)
    assert refused(provider, f"{signed}.{encoded(signature)}")


def test_a_token_that_names_no_key_means_the_only_one_that_fits(provider, issuer, clock):
    issuer.add("curve", "ES256")

    assert provider.verify(issuer.token("first", {"kid": None}))
    assert provider.verify(issuer.token("curve", {"kid": None}))
    issuer.add("second")
    clock.moment += 3600
    assert refused(provider, issuer.token("first", {"kid": None}))
    assert provider.verify(issuer.token("first"))


def test_two_keys_of_one_id_are_none(provider, issuer):
    issuer.add("second")
    stranger = private_key("RS256", "stranger")
    issuer.published.append(jwk(stranger, "RS256", kid="first"))

    assert refused(provider, issuer.token("first"))
    assert refused(provider, jwt.encode(issuer.claims(), stranger, "RS256", {"kid": "first"}))
    assert provider.verify(issuer.token("second"))


def test_a_small_key_proves_nothing(provider, issuer):
    small = rsa.generate_private_key(65537, 1024)
    issuer.published.append(jwk(small, "RS256", kid="small"))
    header, claims = {"alg": "RS256", "kid": "small"}, issuer.claims()
    signed = f"{encoded(header)}.{encoded(claims)}"
    signature = jwt.get_algorithm_by_name("RS256").sign(signed.encode(), small)

    assert refused(provider, f"{signed}.{encoded(signature)}")


def test_a_token_that_is_too_long_is_not_looked_at(provider, issuer):
    long = issuer.token(more="x" * LONGEST)

    assert str(LONGEST) in refused(provider, long)
    assert not provider.has_issued(long)
    assert issuer.asked == []
    assert provider.verify(issuer.token(more="x" * 5000))


@pytest.mark.parametrize("typ", ["JWT", "jwt", "at+jwt", "application/at+jwt", "AT+JWT"])
def test_a_header_may_say_that_it_is_an_access_token(provider, issuer, typ):
    assert provider.verify(issuer.token(headers={"typ": typ}))


@pytest.mark.parametrize("typ", ["logout+jwt", "dpop+jwt", "secevent+jwt", "JWE", 7, ["JWT"]])
def test_other_tokens_of_the_issuer_are_not_for_access(provider, issuer, typ):
    header = {"alg": "RS256", "kid": "first", "typ": typ}
    signed = f"{encoded(header)}.{encoded(issuer.claims())}"
    key = private_key("RS256", "first")
    signature = jwt.get_algorithm_by_name("RS256").sign(signed.encode(), key)

    assert "typ" in refused(provider, f"{signed}.{encoded(signature)}")


def later(seconds):
    return int(time.time()) + seconds


@pytest.mark.parametrize(
    "changes, told",
    [
        ({"exp": None}, "exp"),
        ({"sub": None}, "sub"),
        ({"sub": ""}, "sub"),
        ({"sub": 7}, None),
        ({"sub": "a\0b"}, "sub"),
        ({"sub": "\ud800"}, "sub"),
        ({"sub": "x" * 256}, "sub"),
        ({"iss": None}, "iss"),
        ({"iss": "https://evil.example.com"}, None),
        ({"iss": ["x"]}, None),
        ({"aud": None}, "aud"),
        ({"aud": ""}, "aud"),
        ({"aud": []}, "aud"),
        ({"aud": "somebody-else"}, "EC_BUILDS_JWT_AUDIENCE"),
        ({"aud": AUDIENCE.upper()}, "EC_BUILDS_JWT_AUDIENCE"),
        ({"aud": AUDIENCE + "/"}, "EC_BUILDS_JWT_AUDIENCE"),
        ({"aud": AUDIENCE[:-1]}, "EC_BUILDS_JWT_AUDIENCE"),
        ({"aud": ["a", "b"]}, "EC_BUILDS_JWT_AUDIENCE"),
        ({"aud": [AUDIENCE, 7]}, None),
        ({"aud": {AUDIENCE: 1}}, None),
        ({"nbf": 32503680000}, "clocks"),
        ({"iat": 32503680000}, "clocks"),
        ({"nbf": "now"}, None),
        ({"iat": "now"}, "iat"),
        ({"exp": "tomorrow"}, None),
        ({"exp": "32503680000"}, "exp"),
        ({"exp": float("inf")}, None),
        ({"exp": float("nan")}, None),
        ({"exp": 10**30}, "exp"),
        ({"exp": [1]}, None),
        ({"iat": True}, "iat"),
        ({"nbf": -1}, "nbf"),
    ],
    ids=str,
)
def test_a_good_signature_is_not_enough(provider, issuer, changes, told):
    verbose = refused(provider, issuer.token(**changes))

    assert verbose and (told or "") in verbose


def test_a_token_that_is_too_old_is_told_apart(provider, issuer):
    for exp in (later(-61), later(-10**6), 0, True):
        with pytest.raises(ExpiredToken) as refusal:
            provider.verify(issuer.token(exp=exp))
        assert "exp" in refusal.value.verbose


def test_clocks_may_be_a_minute_apart(provider, issuer):
    assert provider.verify(issuer.token(exp=later(-50)))
    assert provider.verify(issuer.token(nbf=later(50), iat=later(50)))
    assert refused(provider, issuer.token(nbf=later(70)))
    assert refused(provider, issuer.token(iat=later(70)))
    provider.skew = 120
    assert provider.verify(issuer.token(exp=later(-110), nbf=later(110)))


def test_an_audience_may_be_one_of_several(provider, issuer):
    assert provider.verify(issuer.token(aud=["other", AUDIENCE]))
    provider.audience = ("a", AUDIENCE)
    assert provider.verify(issuer.token())
    assert provider.verify(issuer.token(aud=["b", "a"]))


def test_without_an_audience_only_tokens_for_nobody_else_count(provider, issuer):
    provider.audience = ()

    assert provider.verify(issuer.token(aud=None))
    assert "EC_BUILDS_JWT_AUDIENCE" in refused(provider, issuer.token())


def test_garbage_is_no_token(provider):
    texts = ["", " ", "x", "a.b.c", "..", "....", "ü.ü.ü", "\0", "\udc80", by_hand({}, {})]
    nested = by_hand({"alg": "RS256", "kid": "first"}, b"[" * 5000)
    for text in (*texts, nested, by_hand(b"[" * 5000, {}), by_hand([], {}), by_hand(b"\xff", {})):
        assert refused(provider, text)
        assert not provider.has_issued(text)


def test_signed_garbage_is_no_token_either(provider, issuer):
    key = private_key("RS256", "first")
    for body in (b"[]", b"7", b'"x"', b"", b"[" * 3000, b"\xff", b"9" * 5000, b"null"):
        text = jwt.api_jws.encode(body, key, "RS256", {"kid": "first"})

        assert refused(provider, text)


def test_no_answer_tells_a_secret(shared, issuer, caplog):
    for text in (issuer.token(), jwt.encode(issuer.claims(aud="x"), SECRET, "HS256")):
        assert SECRET not in refused(shared, text)
    assert SECRET not in repr(shared.keys.key) + caplog.text


@pytest.mark.parametrize(
    "settings, told",
    [
        ({"audience": ("x",)}, "EC_BUILDS_JWT_AUDIENCE means nothing"),
        ({"jwks_url": "https://x/keys"}, "EC_BUILDS_JWT_JWKS_URL means nothing"),
        ({"key": SECRET}, "EC_BUILDS_JWT_KEY means nothing"),
        ({"mapping": {"email": "mail"}}, "EC_BUILDS_JWT_CLAIMS means nothing"),
        ({"issuer": "ec-builds"}, "cannot be ec-builds"),
        ({"issuer": "ec-builds", "key": SECRET}, "cannot be ec-builds"),
        ({"issuer": "bakery"}, "should be an address"),
        ({"issuer": "https://x/?a=b"}, "should be an address"),
        ({"issuer": "ftp://x/"}, "should be an address"),
        ({"issuer": "http://[::1"}, "should be an address"),
        ({"issuer": "bakery", "key": SECRET, "jwks_url": "https://x/"}, "only one"),
        ({"issuer": "bakery", "key": "ü" * 15}, "32 bytes"),
    ],
    ids=str,
)
def test_settings_that_make_no_sense_are_told(settings, told):
    with pytest.raises(UsageError, match=told) as refusal:
        open_provider(None, **settings)

    assert SECRET not in str(refusal.value)


def test_a_public_key_cannot_be_set_as_a_secret():
    with pytest.raises(UsageError, match="one half of a pair of keys"):
        open_provider(None, "bakery", key=pem(private_key("RS256", "first")).decode())


def test_settings_that_make_sense():
    assert open_provider(None) is None
    assert open_provider(None, "bakery", key="ü" * 16).verify
    assert open_provider(None, "bakery", jwks_url="https://x/keys?p=policy")
    assert open_provider(None, "https://login.example.com/")


def test_a_shared_key_is_compared_in_constant_time(monkeypatch, shared, issuer):
    seen = []
    monkeypatch.setattr(hmac, "compare_digest", lambda a, b: seen.append((a, b)) or a == b)

    shared.verify(jwt.encode(issuer.claims(), SECRET, "HS256"))

    assert len(seen) == 1 and len(seen[0][0]) == hashlib.sha256().digest_size
