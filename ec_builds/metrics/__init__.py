"""What is counted while a server works, in the form that Prometheus reads.

Whoever has something to tell calls a method of `Metrics`; that costs some
microseconds and never fails. Names of apps and of users are not told.
"""

import time
from contextlib import contextmanager

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from ec_builds.metrics.families import Counter, Gauge, Histogram
from ec_builds.metrics.files import Files

__all__ = ["CONTENT_TYPE", "Metrics"]

CONTENT_TYPE = CONTENT_TYPE_LATEST
#: Upper ends in seconds, of what takes as long as a build and of what takes as long as a request.
LONG = (0.005, 0.02, 0.1, 0.5, 2, 10, 30, 120, 600, 3600)
SHORT = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10)
METHODS = {"GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE"}


class Metrics:
    """The figures of a process, added to those of the others that work in the same folder.

    Without a folder nothing is kept.
    """

    def __init__(self, folder=None):
        self.files = Files(folder)
        self.stages = Histogram(
            self.files, "ec_builds_stage_seconds", "Seconds that a stage of a run took.",
            ("kind", "stage"), LONG,
        )
        self.started = Counter(
            self.files, "ec_builds_runs_started", "Runs begun by a worker, again ones as well.",
            ("kind",),
        )
        self.finished = Counter(
            self.files, "ec_builds_runs_finished", "Runs that a worker has let go, by their state.",
            ("kind", "state"),
        )
        self.losses = Counter(
            self.files, "ec_builds_lease_losses", "Runs whose worker was lost.", ("kind",)
        )
        self.requests = Histogram(
            self.files, "ec_builds_http_request_seconds",
            "Seconds until a request was answered; a long answer goes on afterwards.",
            ("method", "route", "status"), SHORT,
        )
        self.workers = Gauge(
            self.files, "ec_builds_workers", "Processes of this machine that run what is queued."
        )
        self.threads = Gauge(
            self.files, "ec_builds_worker_threads", "Threads of these processes.", ("state",)
        )

    def stage(self, kind, stage, seconds):
        """A stage of a run has ended, however it did."""
        self.stages.observe((kind, stage), seconds)

    @contextmanager
    def staging(self, kind, stage):
        """The same, of what is done inside."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.stage(kind, stage, time.perf_counter() - begun)

    def run_started(self, kind):
        self.started.add((kind,))

    def run_ended(self, kind, state):
        self.finished.add((kind, state))

    def lease_lost(self, kind):
        self.losses.add((kind,))

    def request(self, method, route, status, seconds):
        """A request has been answered. `route` is a pattern, not a path."""
        method = method if method in METHODS else "other"
        self.requests.observe((method, route, f"{status // 100}xx"), seconds)

    def worker(self, change, threads):
        """A process begins (1) or ends (-1) to run what is queued, with some threads."""
        self.workers.add((), change)
        self.threads.add(("idle",), change * threads)
        self.threads.add(("busy",), 0)

    @contextmanager
    def busy(self):
        """A thread of a worker is busy with what is done inside."""
        self.threads.add(("idle",), -1)
        self.threads.add(("busy",))
        try:
            yield
        finally:
            self.threads.add(("busy",), -1)
            self.threads.add(("idle",))

    def text(self, *collectors):
        """All figures as bytes of the type CONTENT_TYPE; `collectors` add others to them."""
        registry = CollectorRegistry()
        for collector in (self.files, *collectors):
            registry.register(collector)
        return generate_latest(registry)
