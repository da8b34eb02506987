"""A database that does not answer for a while costs time, and nothing else."""

import peewee
import pytest

from ec_builds.engine import journal
from ec_builds.engine.executors.threads import ThreadExecutor
from ec_builds.states import State
from ec_builds.store.app import App
from ec_builds.store.build import Build
from ec_builds.store.database import after_commit, database, transaction
from ec_builds.store.litter import Litter
from ec_builds.store.run import Event


@pytest.fixture
def silence(monkeypatch):
    """Makes the database fail some times, at statements that contain a word."""
    monkeypatch.setattr(journal, "PAUSE", 0.001)

    def silence(word, times):
        asked, left = database.obj.execute_sql, [None] * times

        def execute_sql(sql, *arguments, **options):
            if left and word in sql:
                left.pop()
                raise peewee.OperationalError("the database has gone away")
            return asked(sql, *arguments, **options)

        monkeypatch.setattr(database.obj, "execute_sql", execute_sql)
        return left

    return silence


#: What the log is told of it, however often was asked.
TOLD = [
    "The database does not answer: the database has gone away", "The database answers again",
]


@pytest.mark.parametrize("word", ["INSERT INTO event", 'UPDATE "build" SET "state"', "litter"])
def test_a_build_outlasts_it(make_platform, submit, work, silence, word, storage, caplog):
    build_id = submit(make_platform())
    left = []

    work(before=lambda brake: left.append(silence(word, 3)))

    build = Build.get_by_id(build_id)
    assert build.state == State.SUCCEEDED
    assert storage.size(build.result_key)
    assert (left[0] == []) is (word != "litter")
    told = [record.message for record in caplog.records]
    assert told == ([] if word == "litter" else TOLD)


def test_a_success_whose_answer_got_lost_is_one(make_platform, submit, work, runner, monkeypatch):
    build_id = submit(make_platform())
    close, lost = runner.close, [True]

    def close_and_lose(*arguments, **options):
        done = close(*arguments, **options)
        if lost:
            lost.pop()
            raise peewee.OperationalError("the connection was cut after the commit")
        return done

    monkeypatch.setattr(runner, "close", close_and_lose)
    monkeypatch.setattr(journal, "PAUSE", 0.001)

    work()

    assert Build.get_by_id(build_id).state == State.SUCCEEDED
    assert Litter.select().count() == 0
    told = [event.message for event in Event.of("build_id", [build_id])[build_id]]
    assert told.count("Build succeeded") == 1


def test_a_build_that_finds_no_place_ends(make_platform, submit, work, runner, monkeypatch):
    build_id = submit(make_platform())

    def refuse(name):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(runner.workspaces, "make", refuse)
    work()

    build = Build.get_by_id(build_id)
    told = "The server has no place for its files: No space left on device"
    assert (build.state, build.detail) == (State.FAILED, told)


def test_a_database_that_ended_the_transaction_itself_is_heard(tables):
    """SQLite does so when the disk is full; the error is the first one, not that of a rollback."""
    rung = []
    with pytest.raises(peewee.OperationalError, match="disk is full"):
        with transaction():
            after_commit(lambda: rung.append("too soon"))
            App.make("Bakery", "#d97706")
            database.obj.execute_sql("ROLLBACK")
            raise peewee.OperationalError("database or disk is full")
    with transaction():
        App.make("Other", "#d97706")

    assert [app.title for app in App.select()] == ["Other"]
    assert rung == []


def test_a_worker_that_finds_no_database_tells_so_once(
    runner, reconciler, make_platform, submit, silence, caplog
):
    executor = ThreadExecutor(runner, reconciler, 1, interval=0.01)
    build_id = submit(make_platform())
    left = silence('FROM "deployment"', 3)  # what a worker asks for first
    while left:
        executor.guarded(executor.turn)
    while Build.get_by_id(build_id).state != State.SUCCEEDED:
        executor.guarded(executor.turn)

    assert [record.message for record in caplog.records] == TOLD


@pytest.mark.parametrize(
    "times, state, told",
    [
        (1, State.SUCCEEDED, "The database did not answer; it is queued again"),
        (2, State.FAILED, "Given up: the database did not answer 2 times"),
    ],
)
def test_a_long_one_gives_the_build_back_but_not_without_end(
    runner, reconciler, make_platform, submit, silence, monkeypatch, times, state, told
):
    monkeypatch.setattr(journal, "PATIENCE", 0.0)
    build_id = submit(make_platform())
    executor = ThreadExecutor(runner, reconciler, 1, interval=0.01)

    for _ in range(times):
        silence("INSERT INTO event", 1)
        executor.guarded(executor.turn)
        executor.guarded(executor.look_after, False)
    executor.guarded(executor.turn)

    build = Build.get_by_id(build_id)
    assert (build.state, build.attempts) == (state, 2)
    assert told in [event.message for event in Event.of("build_id", [build_id])[build_id]]


def test_what_was_cancelled_meanwhile_does_not_come_again(
    runner, reconciler, make_platform, submit, silence, monkeypatch
):
    monkeypatch.setattr(journal, "PATIENCE", 0.0)
    build_id = submit(make_platform())
    executor = ThreadExecutor(runner, reconciler, 1, interval=0.01)
    silence("INSERT INTO event", 1)
    executor.guarded(executor.turn)
    Build.cancel(build_id)

    executor.look_after(False)

    build = Build.get_by_id(build_id)
    assert build.state == State.CANCELLED
    assert build.detail == "Cancelled; the database did not answer meanwhile"
