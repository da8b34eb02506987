"""A process of the server: how it begins, and what signals say to it."""

import os
import signal
import socket
import sys
import threading
from importlib import import_module

import peewee
import pytest
from gunicorn.arbiter import Arbiter

from ec_builds.cli.attendant import ENDS, Attendant, Wish
from ec_builds.config import Config
from ec_builds.errors import UsageError

#: The module; the room's name for it is that of its command.
serve = import_module("ec_builds.cli.serve")


@pytest.fixture
def server(home):
    """Gunicorn's application, as a process of it sees it after it was forked."""
    listener = socket.create_server(("127.0.0.1", 0))
    descriptor = listener.fileno()
    config = Config.from_environment({}, home=home)
    made = serve.Server(config, listener, workers=1, ready=lambda root: None)
    made.wishes.put(Wish.RETIRE)  # it is not to wait
    yield made
    os.close(descriptor)


@pytest.mark.parametrize(
    "error",
    [
        OSError(28, "No space left on device"),
        peewee.OperationalError("disk I/O error"),
        UsageError("EC_BUILDS_STORAGE_URL should be a folder."),
    ],
)
def test_a_process_that_cannot_begin_makes_room_for_another(server, monkeypatch, caplog, error):
    def fail(config):
        raise error

    monkeypatch.setattr(serve, "start", fail)
    with pytest.raises(SystemExit) as ended:
        server.load()

    # gunicorn gives up at 3 and 4
    assert ended.value.code == 1
    assert caplog.messages == [f"A process of the server cannot begin, trying another: {error}"]


def test_a_defect_is_no_reason_to_try_again(server, monkeypatch):
    def fail(config):
        raise ZeroDivisionError

    monkeypatch.setattr(serve, "start", fail)
    with pytest.raises(ZeroDivisionError):
        server.load()


def test_a_process_that_begins_is_the_server(server, monkeypatch):
    monkeypatch.setattr(serve, "start", lambda config: config)

    assert server.load() is server.config


@pytest.fixture
def forked(server):
    """A process as it is just after the fork: its signals go where those of its parent go."""
    before = {each: signal.getsignal(each) for each in (*Arbiter.SIGNALS, signal.SIGABRT)}
    parent = Arbiter(server)
    for each in ENDS:
        signal.signal(each, parent.signal)
    process = Attendant(1, os.getpid(), [], server, 30, server.cfg, parent.log)
    process.PIPE = os.pipe()
    process.method_queue.init()
    os.set_blocking(process.PIPE[1], False)
    yield process
    signal.set_wakeup_fd(-1)
    for each, handler in before.items():
        signal.signal(each, handler)
    process.tmp.close()
    process.method_queue.close()
    for each in process.PIPE:
        os.close(each)


@pytest.mark.parametrize("number", sorted(ENDS))
def test_a_signal_that_comes_before_a_process_listens_is_heard(forked, server, number):
    assert server.wishes.get_nowait() is Wish.RETIRE  # of the fixture
    signal.raise_signal(number)
    assert forked.alive

    forked.init_signals()

    assert not forked.alive
    wishes = [Wish.RETIRE] if number == signal.SIGTERM else [Wish.HURRY, Wish.RETIRE]
    assert [server.wishes.get_nowait() for _ in wishes] == wishes


def test_other_signals_of_the_parent_are_not_for_its_processes(forked):
    for each in (signal.SIGHUP, signal.SIGCHLD):
        signal.getsignal(signal.SIGTERM)(each, None)

    forked.init_signals()

    assert forked.alive


@pytest.mark.parametrize("handler", ["handle_exit", "handle_quit"])
def test_a_signal_may_come_at_every_moment_of_another(server, handler):
    process = Attendant.__new__(Attendant)
    process.wishes, process.alive = server.wishes, False
    handle = getattr(process, handler)
    nested = []

    def interrupt(frame, event, argument):
        sys.settrace(None)  # one at a time
        handle(signal.SIGINT, None)
        nested.append(frame.f_lineno)
        sys.settrace(interrupt)
        return interrupt

    def interrupted():
        sys.settrace(interrupt)
        handle(signal.SIGINT, None)
        sys.settrace(None)

    thread = threading.Thread(target=interrupted, daemon=True)
    thread.start()
    thread.join(10)

    assert not thread.is_alive()
    assert len(nested) > 2
