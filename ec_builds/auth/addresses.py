"""Signed addresses: for clients that can send no token, as when a browser downloads or watches.

Such an address is good for a while, for reading what is at it, and for nothing else. It says who
has made it, by which token; what these may do is decided anew whenever it is used.
"""

import base64
import hashlib
import hmac
import json
import time
from datetime import UTC, datetime

from ec_builds.auth.caller import Caller
from ec_builds.errors import ExpiredToken, InvalidToken
from ec_builds.store.account import Account, Token
from ec_builds.store.database import now, timestamp
from ec_builds.store.prepared import find

#: What the key for signatures is made for: it signs nothing else, and tokens have another one.
PURPOSE = b"ec-builds: signed addresses"
#: Seconds for which an address is good if nothing else is said.
USUAL = 300
METHODS = ("GET", "HEAD")


class Addresses:
    """Signs addresses, and knows those again that it has signed. `key` is the server's secret."""

    def __init__(self, key):
        self.key = hmac.digest(key.encode(), PURPOSE, hashlib.sha256)

    def sign(self, caller, path, query, seconds=USUAL):
        """What has to be added to an address, and when it ends.

        path: below the root, beginning with a slash; query: its parameters, as pairs.
        It ends at the latest with the token by which the caller came.
        """
        expires = int(time.time()) + seconds
        if caller.expires:
            expires = min(expires, int(datetime.fromisoformat(caller.expires).timestamp()))
        by = caller.token.id if caller.token is not None else ""
        signed = f"{expires}.{caller.id}.{by}"
        ends = timestamp(datetime.fromtimestamp(expires, UTC))
        return f"{signed}.{self.mac(signed, path, query)}", ends

    def verify(self, text, method, path, query):
        """The Caller who has signed an address. Raises InvalidToken or ExpiredToken."""
        signed, _, mac = text.rpartition(".")
        wanted = self.mac(signed, path, query)
        if not hmac.compare_digest(mac.encode("utf-8", "replace"), wanted.encode()):
            raise InvalidToken(verbose="This is no signature of this address.")
        if method not in METHODS:
            raise InvalidToken(verbose="A signed address is good for GET and HEAD only.")
        expires, account_id, token_id = signed.split(".")
        if int(expires) <= time.time():
            raise ExpiredToken(verbose="This address was good for a while only; make another one.")
        return current(account_id, token_id)

    def mac(self, signed, path, query):
        """The signature, over the one spelling of an address; its parameters have no order."""
        message = json.dumps([signed, path, sorted(query)]).encode()
        digest = hmac.digest(self.key, message, hashlib.sha256)
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def current(account_id, token_id=None):
    """The Caller of an account, by a token if it came by one, as they are now.

    Raises InvalidToken and ExpiredToken for those that are no good any more.
    """
    account, token = find(Account, account_id), None
    if token_id:
        token = find(Token, token_id)
        if token is None or token.revoked or token.account_id != account_id:
            raise InvalidToken
        if token.expires and token.expires < now():
            raise ExpiredToken
    if account is None:
        raise InvalidToken
    return Caller(account, token)
