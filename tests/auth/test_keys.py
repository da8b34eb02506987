"""Keys as issuers publish them, and those of them that count."""

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from ec_builds.auth.provider.keys import MOST, Key, Keys, Unusable
from tests.issuing import MAKERS, jwk, private_key

ALGORITHMS = {"RSA": "RS256", "EC": "ES256", "OKP": "EdDSA"}


def published(kind, **changes):
    """A good key of a kind, apart from the changes; None leaves something out."""
    algorithm = ALGORITHMS[kind]
    good = jwk(private_key(algorithm, "first"), algorithm, kid=kind.lower())
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


@pytest.mark.parametrize(
    "kind, changes, algorithms",
    [
        ("RSA", {}, ("RS256", "PS256")),
        ("RSA", {"alg": "PS256"}, ("PS256",)),
        ("RSA", {"key_ops": ["sign", "verify"]}, ("RS256", "PS256")),
        ("RSA", {"use": None, "kid": None, "key_ops": None}, ("RS256", "PS256")),
        ("EC", {}, ("ES256",)),
        ("OKP", {}, ("EdDSA",)),
    ],
    ids=str,
)
def test_the_kind_of_a_key_says_what_it_verifies(kind, changes, algorithms):
    key = Key.from_jwk(published(kind, **changes))

    assert key.algorithms == algorithms
    assert key.id == changes.get("kid", kind.lower())


def test_nothing_private_is_kept_of_a_key():
    for algorithm in MAKERS:
        made = private_key(algorithm, "published by mistake")
        document = jwt.get_algorithm_by_name(algorithm).to_jwk(made, as_dict=True)

        key = Key.from_jwk({**document, "key_ops": ["sign", "verify"]})

        assert "d" in document
        assert not hasattr(key.material, "sign")


def assert_does_not_count(document):
    with pytest.raises(Unusable):
        Key.from_jwk(document)
    assert len(Keys.from_jwks({"keys": [document, published("EC")]})) == 1


@pytest.mark.parametrize(
    "document",
    [None, [], "key", {}, {"kty": "oct", "k": "c2VjcmV0" * 8}, {"kty": ["RSA"]}, {"kty": "RSA"}],
    ids=str,
)
def test_what_is_no_public_key_does_not_count(document):
    assert_does_not_count(document)


@pytest.mark.parametrize(
    "kind, changes",
    [
        ("RSA", {"e": None}),
        ("RSA", {"e": "AQ"}),
        ("RSA", {"e": "Ag"}),
        ("RSA", {"n": 7}),
        ("RSA", {"n": ""}),
        ("RSA", {"n": "!!!"}),
        ("RSA", {"n": "_" * 2000}),
        ("RSA", {"use": "enc"}),
        ("RSA", {"use": ["sig"]}),
        ("RSA", {"key_ops": ["encrypt"]}),
        ("RSA", {"key_ops": "verify"}),
        ("RSA", {"alg": "none"}),
        ("RSA", {"alg": "HS256"}),
        ("RSA", {"alg": "RSA-OAEP"}),
        ("RSA", {"alg": ["RS256"]}),
        ("RSA", {"kid": 7}),
        ("RSA", {"crv": "P-256"}),
        ("EC", {"crv": "P-384"}),
        ("EC", {"crv": "secp256k1"}),
        ("EC", {"crv": None}),
        ("EC", {"y": None}),
        ("EC", {"x": "AAAA"}),
        ("EC", {"y": "A" * 43}),  # which is not on the curve
        ("EC", {"alg": "RS256"}),
        ("EC", {"kty": "RSA"}),
        ("OKP", {"crv": "Ed448"}),
        ("OKP", {"crv": "X25519"}),
        ("OKP", {"x": "AAAA"}),
    ],
    ids=str,
)
def test_a_key_that_is_not_quite_right_does_not_count(kind, changes):
    assert_does_not_count(published(kind, **changes))


def test_keys_that_can_be_broken_do_not_count():
    for bits in (1024, 2040):
        assert_does_not_count(jwk(rsa.generate_private_key(65537, bits), "RS256"))
    assert_does_not_count(jwk(ec.generate_private_key(ec.SECP384R1()), "ES384"))


def test_keys_are_found_by_their_id_or_by_being_the_only_one():
    keys = Keys.from_jwks({"keys": [published("RSA"), published("EC")]})

    assert keys.find("rsa", "ES256").id == "rsa"
    assert keys.find(None, "RS256").id == "rsa"
    assert keys.find(None, "ES256").id == "ec"
    assert keys.find("second", "RS256") is None
    assert keys.find(None, "HS256") is None
    assert Keys.from_jwks({"keys": []}).find(None, "RS256") is None


def test_keys_without_an_id_may_be_several():
    other = jwk(private_key("RS256", "second"), "RS256")
    keys = Keys.from_jwks({"keys": [published("RSA", kid=None), other, published("EC")]})

    assert len(keys) == 3
    assert keys.find(None, "RS256") is None
    assert keys.find(None, "ES256").id == "ec"


def test_two_keys_of_one_id_do_not_count(caplog):
    twins = [published("RSA"), published("EC", kid="rsa")]

    keys = Keys.from_jwks({"keys": [*twins, published("OKP")]})

    assert [key.id for key in keys.known] == ["okp"]
    assert "several keys 'rsa'" in caplog.text


def test_a_key_for_something_else_does_not_disturb_its_namesake():
    keys = Keys.from_jwks({"keys": [published("RSA"), published("RSA", use="enc")]})

    assert keys.find("rsa", "RS256")


@pytest.mark.parametrize(
    "document",
    [None, [], {}, {"keys": None}, {"keys": {}}, {"keys": "x"}, {"keys": [{}] * (MOST + 1)}],
    ids=lambda document: str(document)[:20],
)
def test_what_is_no_list_of_keys_is_told(document):
    with pytest.raises(ValueError, match="no list"):
        Keys.from_jwks(document)
