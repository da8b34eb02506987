"""What builds and deployments share: a state, times, an owner while they run, and events.

A run is owned by the worker that moved it to RUNNING, until its lease runs out.
Each claim raises the fence; whoever writes with an older fence writes nothing.
"""

from functools import cache

import peewee

from ec_builds.states import FINISHED, State, before
from ec_builds.store.database import (
    JSONField,
    Living,
    Row,
    database,
    now,
    remark,
    transaction,
)
from ec_builds.store.prepared import Prepared
from ec_builds.store.tally import Tally

JSON = JSONField()


#: The states of what can still be cancelled, and is not being cancelled already.
CANCELLABLE = (before(State.CANCELLED) | before(State.CANCELLING)) - {State.CANCELLING}

#: The states into which more goes along than the run itself.
FOLLOWED = FINISHED | {State.QUEUED}


@cache
def moves(run, to, origins, names, is_held):
    """The statement that takes a run to a state from one of its origins, and changes more.

    Its values: attempts to add, those of the names, the run's id, and the fence if it is held.
    """

    def make(attempts, *blanks):
        changes = dict(zip(names, blanks))
        run_id, *fence = blanks[len(names):]
        change = run.update(state=to, attempts=run.attempts + attempts, **changes)
        mine = [run.id == run_id, run.state.in_(sorted(origins))]
        return change.where(*mine, *(run.fence == each for each in fence))

    return Prepared(make, blanks=1 + len(names) + 1 + is_held)


@cache
def states(run):
    """The query for the state of a run under a claim; its values are id and fence."""
    return Prepared(
        lambda run_id, fence: run.select(run.state).where(run.id == run_id, run.fence == fence)
    )


@cache
def waiting(run, most):
    """The query for the ids and fences of queued runs, in the order in which they came."""
    query = run.select(run.id, run.fence).where(run.state == State.QUEUED, run.deleted.is_null())
    return Prepared(lambda: query.order_by(run.id).limit(most))


@cache
def events(column, number):
    """The query for the events of some runs, oldest first; its values are their ids."""
    key = getattr(Event, column)
    return Prepared(lambda *ids: Event.select().where(key.in_(ids)).order_by(Event.id), number)


class Run(Living):
    id = peewee.AutoField()
    app_id = peewee.TextField()
    platform_id = peewee.TextField()
    state = peewee.TextField(default=State.QUEUED)
    detail = peewee.TextField(null=True)
    creator = JSONField(null=True)
    comment = peewee.TextField(null=True)
    started = peewee.TextField(default=now)
    #: When a worker began with it; None while it waits.
    begun = peewee.TextField(null=True)
    finished = peewee.TextField(null=True)
    worker = peewee.TextField(null=True)
    lease_until = peewee.DoubleField(null=True)
    fence = peewee.IntegerField(default=0)
    attempts = peewee.IntegerField(default=0)

    #: Whether it is begun once at the most.
    once = False
    #: The column of Event that points to this kind of run.
    events_by = None
    #: What its files, in the storage and elsewhere, are kept under.
    place = None

    @classmethod
    def move(cls, run_id, to, held=None, out_of=None, attempts=0, **changes):
        """Go to another state, unless the table of states forbids it or someone was faster.

        With a fence that is `held`, only while that claim is the newest; with
        `out_of`, only from these states. `attempts` are added to those that count.
        Says whether it worked.
        """
        if to in FINISHED:
            changes["finished"] = now()
        elif to is State.QUEUED:
            changes["begun"] = None
        origins = before(to) if out_of is None else before(to) & frozenset(out_of)
        moving = moves(cls, to, origins, tuple(changes), held is not None)
        values = [getattr(cls, name).db_value(value) for name, value in changes.items()]
        known = (run_id,) if held is None else (run_id, held)
        if to not in FOLLOWED:
            return moving.change(attempts, *values, *known) == 1
        with transaction():
            moved = moving.change(attempts, *values, *known) == 1
            if moved:
                cls.follow(run_id, to)
                if to in FINISHED:
                    Tally.count(cls, run_id, to)
        return moved

    @classmethod
    def follow(cls, run_id, to):
        """What goes along with a run that begins, ends, or waits again; in that transaction."""

    @classmethod
    def claim(cls, run_id, fence, worker, lease_until):
        """Take a queued run that had this fence. Returns that of the claim; None: too late."""
        claimed = {"worker": worker, "lease_until": lease_until, "fence": fence + 1, "begun": now()}
        with transaction():
            taken = cls.move(run_id, State.RUNNING, held=fence, attempts=1, **claimed)
            if taken:
                cls.follow(run_id, State.RUNNING)
        return fence + 1 if taken else None

    @classmethod
    def cancel(cls, run_id, info=None):
        """Cancel what waits, or write down the wish that what runs is cancelled.

        Returns the new state, or None if it was too late. `info` are facts for the event.
        """
        with transaction():
            waiting_still = (State.CREATED, State.QUEUED)
            if cls.move(run_id, State.CANCELLED, out_of=waiting_still, detail=None):
                cls.record(run_id, "Cancelled before it began", "error", info=info)
                return State.CANCELLED
            if cls.move(run_id, State.CANCELLING):
                cls.record(run_id, "Cancelling", "warn", temporary=True, info=info)
                return State.CANCELLING
        return None

    @classmethod
    def renew(cls, run_id, fence, lease_until):
        """Keep a claim. Returns the state of the run, or None if the claim is not the newest."""
        mine = cls.update(lease_until=lease_until).where(cls.id == run_id, cls.fence == fence)
        if not mine.execute():
            return None
        return cls.state_under(run_id, fence)

    @classmethod
    def state_under(cls, run_id, fence):
        """The state of a run, or None if the claim with this fence is not the newest."""
        found = states(cls).tuples(run_id, fence)
        return found[0][0] if found else None

    @classmethod
    def give_back(cls, run_id, fence, message):
        """Queue a run again that was not to be blamed: the attempt does not count.

        Says whether the claim with this fence was still the newest.
        """
        with transaction():
            released = {"worker": None, "lease_until": None}
            if not cls.move(run_id, State.QUEUED, held=fence, attempts=-1, **released):
                return cls.state_under(run_id, fence) == State.QUEUED  # nobody had said so
            return cls.record(run_id, message, "warn")

    @classmethod
    def waiting(cls, most):
        """Ids and fences of the runs that have been queued longest."""
        return waiting(cls, most).tuples()

    @classmethod
    def unfinished(cls):
        """A query for the runs that are still to end, deleted ones included."""
        return cls.select().where(cls.state.not_in(list(FINISHED)))

    @classmethod
    def record(cls, run_id, message, type="info", temporary=False, info=None, held=None):
        """Write an event. Says whether the claim whose fence is `held` still may."""
        values = (type, now(), message, int(temporary), JSON.db_value(info or {}))
        with remark():
            return database.obj.execute_sql(*cls.recording(run_id, held, values)).rowcount == 1

    @classmethod
    def recording(cls, run_id, held, values):
        """The one statement that writes an event if the fence is still what it was.

        It is written out, because a build spends most of its time at its events.
        """
        mark = database.obj.param
        wanted, ids = ("", (run_id,)) if held is None else (f" AND fence = {mark}", (run_id, held))
        # PostgreSQL would let the fence be moved between the look and the commit
        lock = " FOR NO KEY UPDATE" if database.obj.dialect == "postgresql" else ""
        sql = (
            f"INSERT INTO event ({cls.events_by}, type, timestamp, message, temporary, info)"
            f" SELECT id, {mark}, {mark}, {mark}, {mark}, {mark}"
            f" FROM {cls._meta.table_name} WHERE id = {mark}{wanted}{lock}"
        )
        return sql, (*values, *ids)

    @classmethod
    def active(cls):
        """A query for the runs that some worker owns, or has owned until it died."""
        return cls.select().where(cls.state.in_([State.RUNNING, State.CANCELLING]))

    @property
    def can_be_cancelled(self):
        """Whether it has not ended, and nobody has cancelled it yet."""
        return self.state in CANCELLABLE

    @property
    def is_finished(self):
        return self.state in FINISHED


class Event(Row):
    """A sentence for a person about a run; builds and deployments draw from one counter."""

    id = peewee.BigAutoField()
    build_id = peewee.IntegerField(null=True)
    deployment_id = peewee.IntegerField(null=True)
    type = peewee.TextField()
    timestamp = peewee.TextField(default=now)
    message = peewee.TextField()
    temporary = peewee.IntegerField()
    info = JSONField()

    @classmethod
    def of(cls, column, run_ids):
        """The events of some runs, oldest first, by the id of their run."""
        found = {run_id: [] for run_id in run_ids}
        if not found:
            return found
        for event in events(column, len(found)).rows(cls, *found):
            found[getattr(event, column)].append(event)
        return found
