"""Sets right what was left by workers that died, and clears away what was deleted.

Rows are read to the end before anything is written: SQLite lets nobody write who is still reading
what somebody else has changed meanwhile.
"""

import logging
import time
from datetime import UTC, datetime

from ec_builds.engine.queue import KINDS, LEASE, attempt, stored
from ec_builds.logs import Outage, facts
from ec_builds.metrics import Metrics
from ec_builds.states import State
from ec_builds.storage.contract import Away
from ec_builds.store.app import App
from ec_builds.store.build import Build
from ec_builds.store.database import timestamp, transaction
from ec_builds.store.image import Image
from ec_builds.store.litter import Litter
from ec_builds.store.platform import Platform
from ec_builds.store.receipt import Receipt
from ec_builds.store.tally import Tally

log = logging.getLogger(__name__)

#: How often a run is begun before it is given up.
MAX_ATTEMPTS = 2
#: Seconds for which a request can be sent again.
MEMORY = 24 * 3600
#: Seconds until files are tried again that could not be removed.
RETRY = 60
#: Things looked at at a time, and seconds of a turn that go to what was deleted: the same thread
#: renews leases.
BATCH, LONGEST = 50, 2.0


class Reconciler:
    """Looks at everything that may have been left, by `workers` of this machine or of others."""

    def __init__(self, storage, workers, workspaces, metrics=None):
        self.storage, self.workers, self.workspaces = storage, workers, workspaces
        self.metrics = metrics or Metrics()
        self.outage = Outage(log)

    def turn(self, now=None):
        """One look at everything."""
        now = time.time() if now is None else now
        self.recover(now)
        self.clear(now)
        Tally.add_up()
        Receipt.forget(timestamp(datetime.fromtimestamp(now - MEMORY, UTC)))

    def recover(self, now=None):
        """Queue again what dead workers had, as soon as nothing of it lives any more."""
        now = time.time() if now is None else now
        for kind in KINDS:
            for run in list(kind.active()):
                try:
                    is_lost = self.is_lost(kind, run, now)
                except OSError:  # one that cannot be looked at is not to cost all others
                    log.exception("Whether anybody has %s %s is not known", kind.__name__, run.id)
                    continue
                if is_lost:
                    self.workspaces.clear_deserted()  # it may need the room to be written down
                    if self.set_right(kind, run, "its worker was lost"):
                        self.metrics.lease_lost(kind.__name__.lower())
        for name in self.workers.dead():
            if not any(kind.active().where(kind.worker == name).exists() for kind in KINDS):
                self.workers.bury(name)

    def is_lost(self, kind, run, now):
        """Whether a run's worker is gone, and all processes that it had started are gone, too.

        A worker of this machine is dead when its lock is free, whatever its lease says; of
        another machine's worker only the lease can tell.
        """
        name = attempt(kind, run.id, run.fence)
        if self.workers.is_dead(run.worker):
            if not self.workspaces.is_deserted(name):
                self.workspaces.end(name, but=self.workers.processes())
            return self.workspaces.is_deserted(name)
        if not self.workers.knows(run.worker):
            return run.lease_until < now
        # It lives, but has not renewed for so long that others may have taken the run from it.
        lapsed = run.lease_until + LEASE < now
        return lapsed and self.workspaces.end(name, but=self.workers.processes())

    def take_back(self, claim):
        """Set right what a worker could not write down the end of.

        It counts as an attempt: a run that is to blame for it is not to come again and again.
        """
        mine = claim.run.active().where(claim.run.id == claim.run_id)
        for run in list(mine.where(claim.run.fence == claim.fence)):
            self.set_right(claim.run, run, "the database did not answer")

    def set_right(self, kind, run, why):
        """Queue a run again of which nothing came, or end it. Says whether it was to be done."""
        if run.state == State.CANCELLING:
            state, message = State.CANCELLED, f"Cancelled; {why} meanwhile"
        elif run.attempts < (1 if run.once else MAX_ATTEMPTS):
            state, message = State.QUEUED, f"{why[0].upper()}{why[1:]}; it is queued again"
        else:
            state = State.FAILED
            times = "" if run.once else f" {run.attempts} times"
            message = f"Given up: {why}{times}"
        ended = state is not State.QUEUED
        changes = {"detail": message} if ended else {"worker": None, "lease_until": None}
        # Raising the fence keeps the lost worker from writing, should it come back.
        with transaction():
            if not kind.move(run.id, state, held=run.fence, fence=run.fence + 1, **changes):
                return False  # another process was faster
            known = {"worker": run.worker, "attempts": run.attempts}
            kind.record(run.id, message, "error" if ended else "warn", info=known)
            Litter.drop(stored(kind, run.id, run.fence))
        known = facts(**{f"{kind.__name__.lower()}ID": run.id}, worker=run.worker)
        log.warning("%s %s: %s", kind.__name__, run.id, message, extra=known)
        return True

    def clear(self, now, longest=LONGEST):
        """Remove rows and files of what was deleted, until nothing is left or time is up."""
        until = time.monotonic() + longest
        while self.purge_runs() + self.sweep(now) and time.monotonic() < until:
            pass
        self.purge_owners()

    def purge_owners(self):
        """Remove the rows of owners that were deleted, once they have no runs any more."""
        for owner, key in ((Platform, "platform_id"), (App, "app_id")):
            for row in list(owner.select().where(owner.deleted.is_null(False)).limit(BATCH)):
                runs = (kind.select().where(getattr(kind, key) == row.id) for kind in KINDS)
                if not any(mine.exists() for mine in runs):
                    with transaction():
                        if owner is App:
                            Litter.drop(f"objects/{row.id}")
                        row.delete_instance()

    def purge_runs(self):
        """Remove some rows of runs that were deleted and have ended. Returns how many."""
        number = 0
        for kind in KINDS:
            active = [State.RUNNING, State.CANCELLING]
            gone = kind.select().where(kind.deleted.is_null(False), kind.state.not_in(active))
            for run in list(gone.limit(BATCH)):
                with transaction():
                    Litter.drop(f"{kind.place}/{run.id}")
                    if kind is Build:
                        Image.bury(run)
                    run.delete_instance()
                number += 1
        return number

    def sweep(self, now):
        """Remove some files that nothing points to any more; what fails is tried again later.

        Returns how many were tried.
        """
        due = Litter.select().where(Litter.due <= now).order_by(Litter.due).limit(BATCH)
        waiting = list(due)
        for litter in waiting:
            try:
                self.storage.delete(litter.prefix)
            except Away as error:
                self.outage.meets(self, error)
                return 0
            except OSError as error:
                log.warning("Could not remove %s, will try again: %s", litter.prefix, error)
                Litter.update(due=now + RETRY).where(Litter.prefix == litter.prefix).execute()
                continue
            self.outage.spares(self)
            litter.delete_instance()
        return len(waiting)
