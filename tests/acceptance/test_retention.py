"""What is kept and what goes, seen from outside: over HTTP, and in the folder of the storage."""

import os
import signal

import pytest

from tests.acceptance.making import make_app, make_platform, start_build
from tests.acceptance.server import Server, address_of, wait_until


@pytest.fixture
def server(tmp_path):
    """A server that may be killed."""
    server = Server(tmp_path / "home").start()
    yield server
    assert server.stop() == 0
    assert "Traceback" not in server.said(), server.said()


def kept(server):
    """The numbers of the builds that have anything in the storage, and what is being written."""
    storage = server.home / "storage"
    names = {path.name for folder in ("builds", ".new") for path in storage.glob(f"{folder}/*")}
    return sorted(names)


def kill(server):
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()


def test_files_of_what_goes_really_go_also_after_the_server_was_killed(server):
    with server.client() as http:
        platform = make_platform(http, make_app(http, "Bakery"))
        builds = [http.finished(start_build(http, platform)) for _ in range(4)]
        assert kept(server) == ["1", "2", "3", "4"]
        http.delete(address_of(builds[0]))
        wait_until(lambda: kept(server) == ["2", "3", "4"])

        assert http.post(address_of(builds[1], "ec:app/build/pin")).status_code == 200
        rule = http.read(address_of(http.read(address_of(platform, "ec:app")), "ec:app/retention"))
        assert http.put(address_of(rule), json={**rule, "newest": 1}).status_code == 200
        going = http.read(address_of(rule, "ec:app/retention/preview"))
        assert [each["buildID"] for each in going["builds"]] == [3]
        kill(server)

    left = server.home / "storage/.new/left"
    left.write_bytes(b"half a z")
    os.utime(left, (1e9, 1e9))
    server.start()
    with server.client() as http:
        wait_until(lambda: kept(server) == ["2", "4"])
        assert http.get(f"{server.root}files/builds/2.zip").is_success
        gone = f"{server.root}platform/build?buildID="
        assert [http.get(f"{gone}{n}").status_code for n in (1, 2, 3, 4)] == [404, 200, 404, 200]
