"""Figures that several processes keep together."""

import errno
import gc
import os
import subprocess
import sys

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ec_builds.metrics import Metrics


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "home/metrics"


@pytest.fixture
def other(folder):
    """Another process that counts until it is told to end."""
    started = []

    def other(*lines, kill=False):
        script = "\n".join(
            [
                "import sys; from ec_builds.metrics import Metrics",
                f"metrics = Metrics({str(folder)!r})",
                *lines,
                "print('done', flush=True); sys.stdin.read()",
            ]
        )
        process = subprocess.Popen(
            [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        started.append(process)
        assert process.stdout.readline() == b"done\n"
        return process

    yield other
    for process in started:
        end(process)


def end(process):
    process.kill()
    process.communicate()


def figures(metrics):
    """All figures by name and labels."""
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
    }


LOSSES = ("ec_builds_lease_losses_total", ("kind", "build"))
WORKERS = ("ec_builds_workers",)
IDLE = ("ec_builds_worker_threads", ("state", "idle"))
BUSY = ("ec_builds_worker_threads", ("state", "busy"))


def test_without_a_folder_nothing_is_kept():
    metrics = Metrics()
    metrics.lease_lost("build")

    assert metrics.text() == b""


def test_nothing_is_made_before_there_is_something_to_keep(folder):
    assert Metrics(folder).text() == b""
    assert not folder.exists()


def test_processes_add_up(folder, other):
    metrics = Metrics(folder)
    metrics.lease_lost("build")
    metrics.worker(1, 4)
    other("metrics.lease_lost('build'); metrics.worker(1, 2)")

    found = figures(metrics)

    assert (found[LOSSES], found[WORKERS], found[IDLE], found[BUSY]) == (2, 2, 6, 0)


def test_what_dead_processes_counted_counts_and_their_gauges_do_not(folder, other):
    metrics = Metrics(folder)
    metrics.worker(1, 4)
    for _ in range(2):
        end(other("metrics.lease_lost('build'); metrics.worker(1, 2)",
                  "metrics.stage('build', 'fetch_code', 0.05)"))

    found = figures(metrics)

    assert (found[LOSSES], found[WORKERS], found[IDLE]) == (2, 1, 4)
    assert found["ec_builds_stage_seconds_count", ("kind", "build"), ("stage", "fetch_code")] == 2
    assert figures(metrics) == found
    assert len(list(folder.glob("*.alive"))) == 1


def test_when_nobody_lives_any_more_all_begins_anew(folder, other):
    end(other("metrics.lease_lost('build')"))
    end(other("metrics.lease_lost('build')"))
    metrics = Metrics(folder)
    metrics.lease_lost("build")

    assert figures(metrics)[LOSSES] == 1


def test_servers_of_one_process_keep_apart(folder, tmp_path):
    one, two = Metrics(folder), Metrics(tmp_path / "two")
    one.lease_lost("build")
    two.lease_lost("build")
    two.lease_lost("build")

    assert (figures(one)[LOSSES], figures(two)[LOSSES]) == (1, 2)


def test_a_runtime_that_is_gone_leaves_what_it_has_counted(folder):
    one, two = Metrics(folder), Metrics(folder)
    one.lease_lost("build")
    two.lease_lost("build")
    one.worker(1, 1)
    del one
    gc.collect()

    found = figures(two)

    assert found[LOSSES] == 2
    assert WORKERS not in found


def test_a_forked_process_counts_for_itself(folder, other):
    other(
        "import os, time",
        "metrics.lease_lost('build')",
        "child = os.fork()",
        "if not child:",
        "    metrics.lease_lost('build'); os._exit(0)",
        "os.waitpid(child, 0)",
    )

    assert figures(Metrics(folder))[LOSSES] == 2


def test_a_length_of_time_falls_into_its_bucket(folder):
    metrics = Metrics(folder)
    for seconds in (0.001, 0.02, 0.3, 5000):
        metrics.stage("build", "fetch_code", seconds)

    found = figures(metrics)

    def reached(end):
        labels = ("kind", "build"), ("le", end), ("stage", "fetch_code")
        return found["ec_builds_stage_seconds_bucket", *labels]

    assert [reached(end) for end in ("0.005", "0.02", "0.1", "0.5", "3600.0", "+Inf")] == [
        1, 2, 2, 3, 3, 4,
    ]
    total = found["ec_builds_stage_seconds_sum", ("kind", "build"), ("stage", "fetch_code")]
    assert total == pytest.approx(5000.321)


def test_trouble_with_the_disk_ends_nothing_and_is_told_once(folder, caplog):
    folder.parent.mkdir()
    folder.write_text("in the way")
    metrics = Metrics(folder)

    metrics.lease_lost("build")
    metrics.lease_lost("build")

    assert caplog.text.count("Metrics are not kept") == 1
    assert metrics.text() == b""


def test_methods_that_strangers_think_of_are_not_told(folder):
    metrics = Metrics(folder)
    metrics.request("BREW", "none", 405, 0.1)
    metrics.request("GET", "/platform", 200, 0.1)

    told = {(key[2][1], key[-1][1]) for key in figures(metrics) if key[0].endswith("_count")}

    assert told == {("none", "4xx"), ("/platform", "2xx")}
    assert b"BREW" not in metrics.text()


def test_files_are_for_the_server_alone(folder):
    Metrics(folder).lease_lost("build")

    assert os.stat(folder).st_mode & 0o777 == 0o700


def test_a_full_disk_is_no_trouble_and_nothing_is_lost(folder, caplog, monkeypatch):
    metrics = Metrics(folder)
    metrics.lease_lost("build")

    def full(descriptor, offset, size):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "posix_fallocate", full)
        patch.setattr("ec_builds.metrics.files.RETRY", 0)
        metrics.worker(1, 4)
        metrics.worker(1, 4)
        assert WORKERS not in figures(metrics)
    metrics.lease_lost("build")

    assert (figures(metrics)[LOSSES], figures(metrics)[WORKERS]) == (2, 2)
    assert caplog.text.count("Metrics are not kept") == 1


def test_files_have_no_holes_however_they_grow(folder):
    metrics = Metrics(folder)
    for number in range(2000):
        metrics.lease_lost(f"kind {number}")

    (path,) = folder.glob("counter_*.db")
    assert path.stat().st_size > 2 * 65536
    assert path.stat().st_blocks * 512 >= path.stat().st_size
    assert len(figures(metrics)) == 2000
