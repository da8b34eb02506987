"""The log of a build as text: lines, what is said between them, and how it ends."""

import re
import socket
import threading

import pytest

from ec_builds.errors import Unavailable
from ec_builds.states import FINISHED, SUCCESSFUL, State
from ec_builds.store import watching
from ec_builds.store.build import Build
from ec_builds.store.database import database
from ec_builds.watch import hub as hubs
from ec_builds.watch import line, text, waiting
from tests.conftest import wait_until
from tests.watch.test_hub import PATIENCE, Permit

BEGUN = "Build 7 is running\n"


@pytest.fixture
def connect(watch):
    """A maker of watchers behind sockets. Returns the ends of their clients."""
    with_sockets = []

    def connect(build, chunked=False, permit=None, pair=socket.socketpair):
        client, ours = pair()
        client.settimeout(PATIENCE)
        with_sockets.append(client)
        watch.adopt(follow(build, permit), ours, chunked)
        return client

    yield connect
    for client in with_sockets:
        client.close()


@pytest.fixture
def often(monkeypatch):
    """Each silence is a long one."""
    monkeypatch.setattr(line, "SILENCE", 0.0)
    monkeypatch.setattr(hubs, "BEAT", 0.0)


def follow(build, permit=None):
    return build.runtime.watch.follow_log(build.id, permit, "Build 7")


def beat(feed):
    """The heartbeat of a feed, at whatever time."""
    return re.sub(r"\d+ s\n", "9 s\n", feed.heartbeat().decode())


def more(feed):
    """All that a feed has to say by now."""
    feed.head = watching.heads([feed.build_id]).get(feed.build_id)
    sent = b""
    while piece := feed.more():
        sent += piece
    return sent.decode()


def read(client):
    """All that comes until the server hangs up."""
    return b"".join(iter(lambda: client.recv(65536), b""))


def fail(build, state, detail):
    Build.update(state=state, detail=detail).where(Build.id == build.id).execute()


def test_lines_come_once_and_the_last_one_says_that_it_went_well(build):
    feed = follow(build)
    seen = [more(feed)]
    build.print("$ one\n1")
    seen.append(more(feed))
    build.print("1\n\n")
    seen.append(more(feed))
    build.tell("Done: one")
    build.print("last")
    seen.append(more(feed))
    build.end()
    seen.append(more(feed))

    assert seen == [BEGUN, "$ one\n", "11\n\n", "", "last\nBuild 7 succeeded\n"]
    assert feed.is_over and more(feed) == ""


@pytest.mark.parametrize(
    "detail, said",
    [
        ("Dockerfile not found at archive root", "Dockerfile not found at archive root"),
        ("two\nlines\r\n ü", "two lines ü"),
        ("🎂" * 9000, "🎂" * text.REASON),
    ],
)
def test_the_last_line_of_what_failed_says_why(build, detail, said):
    feed = follow(build)
    more(feed)
    build.print("bro\nken")
    fail(build, State.FAILED, detail)

    found = more(feed)

    assert found == f"bro\nken\nError: {said}\n"
    assert max(map(len, found.encode().split(b"\n"))) < 8192


@pytest.mark.parametrize("state", sorted(FINISHED))
def test_each_end_has_its_words(build, state):
    feed = follow(build)
    more(feed)
    build.go(state)
    found = more(feed)

    assert found.startswith("Build 7 " if state in SUCCESSFUL else "Error: Build 7 ")
    assert found.count("\n") == 1 and feed.is_over


def test_each_state_has_its_words():
    assert set(text.WAITS) | set(text.ENDED) == set(State)


def test_states_are_told_where_they_belong_between_the_lines(build):
    build.go(State.QUEUED)
    feed = follow(build)
    seen = more(feed)
    build.go(State.RUNNING)
    build.print("one\n")
    seen += more(feed)
    build.print("two\n")
    build.go(State.QUEUED)  # its worker was lost
    seen += more(feed)
    build.print("three\n")
    build.go(State.RUNNING)
    seen += more(feed)
    build.go(State.CANCELLING)
    seen += more(feed)

    assert seen.splitlines() == [
        "Build 7 is queued", "Build 7 is running", "one", "two",
        "Build 7 is queued again", "Build 7 is running", "three", "Build 7 is being cancelled",
    ]


def test_what_has_ended_already_is_told_as_well(build):
    build.print("one\n")
    build.end()

    assert more(follow(build)) == "Build 7 has ended\none\nBuild 7 succeeded\n"


def test_what_is_deleted_is_an_error(build):
    feed = follow(build)
    more(feed)
    build.print("one\ntw")
    more(feed)
    Build.update(deleted="now").execute()

    assert more(feed) == "tw\nError: the build was deleted\n"
    assert feed.is_over
    assert more(follow(build)) == "Error: the build was deleted\n"


def test_the_first_line_asks_no_storage(build, monkeypatch):
    build.print("one\n")
    feed = follow(build)
    monkeypatch.setattr(build.runtime.storage, "open", None)

    assert feed.more() == BEGUN.encode()
    assert beat(feed) == "Build 7 is still running, 9 s\n"


def test_no_line_is_long_whatever_is_printed(build):
    printed = "\udcff" * 30_000 + "\n" + "a🎂" * 200_000 + "\nx"
    build.print(printed)
    build.end()

    _, *lines, _, _ = more(follow(build)).split("\n")

    assert max(len(each.encode()) for each in lines) <= text.LONGEST
    assert "".join(lines) == "�" * 30_000 + "a🎂" * 200_000 + "x"


@pytest.mark.parametrize(
    "printed, lines",
    [
        (b"windows\r\n", b"windows\n"),
        (b"10%\r50%\r100%\n", b"10%\r50%\r100%\n"),
        (b"\n", b"\n"),
        (b"\xff\xfe\n", "��\n".encode()),
        (b"x" * text.LONGEST + b"\r\nb\n", b"x" * text.LONGEST + b"\n\nb\n"),
    ],
)
def test_a_line_is_readable(build, printed, lines):
    build.print(printed.decode("utf-8", "surrogateescape"))
    feed = follow(build)
    feed.more()

    assert feed.more() == lines


def test_a_half_line_is_held_back_but_not_for_ever(build):
    feed = follow(build)
    more(feed)
    build.print("$ one\nCompiling ü".encode()[:-1].decode("utf-8", "surrogateescape"))

    assert more(feed) == "$ one\n"
    assert beat(feed) == "Compiling \nBuild 7 is still running, 9 s\n"
    assert beat(feed) == "Build 7 is still running, 9 s\n"
    build.print(b"\xbc done\n".decode("utf-8", "surrogateescape"))
    assert more(feed) == "ü done\n"


def test_a_heartbeat_says_what_is_waited_for(build):
    feed = follow(build)
    more(feed)
    said = []
    for state in (State.QUEUED, State.CANCELLING, State.FAILED):
        build.go(state)
        feed.head = watching.heads([build.id])[build.id]
        said.append(beat(feed))

    assert said == [
        "Build 7 is still queued, 9 s\n", "Build 7 is still being cancelled, 9 s\n",
        "The rest of the log is still to come\n",
    ]


def test_all_watchers_of_a_build_share_what_is_read(build, monkeypatch):
    build.print("one\ntwo")
    first, second = follow(build), follow(build)
    whole = more(first)
    monkeypatch.setattr(build.runtime.storage, "open", None)

    assert more(second) == whole


def test_who_may_begin_to_watch_is_asked_before(build, watch):
    watch.admit()
    watch.most = 0

    with pytest.raises(Unavailable):
        watch.admit()
    assert more(follow(build)) == BEGUN


# --- behind sockets


def test_a_watcher_sees_each_line_as_it_comes(build, connect):
    lines = connect(build).makefile()
    assert next(lines) == BEGUN
    for number in range(3):
        build.print(f"{number}\n")
        assert next(lines) == f"{number}\n"
    build.end()
    assert list(lines) == ["Build 7 succeeded\n"]


def test_the_end_of_an_answer_is_a_chunk(build, connect):
    build.end()

    assert read(connect(build, chunked=True)).endswith(b"Build 7 succeeded\n\r\n0\r\n\r\n")


def test_the_build_is_in_its_final_state_when_the_answer_ends(make_build, connect):
    for _ in range(30):
        build = make_build()
        client = connect(build)
        build.print("one\n")
        ending = threading.Thread(target=lambda: (build.end(), database.close()))
        ending.start()
        read(client)
        state = Build.get_by_id(build.id).state
        ending.join()
        assert state == State.SUCCEEDED


def test_silence_is_broken_by_a_line(build, connect, often):
    build.print("Downloading")
    lines = connect(build).makefile()

    assert next(lines) == BEGUN
    seen = [next(lines) for _ in range(4)]
    assert seen.index("Downloading\n") < 3
    assert {each for each in seen if "still" not in each} == {"Downloading\n"}


def over_tcp():
    """Both ends of a connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        return client, server.accept()[0]


def until_begun(client):
    seen = b""
    while BEGUN.encode() not in seen:
        seen += client.recv(65536)
    return seen


def test_an_answer_is_cut_when_the_server_ends(build, connect, watch):
    chunked, plain = connect(build, chunked=True), connect(build, pair=over_tcp)
    seen = until_begun(chunked)
    until_begun(plain)

    watch.stop()

    assert not (seen + read(chunked)).endswith(b"0\r\n\r\n")
    with pytest.raises(ConnectionResetError):  # nothing else tells this from an end
        read(plain)


def test_an_answer_is_cut_when_its_permit_ends(build, connect, monkeypatch):
    monkeypatch.setattr(hubs, "RECHECK", hubs.TICK)
    permit = Permit()
    client = connect(build, permit=permit, pair=over_tcp)
    until_begun(client)

    permit.is_good = False

    with pytest.raises(ConnectionResetError):
        read(client)


def test_an_answer_that_is_whole_is_not_cut(build, connect):
    build.end()

    assert read(connect(build, pair=over_tcp)).endswith(b"Build 7 succeeded\n")


def test_a_reader_that_leaves_changes_nothing(build, connect, watch):
    client = connect(build)
    client.recv(1)
    client.close()
    wait_until(lambda: watch.hub.count == 0)

    assert Build.get_by_id(build.id).state == State.RUNNING


# --- in threads of their own


def test_a_thread_can_wait_for_the_end(build, watch, monkeypatch):
    monkeypatch.setattr(waiting, "SILENCE", 0.01)
    build.print("one\ntw")
    pieces = watch.follow(follow(build))
    seen = []
    while not seen or b"tw\nBuild 7 is still running" not in seen[-1]:
        seen.append(next(pieces))
    build.print("o\n")
    build.end()
    seen += pieces

    lines = b"".join(seen).decode().splitlines()
    assert [each for each in lines if "still" not in each] == [
        "Build 7 is running", "one", "tw", "o", "Build 7 succeeded",
    ]


def test_events_do_not_keep_a_thread_from_its_heartbeat(build, watch, monkeypatch):
    feed = follow(build)
    waiter = waiting.Waiting(watch.hub, feed)
    pieces = waiter.messages()
    next(pieces)
    monkeypatch.setattr(waiting, "SILENCE", 0.01)

    class Never(threading.Event):
        def wait(self, timeout=None):
            super().wait(timeout)
            return True

    waiter.news = Never()
    assert b"still running" in next(pieces)
    pieces.close()


def test_news_that_come_while_a_thread_reads_lose_nothing(build, watch, monkeypatch):
    feed = follow(build)
    waiter = waiting.Waiting(watch.hub, feed)
    read = feed.source.piece

    def interrupted(*arguments):
        found = read(*arguments)
        if State(Build.get_by_id(build.id).state) is State.RUNNING:
            build.print("one\n")
            build.end()
        waiter.tell(watching.heads([build.id])[build.id])
        return found

    monkeypatch.setattr(feed.source, "piece", interrupted)

    assert b"".join(waiter.messages()).decode() == f"{BEGUN}one\nBuild 7 succeeded\n"


def test_a_thread_breaks_off_when_the_server_ends(build, watch):
    pieces = watch.follow(follow(build))
    next(pieces)
    watch.stop()

    with pytest.raises(ConnectionResetError):
        next(pieces)
    assert watch.hub.count == 0
