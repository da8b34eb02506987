"""The artifacts of a build: files that its jobs leave, each kept by itself."""

import peewee

from ec_builds.store.database import Row, now
from ec_builds.store.prepared import Prepared


class Artifact(Row):
    """A file that a job is to leave; it has a size and hashes once it was collected."""

    id = peewee.BigAutoField()
    build_id = peewee.IntegerField()
    job_id = peewee.BigIntegerField()
    #: The path that the job leaves it at, as the manifest says it.
    source = peewee.TextField()
    name = peewee.TextField()
    #: Whether the manifest names it; others were found by its patterns.
    declared = peewee.BooleanField(default=True)
    created = peewee.TextField(default=now)
    size = peewee.BigIntegerField(null=True)
    md5 = peewee.TextField(null=True)
    sha256 = peewee.TextField(null=True)
    #: Where it lies in the storage.
    key = peewee.TextField(null=True)
    #: When its bytes were removed to make room for newer ones.
    let_go = peewee.TextField(null=True)

    @classmethod
    def of(cls, build_id):
        """A query for the artifacts of a build, by their names."""
        return cls.select().where(cls.build_id == build_id).order_by(cls.name, cls.id)


#: What forgets what an attempt has collected that did not come to its end.
FORGET = Prepared(
    lambda build_id: Artifact.update(size=None, md5=None, sha256=None, key=None).where(
        Artifact.build_id == build_id, Artifact.key.is_null(False)
    )
)
#: What removes the rows of what it has found by patterns.
REMOVE = Prepared(
    lambda build_id, declared: Artifact.delete().where(
        Artifact.build_id == build_id, Artifact.declared == declared
    )
)


def keys_of(build_id):
    """Where the artifacts of a build lie in the storage."""
    rows = Artifact.select(Artifact.key).where(
        Artifact.build_id == build_id, Artifact.key.is_null(False)
    )
    return [key for key, in rows.tuples()]
