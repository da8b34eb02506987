"""The jobs of a build: parts of it, which run one after the other."""

import peewee

from ec_builds.states import FINISHED, State
from ec_builds.store.database import Row, now
from ec_builds.store.prepared import Prepared

#: The states in which a job has ended, as SQL takes them.
ENDED = sorted(FINISHED)


class Job(Row):
    """A job; its states are those of builds."""

    id = peewee.BigAutoField()
    build_id = peewee.IntegerField()
    #: What it does: driver (brings the environment up), clone or commands.
    kind = peewee.TextField()
    stage = peewee.TextField()
    name = peewee.TextField()
    #: One a line, mostly.
    commands = peewee.TextField()
    #: Whether the build goes on when it fails.
    may_fail = peewee.BooleanField()
    state = peewee.TextField(default=State.QUEUED)
    created = peewee.TextField(default=now)
    started = peewee.TextField(null=True)
    finished = peewee.TextField(null=True)
    #: The part of the build's log that it has printed: its first byte, and the one after its last.
    log_start = peewee.BigIntegerField(null=True)
    log_end = peewee.BigIntegerField(null=True)

    @classmethod
    def of(cls, build_id):
        """A query for the jobs of a build, in the order in which they run."""
        return cls.select().where(cls.build_id == build_id).order_by(cls.id)

    @property
    def is_finished(self):
        return self.state in FINISHED


#: What ends the jobs of a build that has ended, in its transaction: they have its state then.
SETTLE = Prepared(
    lambda state, moment, build_id: Job.update(state=state, finished=moment).where(
        Job.build_id == build_id, Job.state.not_in(ENDED)
    )
)
#: What lets the jobs of a build wait again, which is queued again.
RESET = Prepared(
    lambda build_id: Job.update(
        state=State.QUEUED, started=None, finished=None, log_start=None, log_end=None
    ).where(Job.build_id == build_id)
)
