"""A process of the server that cannot begin."""

import os
import socket
from importlib import import_module

import peewee
import pytest

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
    made.retiring.set()  # it is not to wait
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
        server.begun()

    # gunicorn gives up at 3 and 4
    assert ended.value.code == 1
    assert caplog.messages == [f"A process of the server cannot begin, trying another: {error}"]


def test_a_defect_is_no_reason_to_try_again(server, monkeypatch):
    def fail(config):
        raise ZeroDivisionError

    monkeypatch.setattr(serve, "start", fail)
    with pytest.raises(ZeroDivisionError):
        server.begun()


def test_a_process_that_begins_is_the_server(server, monkeypatch):
    monkeypatch.setattr(serve, "start", lambda config: config)

    assert server.begun() is server.config
