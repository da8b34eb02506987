"""An identity provider: who its tokens speak of.

A token is a JWT that somebody else has signed. What it says counts only if a key
of its issuer fits, and the key says which algorithms may be used with it; the
header of a token chooses nothing but one of those keys by its id.
"""

import jwt

from ec_builds.auth.provider.claims import Claims, Identity
from ec_builds.auth.provider.discovery import Discovery, is_address
from ec_builds.auth.provider.keyring import Keyring
from ec_builds.auth.provider.keys import SharedKey
from ec_builds.auth.tokens import ISSUER
from ec_builds.errors import ExpiredToken, InvalidToken, UsageError

__all__ = ["Claims", "Identity", "Provider", "SIZE", "open_provider"]

#: Longer tokens are not looked at; a header of a request has room for no more either.
LONGEST = 8192
#: Bytes of a document about keys.
SIZE = 1 << 18
#: What a header may say that it is the header of: access tokens, in both spellings.
TYPES = ("jwt", "at+jwt")
#: Headers that bring a key along or change how a token is read. Nobody honest needs them here.
REFUSED = ("b64", "crit", "enc", "jku", "jwk", "x5c", "x5u", "zip")
#: What a failure of the library means, in the words of this server; the first that fits holds.
SENTENCES = (
    (jwt.InvalidAlgorithmError, "Its algorithm (alg) does not fit the key that it names."),
    (jwt.InvalidSignatureError, "Its signature is not the issuer's."),
    (jwt.InvalidAudienceError, "It is meant for others: its aud is not EC_BUILDS_JWT_AUDIENCE."),
    (jwt.ImmatureSignatureError, "It is not valid yet (nbf, iat); compare the clocks."),
    (jwt.InvalidIssuedAtError, "Its iat is no moment."),
)


class Provider:
    """An issuer whose tokens this server takes, besides its own."""

    def __init__(self, issuer, keys, audience=(), skew=60, claims=None):
        #: keys: finds the key that the header of a token names, a SharedKey or a Keyring.
        self.issuer, self.keys = issuer, keys
        self.audience, self.skew = audience, skew
        self.claims = claims or Claims()

    def has_issued(self, text):
        """Whether a token says that it comes from here, which may be a lie."""
        if len(text) > LONGEST:
            return False
        try:
            told = jwt.decode(text, options={"verify_signature": False})
        except (jwt.PyJWTError, ValueError, RecursionError):
            return False
        return told.get("iss") == self.issuer

    def verify(self, text):
        """The `Identity` that a token speaks of. Raises InvalidToken, ExpiredToken, Unavailable."""
        if len(text) > LONGEST:
            raise InvalidToken(verbose=f"It is longer than {LONGEST} characters.")
        try:
            header = jwt.get_unverified_header(text)
            check_header(header)
            key = self.keys.find(header.get("kid"), header.get("alg"))
            return self.claims.identity(self.told(text, key))
        except jwt.ExpiredSignatureError as error:
            raise ExpiredToken(verbose="Its time is over (exp); fetch a new one.") from error
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            raise InvalidToken(verbose=sentence(error)) from error

    def told(self, text, key):
        """The claims of a token, once they are known to be true and to hold now."""
        return jwt.decode(
            text,
            key.material,
            algorithms=key.algorithms,
            issuer=self.issuer,
            audience=self.audience or None,
            leeway=self.skew,
            options={"require": ["exp", "iss", "sub"]},
        )


def check_header(header):
    """Raises InvalidToken for a header that wants more than to name a key."""
    if unwanted := [name for name in REFUSED if name in header]:
        raise InvalidToken(verbose=f"Its header has {', '.join(unwanted)}, which is not accepted.")
    kind = str(header.get("typ", "JWT")).lower().removeprefix("application/")
    if kind not in TYPES:
        raise InvalidToken(verbose="It is no access token: its header has another typ.")


def sentence(error):
    """What is wrong with a token, for whoever has sent it."""
    if isinstance(error, jwt.MissingRequiredClaimError):
        return f"It has no {error.claim}."
    told = (words for kind, words in SENTENCES if isinstance(error, kind))
    return next(told, "It cannot be read.")


def open_provider(
    network, issuer=None, audience=(), jwks_url=None, key=None, skew=60, mapping=None, emails=None
):
    """The provider that the settings describe; None without an issuer. Nobody is asked yet.

    network: the way to its keys. Raises UsageError for settings that make no sense together.
    """
    if issuer is None:
        check_needless(AUDIENCE=audience, JWKS_URL=jwks_url, KEY=key, CLAIMS=mapping)
        return None
    check_issuer(issuer, has_keys=bool(jwks_url or key))
    if key and jwks_url:
        raise UsageError(
            "Of EC_BUILDS_JWT_KEY and EC_BUILDS_JWT_JWKS_URL only one can be set: a shared key "
            "takes the place of published ones."
        )
    keys = SharedKey(key) if key else Keyring(Discovery(network, issuer, jwks_url))
    return Provider(issuer, keys, audience, skew, Claims(mapping, emails))


def check_needless(**settings):
    """Raises UsageError for a setting that means nothing without an issuer."""
    for name, value in settings.items():
        if value:
            raise UsageError(
                f"EC_BUILDS_JWT_{name} means nothing without EC_BUILDS_JWT_ISSUER, which says "
                "whose tokens are accepted."
            )


def check_issuer(issuer, has_keys):
    """Raises UsageError for an issuer that is this server itself, or whose keys nobody can find."""
    if issuer == ISSUER:
        raise UsageError(
            f"EC_BUILDS_JWT_ISSUER cannot be {ISSUER}: this is what the server's own tokens say."
        )
    if not has_keys and ("?" in issuer or not is_address(issuer)):
        raise UsageError(
            "EC_BUILDS_JWT_ISSUER should be an address at which the provider tells about itself, "
            "such as https://login.example.com; or set EC_BUILDS_JWT_JWKS_URL or EC_BUILDS_JWT_KEY."
        )
