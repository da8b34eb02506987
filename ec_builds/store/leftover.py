"""Images in registries whose builds are gone, written down until they are removed there."""

import peewee

from ec_builds.store.database import Row


class Leftover(Row):
    """An image in a registry that nobody needs any more."""

    id = peewee.BigAutoField()
    #: The region as the settings call it, and the image there.
    region = peewee.TextField()
    reference = peewee.TextField()
    digest = peewee.TextField()
    app_id = peewee.TextField()
    attempts = peewee.IntegerField(default=0)
    #: Seconds since 1970 before which nobody tries.
    due = peewee.DoubleField(default=0)

    @classmethod
    def waiting(cls, moment, most):
        """Those that are to be removed now, a few at a time."""
        return list(cls.select().where(cls.due <= moment).order_by(cls.due, cls.id).limit(most))

    def postpone(self, due):
        """It could not be removed now."""
        cls = type(self)
        change = cls.update(attempts=cls.attempts + 1, due=due)
        change.where(cls.id == self.id).execute()
