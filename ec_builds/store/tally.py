"""How many runs have ended in which state: counted when they end, so that nobody has to later."""

from functools import cache

import peewee

from ec_builds.store.database import Row, transaction
from ec_builds.store.platform import Platform
from ec_builds.store.prepared import Prepared

#: Rows from which on they are added up.
MANY = 1000


class Tally(Row):
    """That a number of runs ended; the figures of equal rows are to be added.

    A row per run: those who end runs at the same time would have to wait for each other, if
    there were just one to be changed.
    """

    id = peewee.BigAutoField()
    kind = peewee.TextField()
    state = peewee.TextField()
    platform_type = peewee.TextField()
    number = peewee.BigIntegerField()

    @classmethod
    def count(cls, run, run_id, state):
        """A run has ended. Part of the transaction that writes that."""
        counting(cls, run, state).change(run_id)

    @classmethod
    def sums(cls):
        """Numbers by kind, state and type of platform."""
        by = (cls.kind, cls.state, cls.platform_type)
        rows = cls.select(*by, peewee.fn.SUM(cls.number)).group_by(*by).tuples()
        return {(kind, state, type): int(number) for kind, state, type, number in rows}

    @classmethod
    def add_up(cls):
        """Make one row of equal ones, if there are many."""
        if cls.select().count() < MANY:
            return
        with transaction():
            sums = {}
            for gone in cls.delete().returning(cls).execute():  # what others took is not ours
                key = (gone.kind, gone.state, gone.platform_type)
                sums[key] = sums.get(key, 0) + gone.number
            for (kind, state, type), number in sums.items():
                cls.create(kind=kind, state=state, platform_type=type, number=number)


@cache
def counting(tally, run, state):
    """The statement that counts the end of a run, given by its id."""
    columns = (tally.kind, tally.state, tally.platform_type, tally.number)
    known = (peewee.Value(run.__name__.lower()), peewee.Value(str(state)))
    ended = run.select(*known, Platform.type, peewee.Value(1))
    ended = ended.join(Platform, on=(Platform.id == run.platform_id))
    return Prepared(lambda run_id: tally.insert_from(ended.where(run.id == run_id), columns))
