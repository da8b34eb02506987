"""The hub and its watchers: behind sockets, and in threads of their own."""

import socket
import threading

import peewee
import pytest

from ec_builds.states import State
from ec_builds.store import watching
from ec_builds.store.build import Build
from ec_builds.store.database import database
from ec_builds.watch import hub as hubs
from ec_builds.watch import line, waiting
from tests.conftest import wait_until
from tests.watching import logged, messages, parsed

PATIENCE = 20


@pytest.fixture
def connect(watch):
    """A maker of watchers behind sockets. Returns the ends of their clients."""
    made = []

    def connect(build, last_id="", chunked=False, permit=None):
        client, ours = socket.socketpair()
        client.settimeout(PATIENCE)
        made.append(client)
        watch.adopt(build.feed(last_id, permit), ours, chunked)
        return client

    yield connect
    for client in made:
        client.close()


def live(client):
    """The messages of a stream, as they come."""
    return messages(line.rstrip("\n") for line in client.makefile(encoding="utf-8", newline="\n"))


def until(found, name):
    """The messages up to the first of a name."""
    seen = []
    for each in found:
        seen.append(each)
        if each.name == name:
            return seen
    raise AssertionError(f"no {name} in {seen}")


def test_a_watcher_sees_what_happens(build, connect):
    stream = live(connect(build))
    assert until(stream, "state")[0].data == '{"status":"RUNNING","successful":"running"}'
    for number in range(3):
        build.print(f"{number}\n")
        assert next(stream).data == str(number)
    build.tell("Done")
    assert next(stream).name == "event"
    build.end()
    assert [each.name for each in stream] == ["state", "end"]


def test_all_watchers_see_the_same(build, make_build, connect):
    other = make_build()
    streams = [live(connect(build)) for _ in range(20)]
    theirs = live(connect(other))
    build.print("mine\n")
    other.print("theirs\n")
    build.end()
    other.end()

    seen = [list(stream) for stream in streams]
    assert all(each == seen[0] for each in seen)
    assert (logged(seen[0]), logged(theirs)) == (["mine"], ["theirs"])


def test_a_slow_client_gets_everything_and_keeps_nobody_waiting(build, connect):
    lines = [f"line {number} {'x' * 100}" for number in range(20_000)]
    build.print("\n".join(lines) + "\n")
    slow = connect(build)
    quick = live(connect(build))
    build.end()

    assert len(logged(until(quick, "end"))) == len(lines)
    assert logged(live(slow)) == lines


def test_chunks_are_framed(build, connect):
    build.print("one\n")
    build.end()

    raw = b"".join(iter(lambda c=connect(build, chunked=True): c.recv(65536), b""))

    body = b""
    while raw:
        size, _, raw = raw.partition(b"\r\n")
        chunk, raw = raw[: int(size, 16)], raw[int(size, 16) :]
        assert raw.startswith(b"\r\n")
        body, raw = body + chunk, raw[2:]
    assert chunk == b""
    assert logged(parsed(body)) == ["one"]


def test_a_client_that_hangs_up_is_forgotten(build, connect, watch):
    client = connect(build)
    client.recv(10)
    assert watch.hub.count == 1
    client.close()

    wait_until(lambda: watch.hub.count == 0)


def test_a_client_that_talks_on_is_hung_up_on(build, connect):
    client = connect(build)
    client.recv(10)
    client.sendall(b"GET / HTTP/1.1\r\n\r\n")

    try:
        while client.recv(65536):
            pass
    except ConnectionResetError:
        return


def test_silence_is_broken_by_a_heartbeat(build, connect, monkeypatch):
    monkeypatch.setattr(line, "SILENCE", 0.0)
    monkeypatch.setattr(hubs, "BEAT", 0.0)
    client = connect(build)

    seen = b""
    while not seen.endswith(b":\n\n" * 2):
        seen += client.recv(1)


def test_a_client_that_takes_nothing_is_hung_up_on(build, connect, watch, monkeypatch):
    monkeypatch.setattr(line, "STALLED", 0.0)
    monkeypatch.setattr(hubs, "BEAT", 0.0)
    build.print("x" * 100 + "\n" + "y\n" * 200_000)
    connect(build)

    wait_until(lambda: watch.hub.count == 0)


def test_streams_end_when_the_server_does(build, connect, watch):
    stream = live(connect(build))
    until(stream, "state")

    watch.stop()

    assert list(stream) == []


@pytest.mark.parametrize("question", ["heads", "events"])
def test_a_database_that_does_not_answer_for_a_while_is_borne(
    build, connect, monkeypatch, question, caplog
):
    monkeypatch.setattr(hubs, "BEAT", 0.01)
    refusing = Refusing(peewee.OperationalError("gone"), getattr(watching, question))
    stream = live(connect(build))
    until(stream, "state")

    monkeypatch.setattr(watching, question, refusing)
    build.tell("Going on")
    wait_until(lambda: refusing.asked > 2)
    refusing.is_over = True

    assert next(stream).json["message"] == "Going on"
    told = [record.message for record in caplog.records]
    assert told[0] == "What watchers wait for does not answer: gone"
    assert told[1:] in ([], ["What watchers wait for answers again"])


class Refusing:
    """Stands for something that does not answer until it is told to. Tells who asked."""

    def __init__(self, error, answer):
        self.error, self.answer, self.asked = error, answer, 0
        self.is_over = False

    def __call__(self, *arguments):
        if self.is_over:
            return self.answer(*arguments)
        self.asked += 1
        raise self.error


@pytest.fixture
def refusing(build, monkeypatch):
    """The storage does not hand out files. Watchers do not wait long until they try again."""
    monkeypatch.setattr(hubs, "BEAT", 0.01)
    monkeypatch.setattr(waiting, "PAUSE", 0.01)
    storage = build.runtime.storage
    refusing = Refusing(OSError(5, "Input/output error"), storage.open)
    monkeypatch.setattr(storage, "open", refusing)
    return refusing


def test_who_watches_outlasts_a_storage_that_does_not_answer(build, connect, refusing, caplog):
    streams = [live(connect(build)) for _ in range(3)]
    build.print("one\n")
    wait_until(lambda: refusing.asked > 10)
    refusing.is_over = True
    build.print("two\n")
    build.end()

    for stream in streams:
        found = list(stream)
        assert logged(found) == ["one", "two"]
        assert [each.name for each in found] == ["state", "log", "log", "state", "end"]
    told = [record.message for record in caplog.records]
    assert told == [
        "What watchers wait for does not answer: [Errno 5] Input/output error",
        "What watchers wait for answers again",
    ]


def test_a_thread_that_watches_does_so_as_well(build, watch, refusing):
    build.print("one\n")
    pieces = watch.follow(build.feed())
    assert next(pieces) == next(pieces) == b":\n\n"
    refusing.is_over = True
    found = []
    while not found:
        found = parsed(next(pieces))
    build.end()
    found += parsed(b"".join(pieces))

    assert [each.name for each in found] == ["state", "log", "state", "end"]


def test_a_deleted_build_ends_its_streams(build, connect):
    stream = live(connect(build))
    until(stream, "state")
    Build.update(deleted="now").execute()

    assert [each.name for each in stream] == ["end"]


# --- watchers in threads of their own


def test_a_thread_can_wait_for_news(build, watch, in_thread):
    pieces = watch.follow(build.feed())
    seen = parsed(next(pieces))
    in_thread(lambda: (build.print("one\n"), build.tell("Done"), build.end()))
    seen += parsed(b"".join(pieces))

    assert [each.name for each in seen] == ["state", "log", "event", "state", "end"]
    assert watch.hub.count == 0


def test_a_thread_that_waits_holds_no_connection(build, watch, in_thread):
    feed, connected = build.feed(), []
    wait = waiting.threading.Event.wait

    class Seen(threading.Event):
        def wait(self, timeout=None):
            connected.append(not database.is_closed())
            return wait(self, timeout)

    waiter = waiting.Waiting(watch.hub, feed)
    waiter.news = Seen()
    pieces = waiter.messages()
    next(pieces)
    in_thread(build.end)
    list(pieces)

    assert connected and not any(connected)


def test_a_thread_that_waits_beats(build, watch, monkeypatch):
    monkeypatch.setattr(waiting, "SILENCE", 0.01)
    pieces = watch.follow(build.feed())
    next(pieces)

    assert next(pieces) == b":\n\n"
    pieces.close()
    assert watch.hub.count == 0


def test_threads_are_let_go_when_the_server_ends(build, watch):
    pieces = watch.follow(build.feed())
    next(pieces)
    watch.stop()

    assert list(pieces) == []


@pytest.fixture
def in_thread():
    """Does something in another thread, with a connection of its own."""
    threads = []

    def in_thread(function):
        def closing():
            try:
                function()
            finally:
                database.close()

        threads.append(threading.Thread(target=closing))
        threads[-1].start()

    yield in_thread
    for thread in threads:
        thread.join()


def test_a_build_that_waits_is_no_end(build, connect):
    stream = live(connect(build))
    until(stream, "state")
    for state in (State.QUEUED, State.RUNNING):
        build.go(state)
        assert next(stream).data.startswith(f'{{"status":"{state}"')


class Permit:
    """A permit that a test can take back."""

    def __init__(self):
        self.is_good, self.times = True, 0

    def holds(self):
        self.times += 1
        if self.is_good is None:
            raise peewee.OperationalError("away")
        return self.is_good


@pytest.fixture
def often(monkeypatch):
    """Permits are asked for at each tick."""
    monkeypatch.setattr(hubs, "RECHECK", hubs.TICK)


def test_a_stream_ends_when_its_permit_does(build, connect, often):
    permits = [Permit(), Permit()]
    lost, kept, free = (live(connect(build, permit=each)) for each in [*permits, None])
    for stream in (lost, kept, free):
        until(stream, "state")

    permits[0].is_good = False

    assert list(lost) == []  # and no `end`, which would say that the build has
    build.print("secret\n")
    for stream in (kept, free):
        assert next(stream).data == "secret"
    build.end()
    for stream in (kept, free):
        assert [each.name for each in stream] == ["state", "end"]


def test_so_does_one_that_waits_in_a_thread(build, watch, often):
    permit = Permit()
    pieces = watch.follow(build.feed(permit=permit))
    next(pieces)

    permit.is_good = False

    assert list(pieces) == []
    assert watch.hub.count == 0


def test_one_that_never_stops_printing_ends_with_its_permit_too(build, watch, often):
    permit = Permit()
    pieces = watch.follow(build.feed(permit=permit))
    found = []
    for number in range(10_000):
        build.print(f"{number}\n")
        if number == 3:
            permit.is_good = False
        piece = next(pieces, None)
        if piece is None:
            break
        found.append(piece)

    assert piece is None


def test_a_permit_that_many_have_is_asked_for_once_in_a_round(build, connect, monkeypatch):
    monkeypatch.setattr(hubs, "RECHECK", 3600)
    permit = Permit()
    streams = [live(connect(build, permit=permit)) for _ in range(20)]
    for stream in streams:
        until(stream, "state")
    build.end()
    for stream in streams:
        list(stream)

    assert permit.times <= 1


def test_a_database_that_does_not_answer_takes_no_permit_away(build, connect, often):
    permit = Permit()
    stream = live(connect(build, permit=permit))
    until(stream, "state")

    permit.is_good = None
    wait_until(lambda: permit.times > 3)
    permit.is_good = True
    build.end()

    assert [each.name for each in stream] == ["state", "end"]


def test_who_watches_what_is_deleted_is_told_so_and_needs_no_permit(build, connect, often):
    class Fatal(Permit):
        def holds(self):
            self.times += 1
            Build.update(deleted="now").execute()
            return self.times == 1

    permit = Fatal()

    assert [each.name for each in live(connect(build, permit=permit))][-1] == "end"
    assert permit.times == 1
