"""What builds and deployments share: a state, times, an owner while they run, and events.

A run is owned by the worker that moved it to RUNNING, until its lease runs out.
Each claim raises the fence; whoever writes with an older fence writes nothing.
"""

import peewee

from ec_builds.states import FINISHED, State, before
from ec_builds.store.database import JSONField, Living, Row, now, transaction
from ec_builds.store.tally import Tally


class Run(Living):
    id = peewee.AutoField()
    app_id = peewee.TextField()
    platform_id = peewee.TextField()
    state = peewee.TextField(default=State.QUEUED)
    detail = peewee.TextField(null=True)
    creator = JSONField(null=True)
    comment = peewee.TextField(null=True)
    started = peewee.TextField(default=now)
    finished = peewee.TextField(null=True)
    worker = peewee.TextField(null=True)
    lease_until = peewee.DoubleField(null=True)
    fence = peewee.IntegerField(default=0)
    attempts = peewee.IntegerField(default=0)

    #: The column of Event that points to this kind of run.
    events_by = None

    @classmethod
    def move(cls, run_id, to, held=None, out_of=None, **changes):
        """Go to another state, unless the table of states forbids it or someone was faster.

        With a fence that is `held`, only while that claim is the newest; with
        `out_of`, only from these states. Says whether it worked.
        """
        if to in FINISHED:
            changes["finished"] = now()
        origins = before(to) if out_of is None else before(to) & frozenset(out_of)
        allowed = [cls.id == run_id, cls.state.in_(list(origins))]
        if held is not None:
            allowed.append(cls.fence == held)
        change = cls.update(state=to, **changes).where(*allowed)
        if to not in FINISHED:
            return change.execute() == 1
        with transaction():
            moved = change.execute() == 1
            if moved:
                Tally.count(cls, run_id, to)
        return moved

    @classmethod
    def claim(cls, run_id, worker, lease_until):
        """Take a queued run. Returns the fence of this claim, or None if someone was faster."""
        with transaction():
            taken = cls.move(
                run_id,
                State.RUNNING,
                worker=worker,
                lease_until=lease_until,
                fence=cls.fence + 1,
                attempts=cls.attempts + 1,
            )
            return cls.select(cls.fence).where(cls.id == run_id).scalar() if taken else None

    @classmethod
    def cancel(cls, run_id):
        """Cancel what waits, or write down the wish that what runs is cancelled.

        Returns the new state, or None if it was too late.
        """
        with transaction():
            if cls.move(run_id, State.CANCELLED, out_of=(State.CREATED, State.QUEUED)):
                cls.record(run_id, "Cancelled before it began", "error")
                return State.CANCELLED
            if cls.move(run_id, State.CANCELLING):
                cls.record(run_id, "Cancelling", "warn", temporary=True)
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
        mine = cls.select(cls.state).where(cls.id == run_id, cls.fence == fence)
        return mine.scalar()

    @classmethod
    def unfinished(cls):
        """A query for the runs that are still to end, deleted ones included."""
        return cls.select().where(cls.state.not_in(list(FINISHED)))

    @classmethod
    def record(cls, run_id, message, type="info", temporary=False, info=None, held=None):
        """Write an event. Says whether the claim whose fence is `held` still may."""
        with transaction():
            if held is not None:
                # Touching the row holds its lock until the event is written.
                mine = cls.update(fence=cls.fence).where(cls.id == run_id, cls.fence == held)
                if not mine.execute():
                    return False
            Event.create(
                **{cls.events_by: run_id},
                type=type,
                message=message,
                temporary=int(temporary),
                info=info or {},
            )
        return True

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
        key = getattr(cls, column)
        for event in cls.select().where(key.in_(list(found))).order_by(cls.id):
            found[getattr(event, column)].append(event)
        return found
