"""Where the log of a build lies: its segments in the storage, in their order.

A log is only ever added to, so a byte that was read once has its place for good.
"""

import peewee
from peewee import fn

from ec_builds.store.build import Build
from ec_builds.store.database import JSONField, Row, transaction
from ec_builds.store.litter import Litter
from ec_builds.store.prepared import Prepared
from ec_builds.store.run import Event


class LogSegment(Row):
    """Some bytes of the log of a build, under one key in the storage."""

    id = peewee.BigAutoField()
    build_id = peewee.IntegerField()
    #: The first byte, counted from the beginning of the log over all attempts.
    start = peewee.BigIntegerField()
    size = peewee.BigIntegerField()
    key = peewee.TextField()
    #: Pairs of a byte and an event: from there on, the log comes after that event.
    marks = JSONField()

    @property
    def end(self):
        return self.start + self.size

    @classmethod
    def of(cls, build_id):
        """A query for the segments of a build, in their order."""
        return cls.select().where(cls.build_id == build_id).order_by(cls.start)

    @classmethod
    def length(cls, build_id):
        """How many bytes the log of a build has by now."""
        ends = ENDS.tuples(build_id)
        return ends[0][0] if ends else 0

    @classmethod
    def since(cls, build_id, offset):
        """A query for the segments from the one on in which a byte lies, in their order."""
        first = cls.select(fn.MAX(cls.start)).where(cls.build_id == build_id, cls.start <= offset)
        return cls.of(build_id).where(cls.start >= fn.COALESCE(first, 0))

    @classmethod
    def place(cls, build_id, offset):
        """Where a byte lies: the key and first byte of its segment. None beyond the end."""
        found = cls.since(build_id, offset).first()
        return (found.key, found.start) if found and found.start <= offset < found.end else None

    @classmethod
    def append(cls, build_id, held, start, size, key):
        """Add bytes that lie in the storage to the end of a log.

        Says whether the claim whose fence is `held` still may.
        """
        with transaction():
            if not holds(build_id, held):
                return False
            [(latest,)] = LATEST.tuples(build_id)
            marks = cls.marks.db_value([[start, latest or 0]])
            ADD.change(build_id, start, size, key, marks)
        return True

    @classmethod
    def join(cls, segments, held, key):
        """Put one segment in the place of several that follow each other; `key` has their bytes.

        Says whether the claim whose fence is `held` still may.
        """
        build_id, start = segments[0].build_id, segments[0].start
        marks = []
        for byte, event in (mark for segment in segments for mark in segment.marks):
            if not marks or marks[-1][1] != event:
                marks.append([byte, event])
        with transaction():
            if not holds(build_id, held):
                return False
            cls.delete().where(cls.id.in_([segment.id for segment in segments])).execute()
            Litter.drop(*(segment.key for segment in segments))
            size = segments[-1].end - start
            cls.create(build_id=build_id, start=start, size=size, key=key, marks=marks)
        return True


#: The query for the last event of a build.
LATEST = Prepared(
    lambda build_id: Event.select(fn.MAX(Event.id)).where(Event.build_id == build_id)
)
#: What touches the row of a build under a claim.
TOUCH = Prepared(
    lambda build_id, fence: Build.update(fence=Build.fence).where(
        Build.id == build_id, Build.fence == fence
    )
)
#: The query for where the last segment of a build ends.
ENDS = Prepared(
    lambda build_id: LogSegment.select(LogSegment.start + LogSegment.size)
    .where(LogSegment.build_id == build_id)
    .order_by(LogSegment.start.desc())
    .limit(1)
)
#: What adds a segment.
ADD = Prepared(
    lambda build_id, start, size, key, marks: LogSegment.insert(
        build_id=build_id, start=start, size=size, key=key, marks=marks
    )
)


def holds(build_id, fence):
    """Whether a claim is the newest; touching the row keeps it so until the transaction's end."""
    return TOUCH.change(build_id, fence) == 1
