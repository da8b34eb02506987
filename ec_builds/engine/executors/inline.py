"""Runs what is queued at once, where it was submitted: for tests."""

from ec_builds.engine import queue
from ec_builds.engine.executors.contract import Executor
from ec_builds.engine.workers import worker_name


class InlineExecutor(Executor):
    def __init__(self, runner, reconciler, sender=None):
        self.runner, self.reconciler, self.sender = runner, reconciler, sender
        self.worker, self.enrolled = worker_name(), None

    def start(self):
        self.enrolled = self.reconciler.workers.enrol_if_possible(self.worker)
        self.reconciler.turn()
        self.ring()

    def stop(self):
        self.runner.let_go()
        self.reconciler.workers.leave(self.worker, self.enrolled)
        self.enrolled = None

    def hurry(self):
        """Nothing is running between two calls."""

    def ring(self):
        while claim := queue.claim(self.worker):
            self.runner.run(claim, self.runner.brake())
        if self.sender is not None:
            self.sender.flush()

    def cancel(self, run, run_id):
        self.reconciler.turn()


class NoExecutor(Executor):
    """Runs nothing: workers elsewhere look at the same database."""

    def start(self):
        """Others do."""

    def stop(self):
        """Others do."""

    def hurry(self):
        """Others do."""

    def ring(self):
        """Others look for themselves."""

    def cancel(self, run, run_id):
        """Others look for themselves."""
