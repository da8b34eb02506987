"""Files that nothing points to any more, written down until the storage has removed them."""

import peewee

from ec_builds.store.database import Row


class Litter(Row):
    """Everything in the storage whose key begins with this."""

    prefix = peewee.TextField(primary_key=True)
    #: Seconds since 1970 before which nobody tries again.
    due = peewee.DoubleField(default=0)

    @classmethod
    def drop(cls, *prefixes):
        """Write down what is to be removed."""
        if prefixes:
            rows = [{"prefix": prefix} for prefix in prefixes]
            cls.insert_many(rows).on_conflict_ignore().execute()
