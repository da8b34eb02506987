"""A build: one run from code and data to a result."""

import peewee

from ec_builds.states import FINISHED, SUCCESSFUL, State
from ec_builds.store import artifact, job
from ec_builds.store.database import JSONField, now
from ec_builds.store.leftover import Leftover
from ec_builds.store.litter import Litter
from ec_builds.store.original import Original
from ec_builds.store.run import Run
from ec_builds.store.upload import Upload
from ec_builds.store.webhook import Delivery


class Build(Run):
    #: {"type", "config": {"url", "size", "sha256"}}; the url is relative to the root address.
    location = JSONField(null=True)
    size = peewee.BigIntegerField(null=True)
    #: Where the zip lies in the storage.
    result_key = peewee.TextField(null=True)
    #: Whether it stays whatever the retention of its app says.
    pinned = peewee.BooleanField(default=False)
    #: The account whose build it is, and which of theirs; None in an app that nobody owns.
    owner_id = peewee.TextField(null=True)
    number = peewee.IntegerField(null=True)
    #: Whether it is begun once at the most, for somebody watches who is told how that ended.
    once = peewee.BooleanField(default=False)

    events_by = "build_id"
    place = "builds"

    @classmethod
    def follow(cls, run_id, to):
        """Its jobs: what has not ended ends with it, and all wait again if it does.

        What it was made of goes when it has ended. And whoever wants to hear of it.
        """
        if to is State.RUNNING:
            Delivery.announce(run_id, "build.started")
        elif to in FINISHED:
            job.SETTLE.change(to, now(), run_id)
            Upload.drop(run_id)
            Original.forget(run_id)
            Leftover.settle(run_id, is_kept=to in SUCCESSFUL)
            Delivery.announce(run_id, "build.finished")
        elif to is State.QUEUED and job.RESET.change(run_id):
            Litter.drop(*artifact.keys_of(run_id))
            artifact.FORGET.change(run_id)
            artifact.REMOVE.change(run_id, False)
