"""Who wants to be told of what happens in an app, and what they are still to be told."""

import peewee

from ec_builds.store.account import Account
from ec_builds.store.app import App
from ec_builds.store.database import JSONField, Row, now
from ec_builds.store.variable import Secret


class Webhook(Row):
    """An address that is told of events in an app."""

    id = peewee.BigAutoField()
    app = peewee.ForeignKeyField(App)
    author = peewee.ForeignKeyField(Account)
    url = peewee.TextField()
    #: With what deliveries are signed.
    secret = peewee.ForeignKeyField(Secret, null=True)
    #: Whether the certificate of the address has to be good.
    verified = peewee.BooleanField(default=True)
    active = peewee.BooleanField(default=True)
    #: The names of the events that it wants.
    events = JSONField()
    created = peewee.TextField(default=now)

    @classmethod
    def living(cls):
        """A query for those of apps that are there."""
        return cls.select().where(cls.app.in_(App.living().select(App.id)))


class Delivery(Row):
    """An event on its way to a webhook, and how the last attempt ended."""

    id = peewee.BigAutoField()
    webhook = peewee.ForeignKeyField(Webhook)
    event = peewee.TextField()
    #: The bytes that are sent, as text.
    body = peewee.TextField()
    created = peewee.TextField(default=now)
    attempts = peewee.IntegerField(default=0)
    #: Seconds since 1970 before which nobody tries; None when it is over.
    due = peewee.DoubleField(null=True)
    code = peewee.IntegerField(null=True)
    error = peewee.TextField(null=True)
    seconds = peewee.DoubleField(null=True)
    tried = peewee.TextField(null=True)
