"""Runs what is queued in threads of this process: the default."""

import logging
import threading
import time

from ec_builds import logs
from ec_builds.engine import queue
from ec_builds.engine.executors.contract import Executor
from ec_builds.engine.stopping import Reason
from ec_builds.states import State
from ec_builds.store.database import Unreachable, database

log = logging.getLogger(__name__)

#: Seconds between two looks for what other processes have queued.
INTERVAL = 0.5
#: Seconds between two looks at the wishes on the rows of running runs.
WISHES = 0.5
#: Seconds between two renewals of a lease, and between two turns of the reconciler.
RENEWAL = 5.0
#: Seconds that a worker gets to give back what it runs.
PATIENCE = 5.0
RECONCILIATION = 2.0


class ThreadExecutor(Executor):
    """Workers that claim and run, and one keeper that looks after their leases."""

    def __init__(self, runner, reconciler, concurrency, interval=INTERVAL):
        self.runner, self.reconciler = runner, reconciler
        self.metrics = runner.tools.metrics
        self.interval = interval
        self.worker = queue.worker_name()
        self.bell = threading.Condition()
        self.rings = 0
        self.stopping = threading.Event()
        self.running = {}
        self.threads = [
            threading.Thread(target=self.work, name=f"worker-{number}", daemon=True)
            for number in range(concurrency)
        ]
        self.threads.append(threading.Thread(target=self.keep, name="keeper", daemon=True))

    def start(self):
        for thread in self.threads:
            thread.start()
        self.metrics.worker(1, len(self.threads) - 1)

    def stop(self):
        if self.threads[0].ident is not None and not self.stopping.is_set():
            self.metrics.worker(-1, len(self.threads) - 1)
        self.stopping.set()
        for brake in list(self.running.values()):
            brake.pull(Reason.GIVEN_BACK)
        self.ring()
        for thread in self.threads:
            if thread.ident is not None:
                thread.join(PATIENCE)

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
        try:
            while not self.stopping.is_set():
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
            if self.stopping.is_set():
                brake.pull(Reason.GIVEN_BACK)
            with self.metrics.busy(), logs.bound(worker=self.worker):
                self.runner.run(claim, brake)
        finally:
            del self.running[claim]
        return True

    def wait(self, heard):
        """Wait for a ring, or for the next look. Returns the number of rings so far."""
        with self.bell:
            if self.rings == heard and not self.stopping.is_set():
                self.bell.wait(self.interval)
            return self.rings

    def keep(self):
        """The life of the keeper."""
        renewed = reconciled = 0.0
        try:
            while not self.stopping.wait(WISHES):
                due = time.monotonic() - renewed >= RENEWAL
                self.guarded(self.look_after, due)
                renewed = time.monotonic() if due else renewed
                if time.monotonic() - reconciled >= RECONCILIATION:
                    self.guarded(self.reconciler.turn)
                    self.guarded(self.runner.clear_away)
                    reconciled = time.monotonic()
        finally:
            database.close()

    def look_after(self, renewing):
        """Renew the leases when they are due, and see who wishes what."""
        for claim, brake in list(self.running.items()):
            state = claim.renew() if renewing else claim.state()
            if state is None:
                brake.pull(Reason.LOST)
            elif state == State.CANCELLING:
                brake.pull(Reason.CANCELLED)

    def guarded(self, turn, *arguments):
        """One turn that cannot end the thread: whatever it stumbles over is logged."""
        try:
            return turn(*arguments)
        except Unreachable as error:
            log.error("The database does not answer: %s", error)
            database.close()
        except Exception:
            log.exception("A turn of %s failed", threading.current_thread().name)
        self.stopping.wait(self.interval)
        return False
