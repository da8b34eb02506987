"""What commands print, on its way into the storage."""

import os
import threading
import time

import peewee
import pytest

from ec_builds.engine import log as logs
from ec_builds.engine import masking, queue
from ec_builds.engine.log import Log
from ec_builds.services.kept import Kept
from ec_builds.services.logs import Logs
from ec_builds.states import State
from ec_builds.store.build import Build
from ec_builds.store.litter import Litter
from ec_builds.store.log import LogSegment
from ec_builds.store.run import Event
from tests.conftest import wait_until


@pytest.fixture
def sandbox():
    """Commands of these tests wait for files outside of their workspace."""
    return "process"


@pytest.fixture
def read(storage):
    """Reads what is in the log of a build."""

    def read(build_id):
        with Logs(Kept(storage)).of_build(build_id).file as file:
            return file.read()

    return read


@pytest.fixture
def log(make_platform, submit, storage):
    """The log of a build that was claimed; nothing is written down before it is told to."""
    submit(make_platform())
    claim = queue.claim("here")
    return Log(storage, claim.run_id, claim.fence)


def files(storage):
    return sorted(path.name for path in storage.root.rglob("*") if path.is_file())


def test_a_log_reads_like_a_terminal(make_platform, submit, work, read):
    told = {"run": ["sh", "-c", "echo one; printf two >&2"], "again": ["echo", "a b"]}
    build_id = submit(make_platform(**told))

    work()

    assert read(build_id).decode().splitlines() == [
        "$ sh -c 'echo one; printf two >&2'", "one", "two", "$ echo 'a b'", "a b",
    ]


@pytest.mark.parametrize("program, state", [("true", "SUCCEEDED"), ("false", "FAILED")])
def test_a_command_that_prints_nothing_has_its_line(
    make_platform, submit, work, read, program, state
):
    build_id = submit(make_platform(run=[program], again=["true"]))

    work()

    assert Build.get_by_id(build_id).state == state
    assert read(build_id) == b"$ true\n$ true\n" if program == "true" else b"$ false\n"


def test_a_build_without_commands_has_no_log(make_platform, submit, work, read, storage):
    build_id = submit(make_platform())

    work()

    assert Build.get_by_id(build_id).state == State.SUCCEEDED
    assert read(build_id) == b""
    assert files(storage) == ["result.zip"]


def test_the_line_of_a_silent_command_comes_before_its_end(
    make_platform, submit, work, monkeypatch
):
    told = []
    record, append = Build.record.__func__, LogSegment.append.__func__

    def recorded(cls, run_id, message, *arguments, **options):
        told.append(message)
        return record(cls, run_id, message, *arguments, **options)

    def appended(cls, *arguments):
        told.append("written down")
        return append(cls, *arguments)

    monkeypatch.setattr(Build, "record", classmethod(recorded))
    monkeypatch.setattr(LogSegment, "append", classmethod(appended))
    submit(make_platform(run=["true"]))

    work()

    assert told.index("Running: true") < told.index("written down") < told.index("Done: true")


def test_names_of_commands_do_not_fill_the_memory(log, read, monkeypatch):
    monkeypatch.setattr(logs, "SEGMENT", 1000)
    for _ in range(50):
        log.name(b"$ " + b"x" * 97 + b"\n")
        assert len(log.waiting) < logs.SEGMENT

    log.close()

    assert len(read(log.build_id)) == 5000


def test_a_silent_command_can_be_seen_while_it_runs(
    make_platform, submit, work, read, in_background, tmp_path
):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    build_id = submit(make_platform(run=["sh", "-c", f"read x < {pipe}"]))

    running = in_background(work)
    wait_until(lambda: read(build_id).startswith(b"$ sh -c"))
    pipe.write_text("second\n")
    running.join()


def test_all_of_it_is_masked(make_platform, submit, work, read, monkeypatch):
    monkeypatch.setattr(masking.Masks, "text", lambda self, text: text.replace("cake", "***"))
    monkeypatch.setattr(masking.Stream, "feed", lambda self, block: b"")
    monkeypatch.setattr(masking.Stream, "finish", lambda self: b"crumbs\n")
    build_id = submit(make_platform(run=["echo", "cake"]))

    work()

    assert read(build_id) == b"$ echo ***\ncrumbs\n"


def test_a_line_can_be_read_while_its_command_runs(
    make_platform, submit, work, read, in_background, tmp_path
):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    build_id = submit(make_platform(run=["sh", "-c", f"echo first; read x < {pipe}; echo $x"]))

    running = in_background(work)
    wait_until(lambda: b"\nfirst\n" in read(build_id))
    pipe.write_text("second\n")
    running.join()

    assert read(build_id).endswith(b"\nfirst\nsecond\n")


def test_the_end_of_a_command_is_told_after_its_output(make_platform, submit, work, monkeypatch):
    told = []
    record = Build.record.__func__

    def recorded(cls, run_id, message, *arguments, **options):
        told.append((message.partition(":")[0], LogSegment.length(run_id)))
        return record(cls, run_id, message, *arguments, **options)

    monkeypatch.setattr(Build, "record", classmethod(recorded))
    submit(make_platform(run=["sh", "-c", "echo one"], again=["sh", "-c", "echo two; exit 1"]))

    work()

    assert told[8:12] == [
        ("Running", 0), ("Done", 23), ("Running", 23), ("Ended with exit code 1", 54),
    ]


def test_what_a_command_printed_before_it_was_stopped_is_kept(make_platform, submit, work, read):
    script = ["sh", "-c", "printf waiting; sleep 60"]
    build_id = submit(make_platform(run=script, timeout=0.2))

    work()

    assert read(build_id).endswith(b"\nwaiting\n")


def test_a_later_attempt_goes_on_where_the_one_before_ended(log, read, storage):
    log.write(b"$ one\nbroken of")
    log.close()
    Build.update(state=State.QUEUED).execute()
    claim = queue.claim("there")
    later = Log(storage, claim.run_id, claim.fence)

    later.write(b"$ two\n")
    later.close()
    log.write(b"from the dead\n")
    log.close()

    assert read(log.build_id) == b"$ one\nbroken of\n$ two\n"
    assert log.is_lost
    assert len(files(storage)) == 2


@pytest.fixture
def broken(storage, monkeypatch):
    """Makes the storage refuse logs so often."""

    def broken(times):
        put, left = storage.put, [times]

        def fail(key, file):
            left[0] -= "/log/" in key
            if left[0] >= 0 and "/log/" in key:
                raise OSError("no space")
            return put(key, file)

        monkeypatch.setattr(storage, "put", fail)

    return broken


def test_a_storage_that_fails_for_a_moment_loses_nothing(log, read, broken, monkeypatch):
    monkeypatch.setattr(logs, "TRIES", (0, 0))
    broken(2)
    log.write(b"one\n")
    assert not log.flush()
    log.write(b"two\n")

    log.close()

    assert read(log.build_id) == b"one\ntwo\n"


def test_a_storage_that_fails_for_long_ends_the_build(
    make_platform, submit, work, broken, monkeypatch
):
    monkeypatch.setattr(logs, "TRIES", (0, 0))
    build_id = submit(make_platform(run=["echo", "hello"]))
    broken(100)

    work()

    build = Build.get_by_id(build_id)
    assert build.state == State.FAILED
    assert build.detail.startswith("What the commands printed cannot be kept")


def test_a_log_that_has_to_wait_tells_so_once(log, read, broken, caplog):
    broken(5)
    log.write(b"one\n")
    assert [log.flush() for _ in range(5)] == [False] * 5
    assert log.due > time.monotonic() + 0.5  # it is not tried all the time
    log.write(b"two\n")
    log.close()

    assert [record.message for record in caplog.records] == [
        f"The log of build {log.build_id} has to wait: no space",
        f"The log of build {log.build_id} goes on",
    ]
    assert read(log.build_id) == b"one\ntwo\n"


def test_a_build_that_fails_tells_what_its_log_lacks(make_platform, submit, work, broken):
    build_id = submit(make_platform(run=["sh", "-c", "echo broken; exit 1"]))
    broken(100)

    work()

    told = [event.message for event in Event.of("build_id", [build_id])[build_id]]
    assert told[-2:] == [
        "The end of the log is lost: the storage does not take it",
        "Build failed: The command failed",
    ]


def test_memory_has_an_end(log, broken, monkeypatch):
    monkeypatch.setattr(logs, "SEGMENT", 10)
    monkeypatch.setattr(logs, "PATIENCE", 100)
    broken(100)

    with pytest.raises(logs.BuildError, match="cannot be kept"):
        for _ in range(100):
            log.write(b"12345\n")
    assert len(log.waiting) < 110


def test_an_answer_of_the_database_that_was_lost_repeats_nothing(log, read, monkeypatch):
    append = LogSegment.append

    def lose_the_answer(*arguments):
        append(*arguments)
        raise peewee.OperationalError("connection lost")

    log.write(b"one\n")
    monkeypatch.setattr(LogSegment, "append", lose_the_answer)
    assert not log.flush()
    monkeypatch.setattr(LogSegment, "append", append)
    log.write(b"two\n")
    log.close()

    assert read(log.build_id) == b"one\ntwo\n"


def test_a_finished_log_is_one_file(log, read, storage):
    for number in range(5):
        log.write(b"%d\n" % number)
        log.flush()
        if number == 2:
            Event.create(build_id=log.build_id, type="info", message="x", temporary=0, info={})
    event = Event.select().order_by(Event.id.desc()).first()
    before = files(storage)

    log.close()
    log.finish()

    segment = LogSegment.get()
    assert (segment.start, segment.size, segment.marks) == (0, 10, [[0, 0], [6, event.id]])
    assert read(log.build_id) == b"0\n1\n2\n3\n4\n"
    assert sorted(litter.prefix.rpartition("/")[2] for litter in Litter.select()) == before


def test_a_log_that_grows_slowly_is_few_files(log, read):
    for number in range(3 * logs.MANY):
        log.write(b"%d\n" % number)
        log.flush()

    assert LogSegment.select().count() == 3
    assert read(log.build_id).split() == [b"%d" % number for number in range(3 * logs.MANY)]


def test_a_purged_build_takes_its_log_with_it(log, reconciler, storage):
    log.write(b"one\n")
    log.close()
    Build.update(deleted="now", state=State.CANCELLED).execute()

    reconciler.turn()

    assert LogSegment.select().count() == 0
    assert files(storage) == []
    log.write(b"two\n")
    log.close()
    assert log.is_lost
    assert files(storage) == []


def test_the_hand_of_a_log_writes_one_after_the_other_until_it_is_let_go(
    make_platform, submit, work, runner, read
):
    platform = make_platform(run=["echo", "hello"])
    builds = [submit(platform) for _ in range(3)]

    for _ in builds:
        work()

    assert [read(build_id) for build_id in builds] == 3 * [b"$ echo hello\nhello\n"]
    assert hands() == 1
    runner.let_go()
    assert hands() == 0


def hands():
    return [thread.name for thread in threading.enumerate()].count("log")
