"""Objects: files that builds by manifests can have placed in their environment."""

import peewee

from ec_builds.store.account import Account
from ec_builds.store.app import App
from ec_builds.store.database import Row, now


class Thing(Row):
    """An object of an app. (Python has objects of its own.)"""

    id = peewee.BigAutoField()
    app = peewee.ForeignKeyField(App)
    author = peewee.ForeignKeyField(Account)
    name = peewee.TextField()
    #: Its media type, as its first bytes tell it.
    type = peewee.TextField()
    size = peewee.BigIntegerField()
    md5 = peewee.TextField()
    sha256 = peewee.TextField()
    #: Where it lies in the storage.
    key = peewee.TextField()
    created = peewee.TextField(default=now)

    class Meta:
        table_name = "object"

    @classmethod
    def living(cls):
        """A query for those of apps that are there."""
        return cls.select().where(cls.app.in_(App.living().select(App.id)))


class BuildObject(Row):
    """An object that the manifest of a build names, and where it goes to."""

    id = peewee.BigAutoField()
    build_id = peewee.IntegerField()
    #: The object; None when there was none of that name, or it was deleted.
    object = peewee.ForeignKeyField(Thing, null=True)
    #: The name of the object.
    source = peewee.TextField()
    #: The path to which it goes.
    name = peewee.TextField()
    placed = peewee.BooleanField(default=False)

    @classmethod
    def of(cls, build_id):
        """A query for the objects of a build, by their names."""
        return cls.select().where(cls.build_id == build_id).order_by(cls.source, cls.id)
