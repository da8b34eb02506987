"""Variables of apps, and those that a build was submitted with."""

from datetime import UTC, datetime, timedelta

import peewee

from ec_builds.store.account import Account
from ec_builds.store.app import App
from ec_builds.store.database import Row, new_id, now, timestamp
from ec_builds.store.sealing import SealedJSONField, SealedRow

#: Minutes after which nobody is about to need a new one any more.
AGE = 10


class Secret(SealedRow):
    """A value that is sealed and never changed. Whoever needs another one makes another row."""

    id = peewee.TextField(primary_key=True, default=new_id)
    #: The value itself.
    config = SealedJSONField()
    created = peewee.TextField(default=now)

    @classmethod
    def keep(cls, text):
        """Seal a text. Returns its row."""
        return cls.create(config=text)

    @classmethod
    def purge(cls, moment=None):
        """Remove those that nothing needs any more, and that are no newer than a moment."""
        old = timestamp(moment or datetime.now(UTC) - timedelta(minutes=AGE))
        query = cls.delete().where(cls.created < old)
        for reference in cls._meta.backrefs:  # the tables that have such a column
            needed = reference.model.select(reference).where(reference.is_null(False))
            query = query.where(cls.id.not_in(needed))
        return query.execute()


class Variable(Row):
    """A variable that all builds by manifests in an app see from now on."""

    id = peewee.BigAutoField()
    app = peewee.ForeignKeyField(App)
    author = peewee.ForeignKeyField(Account)
    key = peewee.TextField()
    secret = peewee.ForeignKeyField(Secret)
    #: Whether its value is shown to nobody, and masked in what builds print.
    masked = peewee.BooleanField(default=False)
    created = peewee.TextField(default=now)

    @classmethod
    def living(cls):
        """A query for those of apps that are there."""
        return cls.select().where(cls.app.in_(App.living().select(App.id)))


class BuildVariable(Row):
    """A variable as a build got it when it was submitted."""

    id = peewee.BigAutoField()
    build_id = peewee.IntegerField()
    #: The variable of the app; None for one of the manifest, whose value is here.
    variable_id = peewee.BigIntegerField(null=True)
    key = peewee.TextField()
    value = peewee.TextField(null=True)
    secret = peewee.ForeignKeyField(Secret, null=True)
    masked = peewee.BooleanField(default=False)

    @classmethod
    def of(cls, build_id):
        """A query for the variables of a build, in the order in which they count."""
        return cls.select().where(cls.build_id == build_id).order_by(cls.id)

    @property
    def text(self):
        """Its value."""
        return self.value if self.secret_id is None else self.secret.config
