"""The image of somebody's registry that a build is to copy, and the login for it."""

import orjson
import peewee

from ec_builds.store.database import Row
from ec_builds.store.prepared import Prepared
from ec_builds.store.variable import Secret


class Original(Row):
    """It is sealed, and gone when the build has ended."""

    build_id = peewee.IntegerField(primary_key=True)
    secret = peewee.ForeignKeyField(Secret)

    @classmethod
    def keep(cls, build_id, reference, registry, auth):
        """Seal what a build is to copy."""
        told = orjson.dumps({"reference": reference, "registry": registry, "auth": auth}).decode()
        return cls.create(build_id=build_id, secret=Secret.keep(told))

    @classmethod
    def of(cls, build_id):
        """What a build is to copy, as a dict of reference, registry and auth; or None."""
        found = cls.get_or_none(cls.build_id == build_id)
        return found and orjson.loads(found.secret.config)

    @classmethod
    def forget(cls, build_id):
        """The build has ended."""
        for (secret_id,) in SECRETS.tuples(build_id):
            cls.delete().where(cls.build_id == build_id).execute()
            Secret.delete().where(Secret.id == secret_id).execute()


SECRETS = Prepared(
    lambda build_id: Original.select(Original.secret).where(Original.build_id == build_id)
)
