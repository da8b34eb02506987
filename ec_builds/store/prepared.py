"""Queries that are asked so often that to write their SQL would cost more than the answer."""

from functools import cache
from inspect import signature

import peewee

from ec_builds.store.database import database


class Blank:
    """A value of a query that is not known yet."""


class Prepared:
    """A query with blanks: its SQL is written once, and filled in each time.

    make: returns the query, given something to put in the place of each value; `blanks` is how
    many, where its parameters do not say. The values that are filled in are those of the
    database's columns: no field converts them.
    """

    def __init__(self, make, blanks=None):
        number = len(signature(make).parameters) if blanks is None else blanks
        self.make, self.blanks = make, [Blank() for _ in range(number)]
        self.written = {}

    def rows(self, row, *values):
        """What is found, as a list of rows of a table."""
        sql, filled = self.filled_in(values)
        return list(row.raw(sql, *filled))

    def first(self, row, *values):
        """The first row that is found, or None."""
        return next(iter(self.rows(row, *values)), None)

    def tuples(self, *values):
        """What is found, as a list of tuples."""
        # all of it: a read that is still open would keep SQLite from writing
        return database.obj.execute_sql(*self.filled_in(values)).fetchall()

    def change(self, *values):
        """Carry it out. Returns how many rows it has changed."""
        return database.obj.execute_sql(*self.filled_in(values)).rowcount

    def filled_in(self, values):
        """The SQL and its values, with blanks replaced in their order."""
        dialect = database.obj.dialect
        if dialect not in self.written:
            self.written[dialect] = self.write()
        sql, wanted = self.written[dialect]
        given = dict(zip(self.blanks, values, strict=True))
        return sql, [given.get(each, each) for each in wanted]

    def write(self):
        return self.make(*(peewee.Value(each, converter=False) for each in self.blanks)).sql()


@cache
def finding(row):
    return Prepared(lambda row_id: row.select().where(row.id == row_id))


def find(row, row_id):
    """The row of a table with an id, deleted or not; None if there is none."""
    return finding(row).first(row, row_id)
