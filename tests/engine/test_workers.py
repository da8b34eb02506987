"""Who is alive is told by locks; what dead workers left is theirs until nothing of it lives."""

import errno
import os
import stat
import subprocess
import sys
import threading
import time

import pytest

from ec_builds.engine import locks, queue
from ec_builds.engine.executors.inline import InlineExecutor
from ec_builds.engine.executors.threads import ThreadExecutor
from ec_builds.engine.queue import LEASE
from ec_builds.states import State
from ec_builds.store.build import Build
from ec_builds.store.run import Event

#: A process that holds the lock of a path until it is killed.
HOLDER = (
    "import sys, time; from ec_builds.engine import locks; lock = locks.hold(sys.argv[1]);"
    "print('held', flush=True); time.sleep(60)"
)


@pytest.fixture
def holder():
    """Starts processes that hold the lock of a path, and ends those that are left."""
    started = []

    def hold(path):
        command = [sys.executable, "-c", HOLDER, str(path)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout.readline() == "held\n"
        return process

    yield hold
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture
def left(make_platform, submit, workers, workspaces, holder):
    """A build whose worker was killed, with a workspace that a process of it still holds."""
    submit(make_platform())
    claim = queue.claim("dead")
    workers.folder.mkdir()
    worker = holder(workers.folder / "dead")
    workspaces.locks.mkdir()
    workspaces.parent.mkdir()
    (workspaces.parent / f"{claim.name}-abc").mkdir()
    orphan = holder(workspaces.locks / f"{claim.name}-abc")
    worker.kill()
    worker.wait()
    return orphan


def test_what_a_dead_worker_left_is_run_before_what_was_queued_later(
    left, runner, reconciler, make_platform, submit, monkeypatch
):
    submit(make_platform())
    left.kill()
    left.wait()
    executor = ThreadExecutor(runner, reconciler, 1, interval=0.05)
    found, order = threading.Event(), []

    def claim(worker):
        order.append(claimed := queue_claim(worker))
        found.set()
        return claimed

    queue_claim = queue.claim
    monkeypatch.setattr(queue, "claim", claim)
    executor.start()
    assert found.wait(20)
    executor.stop()

    lost, _ = Build.select().order_by(Build.id)
    assert order[0].run_id == lost.id


def test_a_lock_lasts_as_long_as_its_holder(tmp_path, holder):
    path = tmp_path / "lock"
    process = holder(path)

    assert locks.is_held(path)
    with pytest.raises(BlockingIOError):
        locks.hold(path)
    assert locks.holders(path) == [process.pid]
    assert locks.end_all([]) is False

    assert locks.end_all(locks.holders(path)) is True

    process.wait()
    assert not locks.is_held(path)
    assert locks.holders(tmp_path / "nothing") == []
    assert not locks.is_held(tmp_path / "nothing")


def test_a_lock_that_a_build_has_shut_is_looked_at_all_the_same(tmp_path, holder, monkeypatch):
    """It may change the rights of what process 1 of its sandbox has open."""
    opening = os.open

    def as_owner(name, flags, *more, **options):
        if not os.stat(name).st_mode & stat.S_IRUSR:  # nobody tells root
            raise PermissionError(errno.EACCES, "Permission denied", name)
        return opening(name, flags, *more, **options)

    path = tmp_path / "lock"
    process = holder(path)
    path.chmod(0)
    monkeypatch.setattr(os, "open", as_owner)

    assert locks.is_held(path)

    process.kill()
    process.wait()
    path.chmod(0)
    assert not locks.is_held(path)


def test_a_run_that_cannot_be_looked_at_costs_no_other(
    left, reconciler, workspaces, make_platform, submit, monkeypatch, caplog
):
    left.kill()
    left.wait()
    second = submit(make_platform())
    queue.claim("dead")
    is_deserted = workspaces.is_deserted

    def look(name):
        if name.startswith("builds-1-"):
            raise OSError(errno.EIO, "Input/output error")
        return is_deserted(name)

    monkeypatch.setattr(workspaces, "is_deserted", look)
    reconciler.recover()

    assert Build.get_by_id(1).state == State.RUNNING
    assert Build.get_by_id(second).state == State.QUEUED
    assert "Whether anybody has Build 1 is not known" in caplog.text


def test_a_lock_is_not_taken_through_a_link(tmp_path):
    (tmp_path / "aim").touch()
    (tmp_path / "link").symlink_to(tmp_path / "aim")

    with pytest.raises(OSError, match="symbolic links"):
        locks.hold(tmp_path / "link")


def test_a_killed_worker_need_not_wait_for_its_lease(make_platform, submit, workers, reconciler):
    submit(make_platform())
    queue.claim("dead")
    workers.folder.mkdir()
    (workers.folder / "dead").touch()

    reconciler.turn()

    assert Build.get().state == State.QUEUED
    assert workers.names() == []


def test_nothing_begins_again_while_something_of_it_lives(left, reconciler, workspaces):
    assert Build.get().lease_until > time.time()

    reconciler.turn()

    assert left.poll() == -9, "what was left was ended before"
    assert Build.get().state == State.QUEUED
    assert Event.get().message == "Its worker was lost; it is queued again"


def test_what_cannot_be_ended_is_waited_for(left, reconciler, monkeypatch):
    monkeypatch.setattr(locks, "end_all", lambda found: False)  # it is somebody else's

    reconciler.turn(time.time() + 3 * LEASE)
    assert Build.get().state == State.RUNNING

    left.kill()
    left.wait()
    reconciler.turn()
    assert Build.get().state == State.QUEUED


def test_a_worker_that_lives_and_forgot_to_renew_gets_some_time(
    make_platform, submit, workers, reconciler
):
    submit(make_platform())
    queue.claim("slow")
    descriptor = workers.enrol("slow")

    reconciler.turn(time.time() + LEASE + 1)
    assert Build.get().state == State.RUNNING

    reconciler.turn(time.time() + 2 * LEASE + 1)
    assert Build.get().state == State.QUEUED
    workers.leave("slow", descriptor)


def test_a_worker_that_lives_keeps_its_process_when_its_runs_are_taken(
    make_platform, submit, workers, workspaces, reconciler
):
    submit(make_platform())
    claim = queue.claim("here")
    descriptor = workers.enrol("here")
    with workspaces.make(claim.name):
        reconciler.turn(time.time() + 2 * LEASE + 1)

        assert Build.get().state == State.QUEUED  # and this process is still there
    workers.leave("here", descriptor)


def test_a_worker_elsewhere_is_known_by_its_lease_alone(make_platform, submit, reconciler):
    submit(make_platform())
    queue.claim("elsewhere")

    reconciler.turn()
    assert Build.get().state == State.RUNNING

    reconciler.turn(time.time() + LEASE + 1)
    assert Build.get().state == State.QUEUED


def test_workers_that_end_in_order_leave_nothing(runner, reconciler, workers, workspaces):
    executor = InlineExecutor(runner, reconciler)
    executor.start()
    assert workers.names() == [executor.worker]
    assert not workers.is_dead(executor.worker)

    executor.stop()

    assert workers.names() == []


def test_a_workspace_that_is_held_is_not_cleared_away(runner, workspaces, holder):
    folder = workspaces.parent / "builds-7-1-abc"
    folder.mkdir(parents=True)
    workspaces.locks.mkdir()
    process = holder(workspaces.locks / folder.name)

    runner.clear_away()
    assert folder.exists()

    process.kill()
    process.wait()
    runner.clear_away()
    assert workspaces.all() == []


def test_a_tree_that_gave_its_lock_back_is_found_all_the_same(
    make_platform, submit, workers, workspaces, reconciler
):
    submit(make_platform())
    claim = queue.claim("dead")
    workers.folder.mkdir()
    (workers.folder / "dead").touch()
    workspaces.locks.mkdir()
    workspaces.parent.mkdir()
    folder = workspaces.parent / f"{claim.name}-abc"
    folder.mkdir()
    with subprocess.Popen(["sleep", "60"]) as left:
        workspaces.remember(folder, left.pid)
        assert workspaces.is_held(folder)

        reconciler.turn()

        assert left.wait() == -9
    assert Build.get().state == State.QUEUED
    assert not workspaces.is_held(folder)


def test_a_process_is_not_taken_for_another_of_its_number(workspaces):
    workspaces.locks.mkdir()
    folder = workspaces.parent / "builds-7-1-abc"
    with subprocess.Popen(["sleep", "60"]) as innocent:
        workspaces.trees(folder).write_text(f"{innocent.pid} 1\n{innocent.pid} x\n99999999 5\n")

        assert not workspaces.is_held(folder)
        assert workspaces.end("builds-7-1", but=())
        assert innocent.poll() is None
        innocent.kill()


def test_a_worker_that_cannot_have_a_lock_works_without(runner, reconciler, caplog, monkeypatch):
    def full(name):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(reconciler.workers, "enrol", full)
    for executor in (InlineExecutor(runner, reconciler), ThreadExecutor(runner, reconciler, 1)):
        executor.start()
        executor.stop()
        executor.stop()

    assert not any(thread.is_alive() for thread in [*executor.workers, *executor.keepers])
    assert caplog.text.count("goes without a lock of its own") == 2
