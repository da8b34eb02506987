"""What builds are made by that are made by a manifest."""

import peewee

from ec_builds.store.database import Row
from ec_builds.store.prepared import Prepared


class Manifest(Row):
    """The text of a build's manifest, as it was submitted, or found in its code."""

    build_id = peewee.IntegerField(primary_key=True)
    text = peewee.TextField()

    @classmethod
    def text_of(cls, build_id):
        """The text for a build, or None."""
        found = TEXT.tuples(build_id)
        return found[0][0] if found else None

    @classmethod
    def texts(cls, build_ids):
        """The texts of builds, by their ids; of those that have one."""
        rows = cls.select(cls.build_id, cls.text).where(cls.build_id.in_(list(build_ids)))
        return dict(rows.tuples())


TEXT = Prepared(
    lambda build_id: Manifest.select(Manifest.text).where(Manifest.build_id == build_id)
)
