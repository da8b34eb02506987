"""Which deployment is served below which path."""

import peewee

from ec_builds.store.database import CHANGE, Row, database, transaction
from ec_builds.store.litter import Litter


#: Segments of a path that a site may have; the config of a target has room for no more.
DEEPEST = 150


class Site(Row):
    path = peewee.TextField(primary_key=True)
    app_id = peewee.TextField()
    target_id = peewee.TextField()
    deployment_id = peewee.IntegerField()
    #: Where its files lie in the storage.
    prefix = peewee.TextField()

    @classmethod
    def put(cls, path, target_id, deployment, prefix):
        """Serve a deployment below a path, in place of what was there.

        Says whether that was possible: a path belongs to the app that had it first. Of two
        deployments at once, the one that comes later is served.
        """
        values = {
            "app_id": deployment.app_id,
            "target_id": target_id,
            "deployment_id": deployment.id,
            "prefix": prefix,
        }
        with transaction():
            # A target has one site: when its path was changed, the old one is over now.
            for other in cls.select().where(cls.target_id == target_id, cls.path != path):
                other.take_down()
            # Whoever inserts or finds the row holds it until the end of the transaction.
            new = cls.insert(path=path, **values).on_conflict_ignore().as_rowcount().execute()
            if new:
                return True
            before = database.obj.locking(cls.select().where(cls.path == path), CHANGE).first()
            if before is None or before.app_id != deployment.app_id:
                return False
            Litter.drop(before.prefix)
            cls.update(**values).where(cls.path == path).execute()
        return True

    @classmethod
    def is_free(cls, path, app_id):
        """Whether an app may be served below a path."""
        before = cls.get_or_none(cls.path == path)
        return before is None or before.app_id == app_id

    def take_down(self):
        """Stop serving it; its files are removed later."""
        with transaction():
            Litter.drop(self.prefix)
            self.delete_instance()

    @classmethod
    def serving(cls, path):
        """The site that a path belongs to, and the rest of the path; (None, None) without one."""
        if "\0" in path:
            return None, None  # no database looks for it
        segments = path.split("/")
        most = min(len(segments), DEEPEST)
        candidates = ["/".join(segments[:length]) for length in range(2, most + 1)]
        found = cls.select().where(cls.path.in_(candidates)).order_by(cls.path.desc()).first()
        return (found, path[len(found.path) :]) if found else (None, None)
