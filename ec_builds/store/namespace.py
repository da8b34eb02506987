"""An app by a path below its owner, such as `ada/games/chess`."""

import peewee

from ec_builds.store.account import Account
from ec_builds.store.app import App
from ec_builds.store.database import Row, database, now
from ec_builds.store.platform import Platform


class Namespace(Row):
    """The empty path is where the builds of an account go that name no namespace."""

    id = peewee.AutoField()
    app = peewee.ForeignKeyField(App)
    account = peewee.ForeignKeyField(Account)
    path = peewee.TextField()
    #: The topmost one, which decides who may look; None for one that is topmost itself.
    root_id = peewee.IntegerField(null=True)
    parent_id = peewee.IntegerField(null=True)
    description = peewee.TextField(default="")
    #: Who may look besides members: nobody (private), accounts (internal), everybody (public).
    visibility = peewee.TextField(default="private")
    #: What builds by manifests that are submitted to it.
    platform = peewee.ForeignKeyField(Platform, null=True)
    created = peewee.TextField(default=now)

    @classmethod
    def living(cls):
        """A query for those of apps that are there."""
        return cls.select().where(cls.app.in_(App.living().select(App.id)))

    @classmethod
    def at(cls, account_id, path, lock=None):
        """The namespace of an account with a path, or None; it may be locked: KEEP or CHANGE."""
        query = cls.living().where(cls.account == account_id, cls.path == path)
        return database.obj.locking(query, lock).first()

    @classmethod
    def locked(cls, row_id, lock):
        """The namespace with an id, locked; or None."""
        return database.obj.locking(cls.select().where(cls.id == row_id), lock).first()

    @classmethod
    def open_apps(cls, visibilities):
        """A query for the apps into which one may look; the topmost namespace decides."""
        top = cls.alias()
        roots = top.select(top.id).where(top.root_id.is_null(), top.visibility.in_(visibilities))
        is_top = cls.root_id.is_null() & cls.visibility.in_(visibilities)
        return cls.select(cls.app).where(cls.path != "", is_top | cls.root_id.in_(roots))

    @property
    def name(self):
        """The last part of its path."""
        return self.path.rpartition("/")[2]

    @property
    def top_id(self):
        """The id of the topmost one, which may be its own."""
        return self.root_id or self.id
