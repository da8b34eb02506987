"""The tags of builds: words by which they are found again, and which keep them."""

import peewee

from ec_builds.store.account import Account
from ec_builds.store.build import Build
from ec_builds.store.database import Row, now


class Tag(Row):
    """That somebody has given a build a tag."""

    id = peewee.BigAutoField()
    build = peewee.ForeignKeyField(Build)
    account = peewee.ForeignKeyField(Account)
    name = peewee.TextField()
    created = peewee.TextField(default=now)

    @classmethod
    def names(cls, build_ids):
        """The names of the tags of builds, sorted, by the ids of the builds."""
        found = {build_id: [] for build_id in build_ids}
        rows = cls.select(cls.build, cls.name).where(cls.build.in_(list(found)))
        for build_id, name in rows.tuples():
            found[build_id].append(name)
        return {build_id: sorted(names) for build_id, names in found.items()}

    @classmethod
    def give(cls, build_id, account_id, names):
        """Tag a build; what it has already is left out. Returns the new tags, in their order."""
        rows = [
            {"build": build_id, "account": account_id, "name": name}
            for name in dict.fromkeys(names)
        ]
        if not rows:
            return []
        made = cls.insert_many(rows).on_conflict_ignore().returning(cls.id).tuples()
        new = [tag_id for tag_id, in made.execute()]
        return list(cls.select().where(cls.id.in_(new)).order_by(cls.id))
