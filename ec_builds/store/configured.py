"""What code sources, data sources and targets share: an app, a type and its config."""

import peewee

from ec_builds.store.app import App
from ec_builds.store.database import new_id, now
from ec_builds.store.sealing import SealedJSONField, SealedRow


class Configured(SealedRow):
    """A plugin as one app uses it. Each kind is a table of its own."""

    id = peewee.TextField(primary_key=True, default=new_id)
    app = peewee.ForeignKeyField(App)
    type = peewee.TextField()
    config = SealedJSONField()
    created = peewee.TextField(default=now)


class CodeSource(Configured):
    """Where the code of platforms comes from."""

    class Meta:
        table_name = "codesource"


class DataSource(Configured):
    """Where the data of platforms comes from."""

    class Meta:
        table_name = "datasource"


class Target(Configured):
    """Where results of platforms are delivered to."""
