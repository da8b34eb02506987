"""Somebody ends a server at a terminal, and is in a hurry."""

import os
import signal
import socket
from urllib.parse import urlsplit

import pytest

from tests.acceptance.making import make_app, make_platform, make_plugin, start_build
from tests.acceptance.server import Server, wait_until

#: What comes when keys are held down, and when the first process tells the others meanwhile.
STORM = (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM) * 200


@pytest.fixture
def busy(tmp_path):
    """A server of two processes with a build in each, and the numbers of these processes."""
    server = Server(tmp_path / "home", "--workers", "2", EC_BUILDS_CONCURRENCY="1")
    server.start()
    with server.client() as http:
        app = make_app(http, "Busy")
        code = make_plugin(http, app, "codesource", files={"dist/index.html": "hello"})
        config = {"commands": "echo begun; sleep 60", "buildDir": "dist"}
        platform = make_platform(http, app, "website", config, codesource=code)
        builds = [start_build(http, platform)["buildID"] for _ in range(2)]
        wait_until(lambda: all(f"Build {each} begins" in server.said() for each in builds))
    yield server, builds, children(server.process.pid)
    if server.process.poll() is None:
        server.process.kill()


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(each) for each in file.read().split()]


def test_no_storm_of_signals_keeps_a_server_from_handing_back_its_builds(busy):
    server, builds, processes = busy

    for number in STORM:
        for each in processes:
            try:
                os.kill(each, number)
            except ProcessLookupError:
                pass
    server.stop()

    said = server.said()
    assert "SIGKILL" not in said  # gunicorn's word for a process that did not end by itself
    for each in builds:
        assert f"Build {each} ends: QUEUED" in said


def test_who_comes_too_late_is_refused_and_not_left_waiting(busy):
    server, _, _ = busy
    parts = urlsplit(server.root)
    address = parts.hostname, parts.port
    with socket.create_connection(address) as slow:
        slow.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        server.process.terminate()
        wait_until(lambda: is_refused(address))

        assert server.process.poll() is None
    server.stop()


def is_refused(address):
    try:
        socket.create_connection(address).close()
    except ConnectionRefusedError:
        return True
    return False
