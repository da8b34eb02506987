"""An account, and the tokens that act for it."""

import peewee

from ec_builds.store.database import Row, new_id, now
from ec_builds.store.prepared import Prepared, find


class Account(Row):
    """A person or a machine that uses the server."""

    id = peewee.TextField(primary_key=True, default=new_id)
    email = peewee.TextField()
    username = peewee.TextField()
    created = peewee.TextField(default=now)

    @classmethod
    def named(cls, username, email):
        """The account of this name, made if there is none."""
        cls.insert(username=username, email=email).on_conflict_ignore().execute()
        return cls.get(cls.username == username)

    @property
    def signature(self):
        """How a run remembers who asked for it."""
        return {"email": self.email, "accountID": self.id}


class Token(Row):
    """An access token; of its secret part only a fingerprint is kept."""

    id = peewee.TextField(primary_key=True, default=new_id)
    fingerprint = peewee.TextField()
    account = peewee.ForeignKeyField(Account)
    name = peewee.TextField()
    created = peewee.TextField(default=now)
    expires = peewee.TextField(null=True)
    revoked = peewee.TextField(null=True)

    @classmethod
    def known(cls, fingerprint):
        """The token with a fingerprint, and its account; None if there is none."""
        token = BY_FINGERPRINT.first(cls, fingerprint)
        if token is not None:
            token.account = find(Account, token.account_id)
        return token


#: The query for the token with a fingerprint.
BY_FINGERPRINT = Prepared(
    lambda fingerprint: Token.select().where(Token.fingerprint == fingerprint)
)
