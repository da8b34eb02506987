"""What every executor has to keep, whichever it is."""

import pytest

from ec_builds.engine.executors.inline import InlineExecutor
from ec_builds.engine.executors.threads import ThreadExecutor
from ec_builds.states import FINISHED, State
from ec_builds.store.build import Build
from ec_builds.store.run import Event
from tests.conftest import wait_until

#: Commands of these tests leave marks outside their workspace.
unfenced = pytest.mark.parametrize("sandbox", ["process"])


@pytest.fixture(params=["inline", "threads"])
def executor(request, runner, reconciler):
    if request.param == "inline":
        yield InlineExecutor(runner, reconciler)
    else:
        threads = ThreadExecutor(runner, reconciler, concurrency=4, interval=0.05)
        threads.start()
        yield threads
        threads.stop()


@pytest.fixture
def threads(runner, reconciler):
    """Two threads that have not been started yet."""
    executor = ThreadExecutor(runner, reconciler, concurrency=2, interval=0.05)
    yield executor
    executor.stop()


def finished():
    return Build.select().where(Build.state.in_(list(FINISHED))).count()


def test_every_build_runs_exactly_once(executor, make_platform, submit):
    platform = make_platform()
    for _ in range(12):
        submit(platform)
        executor.ring()

    wait_until(lambda: finished() == 12)

    assert Build.select().where(Build.state == State.SUCCEEDED).count() == 12
    assert Event.select().where(Event.message == "Build started").count() == 12


def test_a_lost_ring_only_delays_a_build(threads, make_platform, submit):
    threads.start()
    submit(make_platform())

    wait_until(lambda: finished() == 1)


def test_what_was_queued_before_the_start_is_run(threads, make_platform, submit):
    submit(make_platform())

    threads.start()

    wait_until(lambda: finished() == 1)


@unfenced
def test_a_running_build_can_be_cancelled(threads, make_platform, submit, tmp_path):
    mark = tmp_path / "running"
    build_id = submit(make_platform(run=["sh", "-c", f"touch {mark}; sleep 60"]))
    threads.start()
    wait_until(mark.exists)

    assert Build.cancel(build_id) is State.CANCELLING
    threads.cancel(Build, build_id)

    wait_until(lambda: finished() == 1)
    assert Build.get_by_id(build_id).state == State.CANCELLED


@unfenced
def test_a_wish_to_cancel_is_seen_without_being_told(threads, make_platform, submit, tmp_path):
    mark = tmp_path / "running"
    build_id = submit(make_platform(run=["sh", "-c", f"touch {mark}; sleep 60"]))
    threads.start()
    wait_until(mark.exists)

    Build.cancel(build_id)

    wait_until(lambda: finished() == 1)


@unfenced
def test_stopping_gives_back_what_is_running(runner, reconciler, make_platform, submit, tmp_path):
    mark = tmp_path / "running"
    script = f"test -e {mark} || {{ touch {mark}; sleep 60; }}"
    build_id = submit(make_platform(run=["sh", "-c", script]))
    first, second = (ThreadExecutor(runner, reconciler, 1, interval=0.05) for _ in range(2))
    first.start()
    wait_until(mark.exists)

    first.stop()

    given_back = Build.get_by_id(build_id)
    assert (given_back.state, given_back.worker, given_back.attempts) == (State.QUEUED, None, 0)
    second.start()
    wait_until(lambda: finished() == 1)
    second.stop()
    assert Build.get_by_id(build_id).state == State.SUCCEEDED


def test_a_turn_that_stumbles_does_not_end_the_worker(
    threads, make_platform, submit, monkeypatch, caplog
):
    stumbled = []
    turn = threads.turn

    def stumble():
        if not stumbled:
            stumbled.append(True)
            raise RuntimeError("a banana skin")
        return turn()

    monkeypatch.setattr(threads, "turn", stumble)
    submit(make_platform())

    threads.start()

    wait_until(lambda: finished() == 1)
    assert "a banana skin" in caplog.text
