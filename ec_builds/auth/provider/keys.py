"""The keys of an issuer, and what each of them may verify."""

import logging
from collections import Counter
from dataclasses import dataclass, field

import jwt
from jwt.algorithms import HMACAlgorithm

from ec_builds.errors import UsageError

log = logging.getLogger(__name__)

#: What each kind of key may verify, and what a document has to tell of it. Shared keys are not
#: among them: what is published is no secret.
KINDS = {
    "RSA": (("RS256", "PS256"), ("n", "e")),
    "EC": (("ES256",), ("crv", "x", "y")),
    "OKP": (("EdDSA",), ("crv", "x")),
}
CURVES = {"EC": "P-256", "OKP": "Ed25519"}
#: Bits of an RSA key: fewer can be broken, more cost too much each time.
SMALLEST, LARGEST = 2048, 8192
#: Bytes of a shared key, as many as the hash has that it is used with.
SHORTEST = 32
#: Keys of one issuer.
MOST = 100


class Unusable(ValueError):
    """A key that proves nothing; the message says why."""


@dataclass(frozen=True)
class Key:
    """Something that verifies signatures, made with certain algorithms and no others."""

    id: str | None
    algorithms: tuple[str, ...]
    material: object = field(repr=False)

    @classmethod
    def from_jwk(cls, jwk):
        """A public key from a document of its issuer. Raises Unusable."""
        if not isinstance(jwk, dict) or jwk.get("kty") not in tuple(KINDS):
            raise Unusable("its kind (kty) is not RSA, EC or OKP")
        kind = jwk["kty"]
        algorithms, parameters = KINDS[kind]
        check_purpose(jwk)
        if jwk.get("crv") != CURVES.get(kind):
            raise Unusable("its curve (crv) is not accepted")
        if jwk.get("alg") is not None:
            algorithms = tuple(each for each in algorithms if each == jwk["alg"])
            if not algorithms:
                raise Unusable("its algorithm (alg) is not accepted")
        if not all(isinstance(jwk.get(name), str) for name in parameters):
            raise Unusable(f"it lacks one of {', '.join(parameters)}")
        public = {"kty": kind} | {name: jwk[name] for name in parameters}
        return cls(key_id(jwk), algorithms, material(public, algorithms[0]))


def check_purpose(jwk):
    """Raises Unusable for a key that is not there for signatures."""
    operations = jwk.get("key_ops", ["verify"])
    if jwk.get("use", "sig") != "sig":
        raise Unusable("it is not for signatures (use)")
    if not isinstance(operations, list) or "verify" not in operations:
        raise Unusable("it is not for signatures (key_ops)")


def key_id(jwk):
    kid = jwk.get("kid")
    if kid is not None and not isinstance(kid, str):
        raise Unusable("its id (kid) is no text")
    return kid


def material(public, algorithm):
    """The key itself; nothing private is left in it."""
    try:
        key = jwt.PyJWK(public, algorithm).key
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise Unusable("it cannot be read") from error
    if public["kty"] == "RSA" and not SMALLEST <= key.key_size <= LARGEST:
        raise Unusable(f"it has {key.key_size} bits, not {SMALLEST} to {LARGEST}")
    return key


class Keys:
    """The keys that an issuer has published."""

    def __init__(self, keys):
        times = Counter(key.id for key in keys if key.id is not None)
        #: Two keys of one id could be told apart only by what a token says.
        self.known = tuple(key for key in keys if times[key.id] < 2)
        for twice in (kid for kid, number in times.items() if number > 1):
            log.warning("An identity provider has several keys %.60r; none of them counts", twice)

    @classmethod
    def from_jwks(cls, document):
        """The keys of a document that are of use. Raises ValueError if it is none of keys."""
        listed = document.get("keys") if isinstance(document, dict) else None
        if not isinstance(listed, list) or len(listed) > MOST:
            raise ValueError(f"it is no list of at most {MOST} keys")
        usable = []
        for jwk in listed:
            try:
                usable.append(Key.from_jwk(jwk))
            except Unusable as error:
                log.info("A key of an identity provider does not count: %s", error)
        return cls(usable)

    def find(self, kid, algorithm):
        """The key of an id; without an id the only one that fits the algorithm. Or None."""
        if kid is None:
            found = [key for key in self.known if algorithm in key.algorithms]
        else:
            found = [key for key in self.known if key.id == kid]
        return found[0] if len(found) == 1 else None

    def __len__(self):
        return len(self.known)


class SharedKey:
    """A secret that issuer and server share, and that signs and verifies alike."""

    def __init__(self, text):
        """Raises UsageError for what is no secret, or is too short for one."""
        material = text.encode()
        if len(material) < SHORTEST:
            raise UsageError(f"EC_BUILDS_JWT_KEY should have {SHORTEST} bytes at least.")
        try:
            HMACAlgorithm(HMACAlgorithm.SHA256).prepare_key(material)
        except jwt.InvalidKeyError as error:
            raise UsageError(
                "EC_BUILDS_JWT_KEY should be a secret that the provider shares with this server; "
                "it is one half of a pair of keys, or a certificate."
            ) from error
        self.key = Key(None, ("HS256",), material)

    def find(self, kid, algorithm):
        """The secret, whatever a token calls it."""
        return self.key

    def check(self):
        """What is known of the keys."""
        return "a shared key"
