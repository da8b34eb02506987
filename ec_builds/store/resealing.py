"""Which keys seal how many rows, and sealing rows anew: in short steps, beside a running server."""

import peewee

from ec_builds.errors import Unavailable
from ec_builds.store.configured import CodeSource, DataSource, Target
from ec_builds.store.database import CHANGE, database, transaction
from ec_builds.store.platform import Platform
from ec_builds.store.sealing import DIGITS, PREFIX, key_of, keys, place
from ec_builds.store.variable import Secret

#: Rows of one transaction; nobody who writes waits longer than for these.
STEP = 100
SEALED = (CodeSource, DataSource, Target, Platform, Secret)


def numbers():
    """How many rows each key seals, by its id; under None, how many are not sealed."""
    found = {}
    for row in SEALED:
        start = beginning(row, len(PREFIX) + DIGITS)
        for text, number in row.select(start, peewee.fn.COUNT(row.id)).group_by(start).tuples():
            key_id = key_of(text)
            found[key_id] = found.get(key_id, 0) + number
    return found


def beginning(row, length):
    return peewee.fn.SUBSTR(row.config, peewee.SQL("1"), peewee.SQL(str(length)))


def wait_for_writers():
    """Return when all have written who may have sealed with a key that is no longer the first."""
    with transaction():
        database.obj.lock_keys(alone=True)
    keys.refresh()


def seal_plain():
    """Seal what is older than keys. Returns how many rows that were."""
    done, _ = seal(PREFIX)
    if done:
        database.obj.scrub([row._meta.table_name for row in SEALED])
    return done


def seal_anew():
    """Seal with the first key what is not. Returns how many rows that were, and how many failed."""
    return seal(f"{PREFIX}{keys.first.id}:")


def seal(wanted):
    """Seal all that does not begin as wanted. Others may do the same at once."""
    sealed = failed = 0
    for row in SEALED:
        last = ""
        while last is not None:
            last, more, less = take_step(row, wanted, last)
            sealed, failed = sealed + more, failed + less
    return sealed, failed


def take_step(row, wanted, last):
    """Seal some rows after the last one. Returns the next last one, or None, and two numbers."""
    other = beginning(row, len(wanted)) != peewee.Value(wanted, converter=False)
    query = row.select(row.id, row.config).where(row.id > last, other).order_by(row.id).limit(STEP)
    done = 0
    with transaction():
        found = list(database.obj.locking(query, CHANGE).tuples())
        for row_id, text in found:
            try:
                value = keys.open(text, place(row, "config", row_id))
            except Unavailable:  # the log knows which it is; the others are to be sealed, too
                continue
            config = row.sealed(row_id, "config", value)
            row.update(config=config).where(row.id == row_id).execute()
            done += 1
    return found[-1][0] if found else None, done, len(found) - done
