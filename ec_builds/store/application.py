"""An app as those know it who build images in it."""

import peewee

from ec_builds.store.app import App
from ec_builds.store.database import JSONField, Row, now
from ec_builds.store.platform import Platform
from ec_builds.store.prepared import Prepared


class Application(Row):
    """Every app is one; it is written down when there is something to know of it."""

    app = peewee.ForeignKeyField(App, primary_key=True)
    #: What builds the archives that are uploaded.
    platform = peewee.ForeignKeyField(Platform, null=True)
    #: The number of its last image.
    images = peewee.IntegerField(default=0)
    #: How players log in, as a client has said it.
    authentication = JSONField()
    creator = JSONField(null=True)
    created = peewee.TextField(default=now)

    @classmethod
    def of(cls, app_ids):
        """Those of apps that are written down, by the ids of these."""
        return {each.app_id: each for each in cls.select().where(cls.app.in_(list(app_ids)))}

    @classmethod
    def open(cls, app_id, **values):
        """That of an app, which is written down if it was not."""
        row = {"app": app_id, "authentication": {}, **values}
        cls.insert(row).on_conflict_ignore().execute()
        return cls.get_by_id(app_id)

    @classmethod
    def next_image(cls, app_id):
        """The number of a new image of an app: without gaps, as part of its transaction."""
        return NEXT.tuples(app_id, now())[0][0]


NEXT = Prepared(
    lambda app_id, moment: Application.insert(
        app=app_id, images=1, authentication={}, created=moment
    )
    .on_conflict(
        conflict_target=[Application.app], update={Application.images: Application.images + 1}
    )
    .returning(Application.images)
)
