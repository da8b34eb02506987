"""An app: what a customer builds. It owns everything below it."""

import peewee

from ec_builds.store.database import Living, new_id, now


def short_id(app_id):
    """Eight hex digits from a UUID: its halves XORed, and the halves of that (reference 1.6)."""
    digits = int(app_id.replace("-", ""), 16)
    half = (digits >> 64) ^ (digits & (2**64 - 1))
    return f"{(half >> 32) ^ (half & (2**32 - 1)):08x}"


class App(Living):
    id = peewee.TextField(primary_key=True, default=new_id)
    short_id = peewee.TextField()
    title = peewee.TextField()
    hex_color = peewee.TextField()
    created = peewee.TextField(default=now)
    #: What is kept of its builds: that many, that many days, that many bytes; None is no limit.
    keep_newest = peewee.IntegerField(null=True)
    keep_days = peewee.DoubleField(null=True)
    keep_bytes = peewee.BigIntegerField(null=True)

    @classmethod
    def make(cls, title, hex_color):
        """A new app. Folders and sites are named by short ids, so no two apps have the same,
        not even if one of them was deleted."""
        app_id = new_id()
        while cls.select().where(cls.short_id == short_id(app_id)).exists():
            app_id = new_id()
        return cls.create(
            id=app_id, short_id=short_id(app_id), title=title, hex_color=hex_color
        )

    @property
    def app_id(self):
        """The app that it belongs to: itself."""
        return self.id
