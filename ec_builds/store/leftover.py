"""Images in registries that nobody is to find there, until they are removed."""

import peewee

from ec_builds.store.database import Row
from ec_builds.store.prepared import Prepared


class Leftover(Row):
    """An image of a build that does not end well, or is gone."""

    id = peewee.BigAutoField()
    app_id = peewee.TextField()
    build_id = peewee.IntegerField()
    #: The region as the settings call it, and the image there.
    region = peewee.TextField()
    reference = peewee.TextField()
    attempts = peewee.IntegerField(default=0)
    #: Seconds since 1970 before which nobody tries; None as long as the build runs.
    due = peewee.DoubleField(null=True)

    @classmethod
    def expect(cls, build, region, reference, due=None):
        """An image is about to be in a registry, or is to be removed there when it is due."""
        told = {"app_id": build.app_id, "build_id": build.id, "due": due}
        row = {"region": region, "reference": reference, **told}
        cls.insert(row).on_conflict_ignore().execute()

    @classmethod
    def settle(cls, build_id, is_kept):
        """A build has ended: what it has left stays, or is to be removed."""
        (KEEP if is_kept else REMOVE).change(build_id)

    @classmethod
    def is_expected(cls, app_id, region):
        """Whether a build of an app still runs that may have left an image in a region."""
        mine = cls.select().where(cls.app_id == app_id, cls.region == region, cls.due.is_null())
        return mine.exists()

    @classmethod
    def waiting(cls, moment, most):
        """Those that are to be removed now, a few at a time."""
        return list(cls.select().where(cls.due <= moment).order_by(cls.due, cls.id).limit(most))

    def postpone(self, due):
        """It could not be removed now."""
        cls = type(self)
        change = cls.update(attempts=cls.attempts + 1, due=due)
        change.where(cls.id == self.id).execute()


KEEP = Prepared(lambda build_id: Leftover.delete().where(Leftover.build_id == build_id))
REMOVE = Prepared(lambda build_id: Leftover.update(due=0).where(Leftover.build_id == build_id))
