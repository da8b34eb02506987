"""What is uploaded for a build: parts in the storage, which together are one archive."""

import hashlib

import peewee

from ec_builds.store.database import Row, now
from ec_builds.store.litter import Litter
from ec_builds.store.prepared import Prepared


class Upload(Row):
    """The upload for one build."""

    build_id = peewee.IntegerField(primary_key=True)
    #: Of the secret in its addresses; None when these are good for nothing any more.
    fingerprint = peewee.TextField(null=True)
    #: How it comes: in parts, as a form, or as the body of the request that runs the build.
    kind = peewee.TextField()
    #: Bytes as they were announced, and those of a part at the most; None where that is unknown.
    size = peewee.BigIntegerField(null=True)
    chunk = peewee.BigIntegerField(null=True)
    expires = peewee.TextField()
    #: Whether whoever uploads has said that this was all, and it was.
    complete = peewee.BooleanField(default=False)

    @classmethod
    def behind(cls, secret):
        """The upload whose addresses have a secret, if they are good for something; or None."""
        mine = cls.select().where(cls.fingerprint == fingerprint(secret))
        return mine.where(cls.expires > now()).first()

    @classmethod
    def of(cls, build_ids):
        """A query for those of some builds."""
        return cls.select().where(cls.build_id.in_(build_ids))

    @classmethod
    def expired(cls):
        """A query for those whose time is over, and that hold something still."""
        held = cls.complete | cls.fingerprint.is_null(False)
        return cls.select().where(cls.expires <= now(), held)

    @classmethod
    def drop(cls, build_id):
        """Let go of what was uploaded for a build, if anything was."""
        if UPLOADED.tuples(build_id):
            Part.drop(build_id)
            change = cls.update(complete=False, fingerprint=None)
            change.where(cls.build_id == build_id).execute()

    @property
    def number_of_parts(self):
        """How many parts it has; None where that is unknown."""
        return None if self.size is None else -(-self.size // self.chunk)

    @property
    def parts(self):
        """Its parts, in order."""
        return list(Part.select().where(Part.build_id == self.build_id).order_by(Part.number))


class Part(Row):
    """A part of an upload."""

    id = peewee.BigAutoField()
    build_id = peewee.IntegerField()
    number = peewee.IntegerField()
    size = peewee.BigIntegerField()
    md5 = peewee.TextField()
    #: Where it lies in the storage.
    key = peewee.TextField()

    class Meta:
        table_name = "upload_part"

    @classmethod
    def put(cls, build_id, number, **values):
        """A part that is there; one of that number that was there before goes."""
        for old in cls.select().where(cls.build_id == build_id, cls.number == number):
            Litter.drop(old.key)
            old.delete_instance()
        return cls.create(build_id=build_id, number=number, **values)

    @classmethod
    def received(cls, build_ids):
        """Of each of some builds that has parts, its id and how many bytes are there."""
        there = cls.select(cls.build_id, peewee.fn.SUM(cls.size)).where(
            cls.build_id.in_(build_ids)
        )
        return there.group_by(cls.build_id).tuples()

    @classmethod
    def drop(cls, build_id):
        """Let go of all parts of an upload."""
        mine = cls.build_id == build_id
        Litter.drop(*(key for key, in cls.select(cls.key).where(mine).tuples()))
        cls.delete().where(mine).execute()


def fingerprint(secret):
    """What is known of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


UPLOADED = Prepared(
    lambda build_id: Upload.select(Upload.build_id).where(Upload.build_id == build_id)
)
