"""Which deployment is served below which path."""

import peewee

from ec_builds.store.database import Row, transaction
from ec_builds.store.litter import Litter


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

        Says whether that was possible: a path belongs to the app that had it first.
        """
        with transaction():
            before = cls.get_or_none(cls.path == path)
            if before is not None:
                if before.app_id != deployment.app_id:
                    return False
                before.take_down()
            cls.create(
                path=path,
                app_id=deployment.app_id,
                target_id=target_id,
                deployment_id=deployment.id,
                prefix=prefix,
            )
        return True

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
        candidates = ["/".join(segments[:length]) for length in range(2, len(segments) + 1)][:20]
        found = cls.select().where(cls.path.in_(candidates)).order_by(cls.path.desc()).first()
        return (found, path[len(found.path) :]) if found else (None, None)
