"""Clears away what nobody keeps: builds beyond the retention of their apps, and broken uploads."""

import logging
from datetime import UTC, datetime, timedelta

from ec_builds.states import State
from ec_builds.store import curation, retention
from ec_builds.store.app import App
from ec_builds.store.build import Build
from ec_builds.store.database import CHANGE, database, timestamp, transaction
from ec_builds.store.upload import Upload
from ec_builds.store.variable import Secret
from ec_builds.store.webhook import Delivery

log = logging.getLogger(__name__)

#: Seconds after which what has not been stored whole never will be.
UNFINISHED = 3600
#: For how long it is known what webhooks were told, or are still to be told.
MEMORY = timedelta(days=3)


class Housekeeper:
    """Has no hurry: it is called every few minutes, and what it leaves it finds the next time.

    artifact_limit: bytes of artifacts that each user keeps; 0 for all.
    leftovers: what is left in registries; None where nothing is.
    """

    def __init__(self, storage, artifact_limit=0, leftovers=None):
        self.storage, self.artifact_limit = storage, artifact_limit
        self.leftovers = leftovers

    def curate(self, is_over=lambda: False):
        """Remove what nobody waits for and comes quickly: images of builds that are gone, uploads
        that nobody has ended in time, the oldest artifacts of users that have too much.

        Ends early when `is_over`.
        """
        for upload in list(Upload.expired()):
            with transaction():
                self.expire(upload.build_id)
        if self.leftovers:
            self.leftovers.turn(is_over)
        if not self.artifact_limit:
            return
        for owner_id in curation.owners(self.artifact_limit):
            for gone in curation.let_go(owner_id, self.artifact_limit, is_over):
                told = "Artifact %s of build %s goes: its owner has newer ones"
                log.info(told, gone.artifact_id, gone.build_id)

    def expire(self, build_id):
        """Let go of what was uploaded for a build, unless it was run meanwhile and needs that."""
        waiting = Build.select().where(Build.id == build_id, Build.state == State.CREATED)
        if database.obj.locking(waiting, CHANGE).first():
            Upload.drop(build_id)

    def turn(self, is_over=lambda: False):
        """Delete what apps do not keep, and files that were never stored whole.

        Rows and files of deleted builds are removed by the reconciler. Ends early when `is_over`.
        """
        for app_id in retention.with_rules():
            self.sweep(app_id, is_over)
        Delivery.forget(timestamp(datetime.now(UTC) - MEMORY))
        Secret.purge()
        try:
            number = self.storage.tidy(UNFINISHED)
        except OSError as error:
            log.warning("Could not remove what was not stored whole, will try again: %s", error)
        else:
            if number:
                log.info("Removed %s files that were not stored whole", number)

    def sweep(self, app_id, is_over):
        app = App.living().where(App.id == app_id).first()
        if app is None:
            return
        for gone in retention.delete_excess(app):
            for each in gone:
                log.info("Build %s goes: %s", each.build_id, each.reason)
            if is_over():
                return
