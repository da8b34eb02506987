"""An account, and the tokens that act for it."""

import peewee

from ec_builds.store.app import App
from ec_builds.store.database import JSONField, Row, new_id, now, remark, transaction
from ec_builds.store.prepared import Prepared, find


class Account(Row):
    """A person or a machine that uses the server."""

    id = peewee.TextField(primary_key=True, default=new_id)
    email = peewee.TextField()
    username = peewee.TextField()
    created = peewee.TextField(default=now)
    #: Whether it may do everything with everything.
    admin = peewee.BooleanField(default=False)

    @classmethod
    def of(cls, email):
        """The account of an email, or None."""
        return cls.get_or_none(cls.email == email)

    @classmethod
    def names_like(cls, username):
        """The usernames that begin with one."""
        return {name for name, in cls.select(cls.username)
                .where(cls.username.startswith(username)).tuples()}

    @classmethod
    def named(cls, username, email, admin=False):
        """The account of this name, made if there is none."""
        cls.insert(username=username, email=email, admin=admin).on_conflict_ignore().execute()
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
    #: What it is good for; None for all that its account may do.
    scopes = JSONField(null=True)
    #: Whether it is good for some apps only: those of its TokenApps.
    limited = peewee.BooleanField(default=False)
    #: When it was used last, to the minute.
    used = peewee.TextField(null=True)
    #: By which token it was made, if that one has limits of its own: it ends with that one.
    maker = peewee.ForeignKeyField("self", null=True)

    @classmethod
    def living(cls):
        """A query for those that have not been revoked; they may have expired."""
        return cls.select().where(cls.revoked.is_null())

    @classmethod
    def known(cls, fingerprint):
        """The token with a fingerprint, and its account; None if there is none."""
        token = BY_FINGERPRINT.first(cls, fingerprint)
        if token is not None:
            token.account = find(Account, token.account_id)
        return token

    @classmethod
    def make(cls, app_ids=None, **values):
        """A new one; with `app_ids` it is limited to these apps."""
        with transaction():
            token = cls.create(limited=app_ids is not None, **values)
            for app_id in app_ids or ():
                TokenApp.create(token=token, app=app_id)
        return token

    @classmethod
    def good(cls, account_id):
        """A query for those of an account that can be used."""
        is_good = cls.expires.is_null() | (cls.expires > now())
        return cls.living().where(cls.account == account_id, is_good)

    @property
    def bounded(self):
        """Whether it is good for less than its account, or for some time only."""
        return self.limited or self.scopes is not None or self.expires is not None

    def remove(self):
        """Revoke it, for good, and with it those that end with it."""
        ending = [self.id]
        while ending:
            living = Token.revoked.is_null()
            Token.update(revoked=now()).where(Token.id.in_(ending), living).execute()
            made = Token.select(Token.id).where(Token.maker.in_(ending), living)
            ending = [each.id for each in made]

    def note_use(self):
        """Remember that it was used, once a minute; a remark that nobody has to wait for."""
        minute = now()[:16]
        if (self.used or "")[:16] < minute:
            with remark():
                self.update(used=now()).where(Token.id == self.id).execute()

    def app_ids(self):
        """The ids of the living apps that it is limited to; None without a limit."""
        return [app_id for (app_id,) in LIMITS.tuples(self.id)] if self.limited else None


class TokenApp(Row):
    """That a limited token is good for an app."""

    token = peewee.ForeignKeyField(Token)
    app = peewee.ForeignKeyField(App)

    class Meta:
        primary_key = peewee.CompositeKey("token", "app")


#: The query for the token with a fingerprint.
BY_FINGERPRINT = Prepared(
    lambda fingerprint: Token.select().where(Token.fingerprint == fingerprint)
)
#: The query for the apps of a token.
LIMITS = Prepared(
    lambda token_id: TokenApp.select(TokenApp.app)
    .where(TokenApp.token == token_id, TokenApp.app.in_(App.living().select(App.id)))
    .order_by(TokenApp.app)
)
