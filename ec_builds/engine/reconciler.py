"""Sets right what was left by workers that died, and clears away what was deleted."""

import logging
import time
from datetime import UTC, datetime

from ec_builds.engine.queue import KINDS
from ec_builds.logs import facts
from ec_builds.metrics import Metrics
from ec_builds.states import State
from ec_builds.store.app import App
from ec_builds.store.build import Build
from ec_builds.store.database import timestamp, transaction
from ec_builds.store.deployment import Deployment
from ec_builds.store.litter import Litter
from ec_builds.store.platform import Platform
from ec_builds.store.receipt import Receipt
from ec_builds.store.tally import Tally

log = logging.getLogger(__name__)

#: How often a run is begun before it is given up.
MAX_ATTEMPTS = 2
#: Seconds for which a request can be sent again.
MEMORY = 24 * 3600
#: Things looked at in one turn.
BATCH = 50


class Reconciler:
    def __init__(self, storage, metrics=None):
        self.storage, self.metrics = storage, metrics or Metrics()

    def turn(self, now=None):
        """One look at everything."""
        now = time.time() if now is None else now
        for kind in KINDS:
            lapsed = kind.unfinished().where(kind.lease_until < now).limit(BATCH)
            for run in lapsed.where(kind.state.in_([State.RUNNING, State.CANCELLING])):
                self.set_right(kind, run)
        self.purge()
        self.sweep()
        Tally.add_up()
        Receipt.forget(timestamp(datetime.fromtimestamp(now - MEMORY, UTC)))

    def set_right(self, kind, run):
        """Queue a run again whose worker was lost, or end it."""
        if run.state == State.CANCELLING:
            state, message = State.CANCELLED, "Cancelled; its worker was lost meanwhile"
        elif run.attempts < MAX_ATTEMPTS:
            state, message = State.QUEUED, "Its worker was lost; it is queued again"
        else:
            state = State.FAILED
            message = f"Given up: its worker was lost {run.attempts} times"
        known = facts(**{f"{kind.__name__.lower()}ID": run.id}, worker=run.worker)
        log.warning("%s %s: %s", kind.__name__, run.id, message, extra=known)
        ended = state is not State.QUEUED
        changes = {"detail": message} if ended else {"worker": None, "lease_until": None}
        # Raising the fence keeps the lost worker from writing, should it come back.
        with transaction():
            if kind.move(run.id, state, held=run.fence, fence=run.fence + 1, **changes):
                kind.record(run.id, message, "error" if ended else "warn")
                self.metrics.lease_lost(kind.__name__.lower())

    def purge(self):
        """Remove the rows of what was deleted, once nothing of it is running any more."""
        self.purge_runs()
        for owner, key in ((Platform, "platform_id"), (App, "app_id")):
            for row in owner.select().where(owner.deleted.is_null(False)).limit(BATCH):
                runs = (kind.select().where(getattr(kind, key) == row.id) for kind in KINDS)
                if not any(mine.exists() for mine in runs):
                    row.delete_instance()

    def purge_runs(self):
        for kind, name in ((Build, "builds"), (Deployment, "deployments")):
            active = [State.RUNNING, State.CANCELLING]
            gone = kind.select().where(kind.deleted.is_null(False), kind.state.not_in(active))
            for run in gone.limit(BATCH):
                with transaction():
                    Litter.drop(f"{name}/{run.id}")
                    run.delete_instance()

    def sweep(self):
        """Remove the files that nothing points to any more; what fails is tried again."""
        for litter in Litter.select().limit(BATCH):
            try:
                self.storage.delete(litter.prefix)
            except OSError as error:
                log.warning("Could not remove %s: %s", litter.prefix, error)
                continue
            litter.delete_instance()
