"""Runs: who may move them, and who comes too late."""

import pytest

from ec_builds.states import FINISHED, FOLLOWS, State
from ec_builds.store.build import Build
from ec_builds.store.database import transaction
from ec_builds.store.deployment import Deployment
from ec_builds.store.run import Event

RUNS = pytest.mark.parametrize("run", [Build, Deployment], ids=["build", "deployment"])


@pytest.fixture
def make(make_run):
    """A maker of both kinds of runs."""

    def make(run, **values):
        more = {"build_id": 1} if run is Deployment else {}
        return make_run(run, **more, **values)

    return make


@RUNS
def test_a_new_run_waits(make, run):
    made = run.get_by_id(make(run).id)

    assert (made.state, made.fence, made.attempts) == (State.QUEUED, 0, 0)
    assert (made.finished, made.worker, made.creator, made.comment) == (None, None, None, None)
    assert not made.is_finished


@RUNS
def test_exactly_one_of_many_claims_a_run(make, run, at_once):
    run_id = make(run).id

    fences = at_once(lambda number: run.claim(run_id, 0, f"worker-{number}", 1.0))

    assert sorted(fences, key=str) == [1] + [None] * 7
    claimed = run.get_by_id(run_id)
    assert (claimed.state, claimed.fence, claimed.attempts) == (State.RUNNING, 1, 1)
    assert claimed.worker.startswith("worker-")


@RUNS
@pytest.mark.parametrize("state", [state for state in State if state is not State.QUEUED], ids=str)
def test_only_what_waits_can_be_claimed(make, run, state):
    run_id = make(run, state=state).id

    assert run.claim(run_id, 0, "worker", 1.0) is None
    assert run.get_by_id(run_id).fence == 0


def test_nothing_can_be_claimed_that_is_not_there(tables):
    assert Build.claim(77, 0, "worker", 1.0) is None


@pytest.mark.parametrize("to", State, ids=str)
def test_a_run_goes_where_the_table_of_states_lets_it(make, to):
    runs = {state: make(Build, state=state).id for state in State}

    moved = {state for state, run_id in runs.items() if Build.move(run_id, to)}

    assert moved == {state for state in State if to in FOLLOWS[state]}
    for state, run_id in runs.items():
        build = Build.get_by_id(run_id)
        assert build.state == (to if state in moved else state)
        assert (build.finished is not None) == (state in moved and to in FINISHED)


def test_exactly_one_of_many_ends_a_run(make, at_once):
    run_id = make(Build, state=State.RUNNING).id
    ends = [State.SUCCEEDED, State.FAILED, State.TIMED_OUT, State.SUCCEEDED_WITH_FAILURES] * 2

    moved = at_once(lambda number: Build.move(run_id, ends[number], detail=str(number)))

    assert sorted(moved) == [False] * 7 + [True]
    build = Build.get_by_id(run_id)
    assert build.state == ends[int(build.detail)]


@RUNS
def test_an_old_fence_writes_nothing(make, run):
    run_id = make(run).id
    old = run.claim(run_id, 0, "lost", 1.0)
    run.move(run_id, State.QUEUED)
    new = run.claim(run_id, old, "here", 2.0)

    assert not run.move(run_id, State.SUCCEEDED, held=old)
    assert not run.record(run_id, "I am back", held=old)
    assert run.renew(run_id, old, 99.0) is None
    assert run.state_under(run_id, old) is None
    claimed = run.get_by_id(run_id)
    assert (claimed.state, claimed.worker, claimed.lease_until) == (State.RUNNING, "here", 2.0)
    assert Event.select().count() == 0

    assert run.renew(run_id, new, 3.0) == State.RUNNING
    assert run.record(run_id, "Here", held=new)
    assert run.move(run_id, State.SUCCEEDED, held=new)
    assert run.get_by_id(run_id).lease_until == 3.0


def test_a_run_moves_only_out_of_the_states_that_are_named(make):
    run_id = make(Build, state=State.RUNNING).id

    assert not Build.move(run_id, State.FAILED, out_of=[State.CANCELLING])
    assert Build.move(run_id, State.FAILED, out_of=[State.RUNNING, State.CANCELLING])


@pytest.mark.parametrize(
    "state, wish",
    [
        (State.CREATED, State.CANCELLED),
        (State.QUEUED, State.CANCELLED),
        (State.RUNNING, State.CANCELLING),
        (State.CANCELLING, None),
        *((state, None) for state in sorted(FINISHED)),
    ],
    ids=str,
)
def test_to_cancel_is_an_end_or_a_wish_or_too_late(make, state, wish):
    run_id = make(Build, state=state).id

    assert Build.cancel(run_id) == wish

    build = Build.get_by_id(run_id)
    assert build.state == (wish or state)
    assert (build.finished is not None) == (wish is State.CANCELLED)
    assert Event.select().count() == (wish is not None)


def test_an_event_keeps_what_it_was_given(make):
    run_id = make(Build).id

    assert Build.record(run_id, "Größe 🎂", "verbose", True, {"b": [1, None], "a": "ü"})

    event = Event.get()
    assert (event.message, event.type, event.temporary) == ("Größe 🎂", "verbose", 1)
    assert list(event.info.items()) == [("b", [1, None]), ("a", "ü")]
    assert (event.build_id, event.deployment_id) == (run_id, None)


def test_events_of_builds_and_deployments_share_one_counter(make):
    build, deployment = make(Build).id, make(Deployment).id
    for number in range(3):
        Build.record(build, f"build {number}")
        Deployment.record(deployment, f"deployment {number}")

    of_build = [event.id for event in Event.of("build_id", [build])[build]]
    of_deployment = [event.id for event in Event.of("deployment_id", [deployment])[deployment]]

    assert (of_build, of_deployment) == ([1, 3, 5], [2, 4, 6])


def test_what_a_transaction_wrote_goes_with_it(make):
    run_id = make(Build).id

    with pytest.raises(RuntimeError), transaction():
        Build.claim(run_id, 0, "worker", 1.0)
        Build.record(run_id, "Never said")
        raise RuntimeError

    assert Build.get_by_id(run_id).state == State.QUEUED
    assert Event.select().count() == 0


@RUNS
def test_an_id_is_never_given_out_twice(make, run):
    first, second = make(run).id, make(run).id
    run.delete().execute()

    assert make(run).id == second + 1 == first + 2


def test_the_id_of_an_event_is_never_given_out_twice(make):
    run_id = make(Build).id
    Build.record(run_id, "once")
    Event.delete().execute()

    Build.record(run_id, "again")

    assert Event.get().id == 2


def test_events_go_with_their_run(make):
    build, deployment = make(Build), make(Deployment)
    Build.record(build.id, "of a build")
    Deployment.record(deployment.id, "of a deployment")

    build.delete_instance()

    assert [event.message for event in Event.select()] == ["of a deployment"]
