"""What plugins are given of a run."""

import socket
import threading

import pytest

from ec_builds.engine import queue
from ec_builds.engine.context import Context
from ec_builds.engine.journal import Journal
from ec_builds.engine.stopping import Brake, Reason, Stopped
from ec_builds.states import State
from ec_builds.store.build import Build


@pytest.fixture
def silent_server():
    """The address of a server that takes requests and says nothing; its requests so far."""
    asked = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

        def serve():
            connection, _ = listening.accept()
            with connection:
                connection.recv(1000)
                asked.set()
                connection.recv(1000)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{port}/", asked
        thread.join()


@pytest.fixture
def begun(runner, make_platform, submit, tmp_path):
    """A run that somebody has claimed, as plugins see it."""
    build_id = submit(make_platform())
    fence = queue.claim("here").fence
    return Context(runner.tools, Journal(Build, build_id, fence), Brake(60), tmp_path, {})


@pytest.mark.parametrize(
    "changes, reason",
    [({"fence": 7}, Reason.LOST), ({"state": State.CANCELLING}, Reason.CANCELLED)],
)
def test_what_the_database_knows_of_a_run_is_seen_at_once(begun, changes, reason):
    begun.confirm()
    Build.update(**changes).execute()
    begun.check()

    with pytest.raises(Stopped) as stopped:
        begun.confirm()
    assert stopped.value.reason is reason


def test_a_run_that_waits_for_the_network_can_be_stopped(
    runner, silent_server, in_background, tmp_path
):
    address, asked = silent_server
    brake = Brake(60)
    context = Context(runner.tools, Journal(Build, 1, 1), brake, tmp_path, {})

    def pull():
        asked.wait(10)
        brake.pull(Reason.CANCELLED)

    in_background(pull)

    with pytest.raises(Stopped):
        context.network.get(address)
