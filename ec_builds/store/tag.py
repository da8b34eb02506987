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
        given = []
        for name in dict.fromkeys(names):
            new = cls.insert(build=build_id, account=account_id, name=name).on_conflict_ignore()
            made = new.returning(cls.id).execute()
            given += [row[0] if isinstance(row, tuple) else row.id for row in made]
        found = {tag.id: tag for tag in cls.select().where(cls.id.in_(given))}
        return [found[tag_id] for tag_id in given]
