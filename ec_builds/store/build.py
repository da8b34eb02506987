"""A build: one run from code and data to a result."""

import peewee

from ec_builds.store.database import JSONField
from ec_builds.store.run import Run


class Build(Run):
    #: {"type", "config": {"url", "size", "sha256"}}; the url is relative to the root address.
    location = JSONField(null=True)
    size = peewee.BigIntegerField(null=True)
    #: Where the zip lies in the storage.
    result_key = peewee.TextField(null=True)
    #: Whether it stays whatever the retention of its app says.
    pinned = peewee.BooleanField(default=False)

    events_by = "build_id"
    place = "builds"
