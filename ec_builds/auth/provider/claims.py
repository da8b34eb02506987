"""What a token says about a person, as far as this server wants to know."""

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from ec_builds.errors import InvalidToken
from ec_builds.store.database import timestamp

#: Where claims are that a setting can look for elsewhere.
STANDARD = {"email": "email", "email_verified": "email_verified", "username": "preferred_username"}
#: The year 9999 ends then.
LAST = 253402300799
#: An email that can be compared without case: other alphabets have letters that only look alike.
EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
#: A right, as tokens of this server have them.
SCOPE = re.compile(r"[a-z]+:[a-z]+")


@dataclass(frozen=True)
class Identity:
    """Who somebody is to an issuer. Issuer and subject are the person, the rest may change."""

    issuer: str
    subject: str
    email: str | None
    #: Whether the issuer vouches for the email; else it may be anybody's.
    email_verified: bool
    username: str | None
    expires: str
    #: The rights that the token is limited to; None if nothing limits it.
    scopes: tuple[str, ...] | None = None


class Claims:
    """Where an issuer puts what this server wants to know."""

    def __init__(self, mapping=None, emails=None):
        #: mapping: names of this server to those of the issuer's claims.
        self.places = STANDARD | dict(mapping or {})
        self.emails = emails or "verified"

    def identity(self, claims):
        """The identity that the claims of a true token tell. Raises InvalidToken."""
        email = self.email(claims)
        return Identity(
            issuer=claims["iss"],
            subject=subject(claims),
            email=email,
            email_verified=bool(email) and self.is_verified(claims),
            username=word(self.claim(claims, "username")),
            expires=expiry(claims),
            scopes=self.scopes(claims),
        )

    def claim(self, claims, name):
        return claims.get(self.places[name])

    def email(self, claims):
        """The email, if it is one."""
        email = word(self.claim(claims, "email"))
        return email if email and len(email) <= 254 and EMAIL.fullmatch(email) else None

    def is_verified(self, claims):
        """Whether the email is the person's; some providers write the word instead of the value."""
        told = self.claim(claims, "email_verified")
        return self.emails == "all" or told is True or told == "true"

    def scopes(self, claims):
        """The rights that a token is limited to, if a setting says which claim tells."""
        if "scopes" not in self.places:
            return None
        told = self.claim(claims, "scopes")
        words = told.split() if isinstance(told, str) else told if isinstance(told, list) else ()
        scopes = tuple(each for each in words if isinstance(each, str) and SCOPE.fullmatch(each))
        if not scopes:  # which must not be taken for no limit at all
            raise InvalidToken(verbose=f"It has no rights here: {self.places['scopes']} has none.")
        return scopes


def subject(claims):
    """Who it is. What no database can keep is nobody."""
    subject = word(claims["sub"])
    if not subject:
        raise InvalidToken(verbose="Its sub is not a text of 1 to 255 printable characters.")
    return subject


def expiry(claims):
    """When the token ends, as the database writes moments."""
    for name in ("exp", "nbf", "iat"):
        check_moment(name, claims.get(name, 0))
    return timestamp(datetime.fromtimestamp(claims["exp"], UTC))


def check_moment(name, value):
    """Raises InvalidToken unless a claim is a number of seconds; True and "1" are none."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or not 0 <= value <= LAST:
        raise InvalidToken(verbose=f"Its {name} is no moment.")


def word(value):
    """A short text that can be kept and shown; None for anything else."""
    is_text = isinstance(value, str) and value.isprintable() and 0 < len(value) <= 255
    return value if is_text else None
