"""A platform: joins a code source, a data source and targets, and says how to build."""

import peewee

from ec_builds.store.app import App
from ec_builds.store.configured import CodeSource, DataSource, Target
from ec_builds.store.database import Row, new_id, now
from ec_builds.store.prepared import find
from ec_builds.store.sealing import SealedJSONField, SealedRow


class Platform(SealedRow):
    id = peewee.TextField(primary_key=True, default=new_id)
    app = peewee.ForeignKeyField(App)
    title = peewee.TextField()
    type = peewee.TextField()
    config = SealedJSONField()
    codesource = peewee.ForeignKeyField(CodeSource)
    datasource = peewee.ForeignKeyField(DataSource)
    created = peewee.TextField(default=now)

    @classmethod
    def whole(cls, platform_id):
        """The platform with its app and its sources, deleted or not."""
        found = find(cls, platform_id)
        found.app = find(App, found.app_id)
        found.codesource = find(CodeSource, found.codesource_id)
        found.datasource = find(DataSource, found.datasource_id)
        return found

    def aim_at(self, target_ids):
        """Make these the platform's targets, in this order."""
        PlatformTarget.delete().where(PlatformTarget.platform == self.id).execute()
        rows = [{"platform": self.id, "target": target_id} for target_id in target_ids]
        PlatformTarget.insert_many(rows).execute()


class PlatformTarget(Row):
    """That a platform may be deployed to a target; ordered by id."""

    id = peewee.BigAutoField()
    platform = peewee.ForeignKeyField(Platform)
    target = peewee.ForeignKeyField(Target)
