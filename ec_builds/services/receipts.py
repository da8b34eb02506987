"""Requests that may be sent again without being done again (Idempotency-Key)."""

from ec_builds.errors import KeyReused
from ec_builds.store.database import Duplicate, transaction
from ec_builds.store.receipt import Receipt


class Receipts:
    def once(self, caller, key, request, collection, create):
        """Create a thing, or find the one that the same request has created before.

        `request` is a fingerprint of it. Raises KeyReused if another request had the key.
        """
        try:
            with transaction():
                known = Receipt.of(caller.id, key)
                if known is None:
                    thing = create()
                    Receipt.create(account_id=caller.id, key=key, request=request, thing=thing.id)
                    return thing
        except Duplicate:
            # The same request came twice at once, and the other one was faster.
            known = Receipt.of(caller.id, key)
            if known is None:
                raise
        if known.request != request:
            raise KeyReused(verbose="Another request was sent with this Idempotency-Key.")
        return collection.get(caller, known.thing)
