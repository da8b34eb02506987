"""What an operator learns of runs: figures, and lines of the log."""

import logging
import time

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ec_builds.engine import queue
from ec_builds.engine.executors.threads import ThreadExecutor
from ec_builds.engine.queue import LEASE
from ec_builds.engine.reconciler import Reconciler
from ec_builds.metrics import Metrics
from ec_builds.states import State
from ec_builds.store.build import Build
from tests.conftest import wait_until


@pytest.fixture
def sandbox():
    """Commands of these tests wait for files outside of their workspace."""
    return "process"


@pytest.fixture
def metrics(runner, tmp_path):
    made = Metrics(tmp_path / "metrics")
    object.__setattr__(runner.tools, "metrics", made)
    return made


def read(metrics):
    return {
        (sample.name.removeprefix("ec_builds_"), *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
    }


def test_stages_are_timed_also_the_one_that_fails(metrics, make_platform, submit, work):
    submit(make_platform(fail="The oven is cold"))

    work()

    found = read(metrics)
    assert found["stage_seconds_count", "build", "build_platform"] == 1
    assert ("stage_seconds_count", "build", "pack_result") not in found
    assert found["runs_finished_total", "FAILED", "build"] == 1


def test_a_lost_worker_is_counted(
    metrics, make_platform, submit, storage, workers, workspaces
):
    submit(make_platform())
    queue.claim("lost")

    Reconciler(storage, workers, workspaces, metrics).turn(time.time() + LEASE + 1)

    assert read(metrics)["lease_losses_total", "build"] == 1


def test_threads_are_idle_or_busy(metrics, runner, reconciler, make_platform, submit, tmp_path):
    threads = ThreadExecutor(runner, reconciler, concurrency=2, interval=0.05)
    go = tmp_path / "go"
    submit(make_platform(run=["sh", "-c", f"until [ -e {go} ]; do sleep 0.02; done"]))
    threads.start()
    try:
        wait_until(lambda: read(metrics).get(("worker_threads", "busy")) == 1)
        found = read(metrics)
        assert (found["workers",], found["worker_threads", "idle"]) == (1, 1)
        go.touch()
        wait_until(lambda: read(metrics)["worker_threads", "busy"] == 0)
        assert read(metrics)["worker_threads", "idle"] == 2
    finally:
        go.touch()
        threads.stop()

    assert read(metrics)["workers",] == 0
    assert Build.get().state == State.SUCCEEDED


def test_the_log_tells_when_a_run_begins_and_ends(make_platform, submit, work, caplog):
    caplog.set_level(logging.INFO, "ec_builds")
    build_id = submit(make_platform())

    work()

    begin, end = [each for each in caplog.records if each.name == "ec_builds.engine.runner"]
    assert begin.getMessage() == f"Build {build_id} begins"
    assert end.getMessage() == f"Build {build_id} ends: SUCCEEDED"
    assert end.facts["state"] == "SUCCEEDED"
    assert end.facts["seconds"] >= 0
