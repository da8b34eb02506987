"""Answers a question that was asked of a list: filters, sorts and pages a query.

`columns` maps the properties of the list to columns or expressions. A property
with many values is mapped to a function that turns values and operator into a
condition.
"""

import functools
import operator
from dataclasses import dataclass

import peewee
from peewee import fn

#: Rows fetched at a time where a whole list is streamed.
CHUNK = 50


@dataclass(frozen=True)
class Page:
    """Some rows of a list, and how many there are over all pages."""

    items: list
    total: int
    number: int
    size: int

    @property
    def has_next(self):
        return bool(self.size) and self.number * self.size < self.total


def page(query, columns, question):
    """One page of the rows that the question asks for, and their total number."""
    query = filtered(query, columns, question)
    total = query.count()
    ordered = query.order_by(*order_by(columns, question)).limit(question.size)
    offset = (question.page - 1) * question.size
    items = list(ordered.offset(offset)) if offset < total else []
    return Page(items, total, question.page, question.size)


def stream(query, columns, question, start=0, limit=None):
    """All rows in their order, in lists of at most CHUNK: the memory needed is constant.

    Each chunk is a query that begins behind the last row of the one before, so
    no transaction is held while a slow client reads.
    """
    query = filtered(query, columns, question)
    keys = [(sort_key(columns[name]), descending) for name, descending in question.order]
    selected = query.select_extend(*(key.alias(f"key{n}") for n, (key, _) in enumerate(keys)))
    ordered = selected.order_by(*order_by(columns, question))
    left, behind = limit, None
    while left is None or left > 0:
        size = CHUNK if left is None else min(CHUNK, left)
        chunk = ordered if behind is None else ordered.where(behind)
        rows = list(chunk.limit(size).offset(start if behind is None else 0))
        if rows:
            yield rows
        if len(rows) < size:
            return
        left = None if left is None else left - len(rows)
        behind = after(keys, [getattr(rows[-1], f"key{n}") for n in range(len(keys))])


def filtered(query, columns, question):
    """The query with the question's conditions; different parameters combine with AND."""
    for each in question.filters:
        query = query.where(condition(columns[each.property], each.operator, each.values))
    return query


def condition(column, wanted, values):
    if not isinstance(column, peewee.Node):
        return column(wanted, values)
    if wanted == "search":
        return fn.LOWER(column).contains(values[0].lower())
    if wanted == "empty":
        return column.is_null() | (column == "")
    if wanted == "from":
        return column >= values[0]
    if wanted == "to":
        return column <= values[0]
    if wanted == "all" and len(set(values)) > 1:
        return peewee.Value(1) == 0  # one value cannot be several
    return column.in_(list(values))


def order_by(columns, question):
    """Ordering by each key; where a value is missing it counts as the smallest."""
    return [
        sort_key(columns[name]).desc(nulls="last")
        if descending
        else sort_key(columns[name]).asc(nulls="first")
        for name, descending in question.order
    ]


def sort_key(column):
    """Titles are sorted as people do, without regard to case."""
    return fn.LOWER(column) if is_title(column) else column


def is_title(column):
    return isinstance(column, peewee.TextField) and column.name == "title"


def after(keys, values):
    """The condition that a row comes behind the one with these values."""
    clauses, equal = [], []
    for (key, descending), value in zip(keys, values, strict=True):
        beyond = behind_value(key, descending, value)
        if beyond is not None:
            clauses.append(all_of([*equal, beyond]))
        equal.append(key.is_null() if value is None else key == value)
    return any_of(clauses)


def behind_value(key, descending, value):
    if descending:
        return None if value is None else (key < value) | key.is_null()
    return key.is_null(False) if value is None else key > value


def all_of(conditions):
    return functools.reduce(operator.and_, conditions)


def any_of(conditions):
    return functools.reduce(operator.or_, conditions)
