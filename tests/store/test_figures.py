"""What is known of all runs at once."""

from datetime import UTC, datetime

from ec_builds.states import State
from ec_builds.store.build import Build
from ec_builds.store.database import database
from ec_builds.store.deployment import Deployment
from ec_builds.store.figures import figures, unfinished
from ec_builds.store.platform import Platform
from ec_builds.store.tally import MANY, Tally


def type_of(run):
    return Platform.get_by_id(run.platform_id).type


def test_what_waits_is_counted_and_the_oldest_tells_for_how_long(make_run):
    first = make_run(Build, started="2026-11-21T10:00:00.000Z")
    make_run(Build, started="2026-11-21T10:01:00.000Z")
    make_run(Build, started="2026-11-21T09:00:00.000Z", deleted="now")
    make_run(Build, state=State.RUNNING, worker="one")
    make_run(Deployment, build_id=1, state=State.CANCELLING, worker="two")

    found = figures(datetime(2026, 11, 21, 10, 2, tzinfo=UTC))

    type = type_of(first)
    assert found.queued == {"build": 2, "deployment": 0}
    assert found.oldest == {"build": 120, "deployment": 0}
    assert found.runs["build", "QUEUED", type] == 2
    assert found.runs["build", "RUNNING", type] == 1
    assert found.runs["deployment", "CANCELLING", type] == 1
    assert found.busy == 2


def test_what_ends_is_counted_once_and_for_good(make_run):
    run = make_run(Build)
    fence = Build.claim(run.id, run.fence, "one", 1.0)

    assert Build.move(run.id, State.FAILED, held=fence)
    assert not Build.move(run.id, State.SUCCEEDED, held=fence)
    cancelled = make_run(Build)
    Build.cancel(cancelled.id)
    cancelled.delete_instance()

    type = type_of(run)
    assert figures().runs == {
        ("build", "FAILED", type): 1,
        ("build", "CANCELLED", type): 1,
    }


def test_many_rows_become_few(make_run):
    for state in ("FAILED", "SUCCEEDED"):
        row = {"kind": "build", "state": state, "platform_type": "website", "number": 2}
        Tally.insert_many([row] * (MANY // 2)).execute()

    Tally.add_up()

    assert Tally.select().count() == 2
    assert set(Tally.sums().values()) == {MANY}


def test_few_rows_are_left_alone(make_run):
    Tally.create(kind="build", state="FAILED", platform_type="website", number=2)

    Tally.add_up()

    assert Tally.get().id == 1


def test_sqlite_does_not_look_at_what_has_ended(make_run):
    if database.obj.dialect == "sqlite":
        sql, values = unfinished(Build).sql()
        plan = database.execute_sql(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()

        assert "build_waiting" in plan[0][3]
