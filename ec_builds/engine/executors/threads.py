"""Runs what is queued in threads of this process: the default."""

import logging
import threading
import time

from ec_builds import logs
from ec_builds.engine import queue
from ec_builds.engine.executors.contract import Executor
from ec_builds.engine.stopping import Reason
from ec_builds.engine.workers import worker_name
from ec_builds.store.database import Unreachable, database

log = logging.getLogger(__name__)

#: Seconds between two looks for what other processes have queued.
INTERVAL = 0.5
#: Seconds between two looks at the wishes on the rows of running runs.
WISHES = 0.5
#: Seconds between two renewals of a lease, and between two turns of the reconciler.
RENEWAL = 5.0
RECONCILIATION = 2.0
#: Seconds that a worker gets to give back what it runs.
PATIENCE = 5.0
#: Seconds between two looks at whether all have ended.
LOOK = 0.02
#: Seconds between two turns of the housekeeper, which has a thread of its own: they may be long.
#: Between them it looks for artifacts that are too much, as these come quickly.
HOUSEKEEPING, CURATION = 600.0, 20.0


class ThreadExecutor(Executor):
    """Workers that claim and run, one keeper that looks after their leases, a housekeeper, and a
    sender, which tells webhooks."""

    def __init__(
        self, runner, reconciler, concurrency, interval=INTERVAL, grace=0.0, housekeeper=None,
        sender=None,
    ):
        self.runner, self.reconciler, self.housekeeper = runner, reconciler, housekeeper
        self.sender = sender
        self.metrics = runner.tools.metrics
        self.interval, self.grace = interval, grace
        self.worker, self.enrolled, self.started = worker_name(), None, False
        self.outage = logs.Outage(log, "The database")
        self.bell = threading.Condition()
        self.rings = 0
        #: What dead workers left has been queued again: it has waited longer than all the rest.
        self.recovered = threading.Event()
        #: No more claims; no more time for what runs; no more keeping.
        self.retiring, self.hurrying, self.ended = (threading.Event() for _ in range(3))
        self.running, self.to_give_back = {}, set()
        self.workers = [
            threading.Thread(target=self.work, name=f"worker-{number}", daemon=True)
            for number in range(concurrency)
        ]
        self.keepers = [threading.Thread(target=self.keep, name="keeper", daemon=True)]
        if housekeeper is not None:
            house = threading.Thread(target=self.keep_house, name="housekeeper", daemon=True)
            self.keepers.append(house)
        if sender is not None:
            post = threading.Thread(target=self.send, name="sender", daemon=True)
            self.keepers.append(post)
        self.stopping = threading.Lock()

    def start(self):
        self.enrolled = self.reconciler.workers.enrol_if_possible(self.worker)
        self.started = True
        for thread in [*self.workers, *self.keepers]:
            thread.start()
        self.metrics.worker(1, len(self.workers))

    def stop(self):
        self.retiring.set()
        self.recovered.set()  # whoever waits for it need not any more
        self.ring()
        with self.stopping:  # whoever comes second waits for the first
            if not self.started:
                return
            self.wait_for_workers(self.grace, self.hurrying)
            self.hurrying.set()
            for brake in list(self.running.values()):
                brake.pull(Reason.GIVEN_BACK)
            self.wait_for_workers(PATIENCE, threading.Event())
            self.ended.set()
            for thread in self.keepers:
                thread.join(PATIENCE)
            self.runner.let_go()
            if not self.running and not self.to_give_back:
                self.reconciler.workers.leave(self.worker, self.enrolled)
                self.metrics.worker(-1, len(self.workers))
                self.enrolled, self.started = None, False

    def hurry(self):
        self.hurrying.set()

    def wait_for_workers(self, seconds, enough):
        """Wait until all workers have ended, for some seconds or until it is enough."""
        deadline = time.monotonic() + seconds
        while any(thread.is_alive() for thread in self.workers):
            if time.monotonic() > deadline or enough.wait(LOOK):
                return

    def ring(self):
        with self.bell:
            self.rings += 1
            self.bell.notify_all()

    def cancel(self, run, run_id):
        for claim, brake in list(self.running.items()):
            if (claim.run, claim.run_id) == (run, run_id):
                brake.pull(Reason.CANCELLED)

    def work(self):
        """The life of a worker."""
        heard = 0
        self.recovered.wait()
        try:
            while not self.retiring.is_set():
                if not self.guarded(self.turn):
                    heard = self.wait(heard)
        finally:
            database.close()

    def turn(self):
        """Run one thing that is queued. Says whether there was one."""
        claim = queue.claim(self.worker)
        if claim is None:
            return False
        brake = self.runner.brake()
        self.running[claim] = brake
        try:
            if self.hurrying.is_set():
                brake.pull(Reason.GIVEN_BACK)
            with self.metrics.busy(), logs.bound(worker=self.worker):
                self.runner.run(claim, brake)
        except Unreachable:
            self.to_give_back.add(claim)
            raise
        finally:
            del self.running[claim]
        return True

    def wait(self, heard):
        """Wait for a ring, or for the next look. Returns the number of rings so far."""
        with self.bell:
            if self.rings == heard and not self.retiring.is_set():
                self.bell.wait(self.interval)
            return self.rings

    def keep(self):
        """The life of the keeper."""
        renewed = reconciled = -RENEWAL
        try:
            self.guarded(self.reconciler.recover)
            self.recovered.set()
            while not self.ended.is_set():
                due = time.monotonic() - renewed >= RENEWAL
                if self.guarded(self.look_after, due) and due:
                    renewed = time.monotonic()
                if time.monotonic() - reconciled >= RECONCILIATION:
                    self.guarded(self.reconciler.turn)
                    self.guarded(self.runner.clear_away)
                    reconciled = time.monotonic()
                self.ended.wait(WISHES)
            self.guarded(self.look_after, False)
        finally:
            database.close()

    def keep_house(self):
        """The life of the housekeeper."""
        try:
            due = time.monotonic()
            while not self.retiring.is_set():
                if time.monotonic() >= due:
                    self.guarded(self.housekeeper.turn, self.retiring.is_set)
                    due = time.monotonic() + HOUSEKEEPING
                self.guarded(self.housekeeper.curate, self.retiring.is_set)
                self.retiring.wait(CURATION)
        finally:
            database.close()

    def send(self):
        """The life of the sender, which also tells of what ends while the workers stop."""
        try:
            while not self.ended.is_set():
                self.guarded(self.sender.turn)
                self.sender.wait(self.interval)
            self.guarded(self.sender.stop)
        finally:
            database.close()

    def look_after(self, renewing):
        """Renew the leases when they are due, and see who wishes what. Says that it was done."""
        for claim in list(self.to_give_back):
            self.reconciler.take_back(claim)
            self.to_give_back.discard(claim)
        for claim, brake in list(self.running.items()):
            brake.heed(claim.renew() if renewing else claim.state())
        return True

    def guarded(self, turn, *arguments):
        """One turn that cannot end the thread: whatever it stumbles over is logged."""
        name = threading.current_thread().name
        try:
            done = turn(*arguments)
        except Unreachable as error:
            self.outage.meets((name, turn), error)
            database.close()
        except Exception:
            log.exception("A turn of %s failed", name)
        else:
            self.outage.spares((name, turn))
            return done
        self.ended.wait(self.interval)
        return False
