"""How far builds are: what watchers ask for again and again, in one query."""

from dataclasses import dataclass

from peewee import fn

from ec_builds.states import FINISHED
from ec_builds.store.build import Build
from ec_builds.store.log import LogSegment
from ec_builds.store.run import Event

#: Builds that one query asks for.
BATCH = 500


@dataclass(frozen=True)
class Head:
    """How far a build is: its state, its last event, and the number of bytes of its log.

    `detail` says why it is in that state, if anybody knows.
    """

    state: str
    event: int
    log: int
    detail: str | None = None

    @property
    def is_finished(self):
        return self.state in FINISHED


def heads(build_ids):
    """How far builds are, by their ids; those that were deleted are missing."""
    found = {}
    wanted = list(build_ids)
    for start in range(0, len(wanted), BATCH):
        found |= some_heads(wanted[start : start + BATCH])
    return found


def some_heads(build_ids):
    event = Event.select(fn.MAX(Event.id)).where(Event.build_id == Build.id)
    log = LogSegment.select(LogSegment.start + LogSegment.size)
    log = log.where(LogSegment.build_id == Build.id).order_by(LogSegment.start.desc()).limit(1)
    query = Build.living().where(Build.id.in_(build_ids))
    far = [fn.COALESCE(event, 0), fn.COALESCE(log, 0)]
    query = query.select(Build.id, Build.state, *far, Build.detail)
    return {each[0]: Head(*each[1:]) for each in query.tuples()}


def events(build_id, after, until, limit):
    """The events of a build after one event and up to another, oldest first."""
    mine = Event.select().where(Event.build_id == build_id, Event.id > after, Event.id <= until)
    return list(mine.order_by(Event.id).limit(limit))


def has_event(build_id, event_id):
    """Whether an event is one of a build's."""
    return Event.select().where(Event.id == event_id, Event.build_id == build_id).exists()
