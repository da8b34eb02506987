"""Issues and verifies access tokens.

A token is a JWT, because the official client refuses anything else, with a
random `jti`. The database knows a fingerprint of that id and decides what the
token is worth; its claims alone decide nothing.
"""

import hashlib
import logging
import math
import re
import secrets
from datetime import UTC, datetime, timedelta

import jwt

from ec_builds.auth.caller import Caller
from ec_builds.errors import ExpiredToken, InvalidToken
from ec_builds.store.account import Account, Token
from ec_builds.store.database import Unwritable, now, timestamp, transaction
from ec_builds.store.identity import KnownIdentity

log = logging.getLogger(__name__)

ALGORITHM = "HS256"
ISSUER = "ec-builds"
#: The account that the first token belongs to.
ADMIN = ("admin", "admin@localhost")
#: A token in short, for clients that know such ones only: its random id, which is as hard to guess.
SHORT = re.compile(r"[0-9a-f]{32}")
#: Longer ones are none of ours, and are not looked at.
LONGEST = 4096


def short(text):
    """A token that was issued here in short: the same token for who knows such ones only."""
    return jwt.decode(text, options={"verify_signature": False})["jti"]


def fingerprint(jti):
    return hashlib.sha256(jti.encode()).hexdigest()


class Tokens:
    """All tokens of a server; `key` signs them. Those of an identity provider count, too."""

    def __init__(self, key, provider=None):
        self.key, self.provider = key, provider

    def issue(
        self, account, name, seconds=None, scopes=None, app_ids=None, expires=None, maker=None
    ):
        """A new token for an account, as row and as text. It cannot be shown again.

        seconds, expires: how long it is good, or until when; None for as long as it is not revoked.
        scopes, app_ids: what it is good for; None for all that the account may do.
        maker: the token with which it ends.
        """
        jti = secrets.token_hex(16)
        moment = datetime.now(UTC)
        claims = {"iss": ISSUER, "sub": account.id, "jti": jti, "iat": moment}
        if seconds is not None:
            expires = timestamp(moment + timedelta(seconds=seconds))
        if expires is not None:  # the claim knows whole seconds; the row knows better
            claims["exp"] = math.ceil(datetime.fromisoformat(expires).timestamp())
        row = Token.make(
            app_ids,
            fingerprint=fingerprint(jti),
            account=account,
            name=name,
            expires=expires,
            scopes=scopes,
            maker=maker,
        )
        return row, jwt.encode(claims, self.key, ALGORITHM)

    def verify(self, text):
        """The Caller that a token speaks for. Raises InvalidToken or ExpiredToken.

        Whose it says that it is chooses the rules, and all of these have to hold then.
        """
        if self.provider and self.provider.has_issued(text):
            identity = self.provider.verify(text)
            account = KnownIdentity.account_of(identity)
            return Caller(account, granted=identity.scopes, until=identity.expires)
        if len(text) > LONGEST:
            raise InvalidToken
        if SHORT.fullmatch(text):
            return self.caller_of(Token.known(fingerprint(text)))
        try:
            claims = jwt.decode(
                text,
                self.key,
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                options={"require": ["jti", "sub"]},
            )
        except jwt.ExpiredSignatureError as error:
            raise ExpiredToken from error
        except (jwt.InvalidTokenError, ValueError) as error:
            raise InvalidToken from error
        return self.caller(claims)

    def caller(self, claims):
        token = Token.known(fingerprint(str(claims["jti"])))
        if token is None or token.account_id != claims["sub"]:
            raise InvalidToken
        return self.caller_of(token)

    def caller_of(self, token):
        if token is None or token.revoked:
            raise InvalidToken
        if token.expires and token.expires < now():
            raise ExpiredToken
        note_use(token)
        return Caller(token.account, token)

    def first(self, known):
        """The admin's token: the one that is known already, or a new one. Returns text, is_new."""
        if known:
            try:
                self.verify(known)
                return known, False
            except (InvalidToken, ExpiredToken):
                pass  # another key, another database, or revoked: the admin needs a new one
        with transaction():
            return self.issue(admin(), "first token")[1], True


def note_use(token):
    """Remember that a token is used; that this cannot be written keeps nobody from reading."""
    try:
        token.note_use()
    except Unwritable as error:
        log.warning("It could not be written down that a token was used: %s", error)


def admin():
    """The account of whoever runs the server."""
    return Account.named(*ADMIN, admin=True)
