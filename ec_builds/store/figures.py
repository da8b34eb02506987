"""What an operator wants to know of all runs at once, without looking at each."""

from dataclasses import dataclass
from datetime import UTC, datetime

from peewee import SQL, fn

from ec_builds.states import State
from ec_builds.store.build import Build
from ec_builds.store.deployment import Deployment
from ec_builds.store.platform import Platform
from ec_builds.store.tally import Tally

KINDS = {"build": Build, "deployment": Deployment}
#: Spelled as the partial index is, or SQLite does not see that it fits.
UNFINISHED = "t1.state IN ('CREATED', 'QUEUED', 'RUNNING', 'CANCELLING')"


@dataclass(frozen=True)
class Figures:
    #: Runs by kind, state and type of platform. Finished ones are counted from the beginning,
    #: and go on to count when they have been deleted.
    runs: dict
    #: Runs that wait, by kind, and the seconds for which the oldest of them does.
    queued: dict
    oldest: dict
    #: Workers, wherever they are, that run something.
    busy: int


def figures(now=None):
    """All of them at this moment."""
    now = now or datetime.now(UTC)
    runs, queued, oldest, busy = Tally.sums(), {}, {}, set()
    for kind, run in KINDS.items():
        queued[kind], oldest[kind] = 0, 0.0
        for state, type, number, first in unfinished(run):
            runs[kind, state, type] = number
            if state == State.QUEUED:
                queued[kind] += number
                oldest[kind] = max(oldest[kind], seconds(first, now))
        busy |= workers(run)
    return Figures(runs, queued, oldest, len(busy))


def unfinished(run):
    number, first = fn.COUNT(run.id), fn.MIN(run.started)
    return (
        run.select(run.state, Platform.type, number, first)
        .join(Platform, on=(Platform.id == run.platform_id))
        .where(SQL(UNFINISHED), run.deleted.is_null())
        .group_by(run.state, Platform.type)
        .tuples()
    )


def workers(run):
    active = run.state.in_([State.RUNNING, State.CANCELLING])
    return {name for name, in run.select(run.worker).where(SQL(UNFINISHED), active).tuples()}


def seconds(timestamp, now):
    return max(0.0, (now - datetime.fromisoformat(timestamp)).total_seconds())
