"""What was created for a request that its client may send again."""

import peewee

from ec_builds.store.database import Row, now


class Receipt(Row):
    """That an account's request with a key has created a thing."""

    account_id = peewee.TextField()
    key = peewee.TextField()
    #: A fingerprint of the request: the same key with another request is a mistake.
    request = peewee.TextField()
    #: The id of what was created, as text.
    thing = peewee.TextField()
    created = peewee.TextField(default=now)

    class Meta:
        primary_key = peewee.CompositeKey("account_id", "key")

    @classmethod
    def of(cls, account_id, key):
        """The receipt that an account has under a key, or None."""
        return cls.get_or_none(cls.account_id == account_id, cls.key == key)

    @classmethod
    def forget(cls, before):
        """Remove what is older than a moment."""
        cls.delete().where(cls.created < before).execute()
