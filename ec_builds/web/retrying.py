"""POST that can be sent again when its answer was lost: the header Idempotency-Key."""

import hashlib
import re

from flask import request

from ec_builds.errors import Unmatched
from ec_builds.web.current import caller, runtime

HEADER = "Idempotency-Key"


def once(collection, create):
    """What `create` creates; with a key, what it has created the first time."""
    key = request.headers.get(HEADER)
    if key is None:
        return create()
    if not re.fullmatch(r"[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?", key):
        raise Unmatched(HEADER, "It should be 1 to 255 printable characters.")
    return runtime.receipts.once(caller(), key, fingerprint(), collection, create)


def fingerprint():
    """A hash over all of a request that decides what it creates.

    It is kept, and the request may hold a secret that is short: without the server's key nobody
    can try out which one it was.
    """
    parameters = sorted(request.args.items(multi=True))
    whole = repr((request.method, request.path, parameters)).encode() + request.get_data(cache=True)
    key = hashlib.sha512(runtime.tokens.key.encode()).digest()
    return hashlib.blake2b(whole, digest_size=32, key=key, person=b"receipt").hexdigest()
