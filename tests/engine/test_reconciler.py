"""The reconciler sets right what lost workers left, and clears away what was deleted."""

import time

import pytest

from ec_builds.engine import queue
from ec_builds.engine.queue import LEASE
from ec_builds.engine.reconciler import RETRY
from ec_builds.states import State
from ec_builds.store.app import App
from ec_builds.store.build import Build
from ec_builds.store.litter import Litter
from ec_builds.store.platform import Platform
from ec_builds.store.run import Event


@pytest.fixture
def claimed(make_platform, submit):
    """A build that a worker has claimed."""
    submit(make_platform())
    return queue.claim("lost")


def later():
    return time.time() + LEASE + 1


def test_a_lease_that_holds_is_left_alone(claimed, reconciler):
    reconciler.turn()

    assert Build.get().state == State.RUNNING


def test_a_build_whose_worker_is_lost_is_queued_again(claimed, reconciler):
    reconciler.turn(later())

    build = Build.get()
    assert (build.state, build.worker, build.lease_until) == (State.QUEUED, None, None)
    assert Event.get().message == "Its worker was lost; it is queued again"


def test_the_lost_worker_cannot_write_any_more(claimed, reconciler):
    reconciler.turn(later())

    assert not Build.record(claimed.run_id, "I am back", held=claimed.fence)
    assert not Build.move(claimed.run_id, State.SUCCEEDED, held=claimed.fence)
    assert claimed.renew() is None


def test_a_build_that_is_begun_once_is_given_up_at_once(claimed, reconciler):
    Build.update(once=True).execute()

    reconciler.turn(later())

    build = Build.get()
    assert (build.state, build.detail) == (State.FAILED, "Given up: its worker was lost")
    assert Event.get().message == build.detail
    assert not Build.record(claimed.run_id, "I am back", held=claimed.fence)


def test_one_that_was_to_be_cancelled_is_cancelled_all_the_same(claimed, reconciler):
    Build.update(once=True).execute()
    Build.cancel(claimed.run_id)

    reconciler.turn(later())

    assert Build.get().state == State.CANCELLED


def test_what_it_could_not_write_down_ends_a_build_that_is_begun_once(claimed, reconciler):
    Build.update(once=True).execute()

    reconciler.take_back(claimed)

    assert Build.get().detail == "Given up: the database did not answer"


def test_a_build_is_given_up_after_two_attempts(claimed, reconciler):
    reconciler.turn(later())
    queue.claim("lost too")

    reconciler.turn(later())

    build = Build.get()
    assert (build.state, build.detail) == (State.FAILED, "Given up: its worker was lost 2 times")


def test_a_wish_to_cancel_outlives_the_worker(claimed, reconciler):
    Build.cancel(claimed.run_id)

    reconciler.turn(later())

    assert Build.get().state == State.CANCELLED


def test_a_deleted_build_goes_with_its_files(make_platform, submit, work, reconciler, storage):
    submit(make_platform())
    work()
    key = Build.get().result_key
    Build.update(deleted="now").execute()

    reconciler.turn()

    assert Build.select().count() == 0
    assert Event.select().count() == 0
    assert storage.size(key) is None
    assert Litter.select().count() == 0


def test_a_deleted_build_that_still_runs_stays_until_its_end(claimed, reconciler):
    Build.update(deleted="now").execute()

    reconciler.turn()

    assert Build.select().count() == 1


def test_a_deleted_app_goes_with_all_that_it_owns(make_platform, submit, work, reconciler):
    submit(make_platform())
    work()
    for row in (App, Platform, Build):
        row.update(deleted="now").execute()

    reconciler.turn()

    assert [row.select().count() for row in (App, Platform, Build)] == [0, 0, 0]


def test_files_that_cannot_be_removed_are_tried_again(reconciler, storage, monkeypatch, caplog):
    Litter.drop("builds/1")

    def refuse(prefix):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(storage, "delete", refuse)
        reconciler.turn()
    assert Litter.select().count() == 1
    assert "Could not remove builds/1" in caplog.text

    reconciler.turn(time.time() + RETRY)

    assert Litter.select().count() == 0
