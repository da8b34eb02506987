"""Watchers of builds that run in other processes, some of which die."""

import itertools
import secrets
import signal
import sqlite3
import subprocess
import sys
import threading
import uuid
from contextlib import ExitStack, closing
from hashlib import sha256

import httpx
import jwt
import pytest

from tests.acceptance.making import make_app, make_platform, make_plugin, start_build
from tests.acceptance.server import PATIENCE, Server, address_of, wait_until
from tests.watching import logged, messages

STREAM, LOG = "ec:app/build/events/stream", "ec:app/build/log"
STREAM_ADDRESS = "ec:app/build/events/address"


class Worker:
    """`ec-builds worker` beside a server."""

    def __init__(self, server):
        self.log = server.home.with_suffix(".worker")
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ec_builds", "worker", "--concurrency", "1"],
                env=server.environment(),
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def end(self, number):
        self.process.send_signal(number)
        self.process.wait(PATIENCE)


class Watcher(threading.Thread):
    """Reads a stream as a browser does: comes back whenever it ends, with the last id."""

    def __init__(self, server, address):
        super().__init__(daemon=True)
        self.server, self.path = server, address.partition("/platform")[2]
        self.found, self.last_id, self.times, self.statuses = [], None, 0, []
        self.start()

    def run(self):
        while self.statuses[-1:] != [204]:
            try:
                self.read()
            except (httpx.TransportError, OSError):
                threading.Event().wait(0.02)

    def read(self):
        headers = {"Last-Event-ID": self.last_id} if self.last_id else {}
        with self.server.client() as http:
            with http.stream("GET", f"platform{self.path}", headers=headers) as answer:
                self.statuses.append(answer.status_code)
                lines = (line.removesuffix("\n") for line in whole_lines(answer.iter_raw()))
                for message in messages(lines):
                    self.found.append(message)
                    self.last_id = message.id or self.last_id


def whole_lines(pieces):
    """Lines as they end; what a connection breaks off is forgotten."""
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        yield from (line.decode() for line in lines)


@pytest.fixture
def server(tmp_path):
    """A server that runs nothing itself. Builds look for a file that is none of theirs."""
    settings = {"EC_BUILDS_EXECUTOR": "none", "EC_BUILDS_SANDBOX": "process"}
    server = Server(tmp_path / "home", **settings).start()
    yield server
    assert server.stop() == 0
    assert "Traceback" not in server.said(), server.said()


@pytest.fixture
def start_worker(server):
    started = []

    def start_worker():
        started.append(Worker(server))
        return started[-1]

    yield start_worker
    for worker in started:
        worker.end(signal.SIGKILL)
        assert "Traceback" not in worker.log.read_text()


def make_printer(http, tmp_path, lines):
    """A platform whose builds print numbers until they find a file."""
    script = (
        f"n=0; until [ -e {tmp_path}/enough ]; do n=$((n + 1)); echo $$ $n; "
        f"if [ $((n % {lines})) = 0 ]; then sleep 0.05; fi; done; mkdir out; echo > out/a"
    )
    app = make_app(http, "Printer")
    return make_platform(
        http, app, "website", {"commands": [script], "buildDir": "out"},
        targets=[make_plugin(http, app, "target", "zipDownload")],
    )


def test_no_line_is_lost_or_repeated_whoever_dies(server, start_worker, tmp_path):
    worker = start_worker()
    with server.client() as http:
        build = start_build(http, make_printer(http, tmp_path, 20))
    watcher = Watcher(server, address_of(build, STREAM))

    def has_seen_more(than=[0]):
        than[0] = len(watcher.found)
        wait_until(lambda: len(logged(watcher.found)) > 50 and len(watcher.found) > than[0] + 50)

    has_seen_more()
    assert server.stop() == 0
    server.start()
    has_seen_more()
    worker.end(signal.SIGKILL)
    with sqlite3.connect(server.home / "ec-builds.db", timeout=20) as database:
        database.execute("UPDATE build SET lease_until = 0")
    start_worker()
    has_seen_more()
    (tmp_path / "enough").touch()
    watcher.join(PATIENCE)

    assert not watcher.is_alive()
    assert watcher.statuses == [200, 200, 200, 204][-len(watcher.statuses):]
    with server.client() as http:
        log = http.get(f"platform{watcher.path.replace('events/stream', 'log')}").text
        ended = http.read(f"platform{watcher.path.replace('/events/stream', '')}")
    assert logged(watcher.found) == log.splitlines()
    assert [each.json for each in watcher.found if each.name == "event"] == ended["events"]
    numbers = [line.split() for line in log.splitlines() if line[0].isdigit()]
    for _, lines in itertools.groupby(numbers, key=lambda each: each[0]):
        found = [int(number) for _, number in lines]
        assert found == list(range(1, len(found) + 1))


def peak(process_id):
    """The most memory that a process has had, in MiB."""
    with open(f"/proc/{process_id}/status") as status:
        (line,) = (line for line in status if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def children(process):
    with open(f"/proc/{process.pid}/task/{process.pid}/children") as found:
        return [int(each) for each in found.read().split()]


def test_a_log_of_100_mb_needs_constant_memory(server, start_worker, tmp_path):
    size = 100_000_000
    worker = start_worker()
    print_it = f"yes {'dough ' * 20} | head -c {size}; mkdir out; echo > out/a"
    with server.client() as http:
        app = make_app(http, "Printer")
        config = {"commands": ["true", print_it], "buildDir": "out"}
        build = start_build(http, make_platform(http, app, "website", config))
        wait_until(lambda: len(http.read(address_of(build))["events"]) > 2)
        before = [peak(worker.process.pid), *map(peak, children(server.process))]
        assert http.finished(build)["successful"] == "success"
        with http.stream("GET", address_of(build, LOG)) as answer:
            read = sum(map(len, answer.iter_raw()))
        end = http.get(address_of(build, LOG), headers={"Range": "bytes=-6"})
    after = [peak(worker.process.pid), *map(peak, children(server.process))]

    assert read == int(answer.headers["Content-Length"]) > size
    assert end.content == b"dough\n" or end.status_code == 206
    assert max(now - then for now, then in zip(after, before)) < 40


# --- who may watch no longer


@pytest.fixture
def watched(tmp_path):
    """A server, a build that goes on and on, and somebody who may watch it."""
    server = Server(tmp_path / "permits").start()
    with server.client() as http:
        app = make_app(http, "Watched")
        config = {"commands": ["sleep 300"], "buildDir": "x"}
        yield server, http, app, start_build(http, make_platform(http, app, "website", config))
    assert server.stop() == 0


def issued(server, app, name):
    """A token of a viewer of an app."""
    account, jti = str(uuid.uuid4()), secrets.token_urlsafe(24)
    key, fingerprint = (server.home / "secret-key").read_text().strip(), sha256(jti.encode())
    with closing(sqlite3.connect(server.home / "ec-builds.db", timeout=30)) as database, database:
        database.execute(
            "INSERT INTO account (id, email, username, created) VALUES (?, ?, ?, '')",
            (account, f"{name}@example.com", name),
        )
        database.execute(
            "INSERT INTO token (id, fingerprint, account_id, name, created)"
            " VALUES (?, ?, ?, ?, '')",
            (str(uuid.uuid4()), fingerprint.hexdigest(), account, name),
        )
        database.execute(
            "INSERT INTO member (id, app_id, account_id, role, created)"
            " VALUES (?, ?, ?, 'viewer', '')",
            (str(uuid.uuid4()), app["appID"], account),
        )
    return jwt.encode({"iss": "ec-builds", "sub": account, "jti": jti}, key, "HS256")


def change(server, statement, name):
    with closing(sqlite3.connect(server.home / "ec-builds.db", timeout=30)) as database, database:
        account = "(SELECT id FROM account WHERE username = ?)"
        assert database.execute(f"{statement} WHERE account_id = {account}", (name,)).rowcount == 1


#: How watchers lose the right to watch, and how they are answered when they come again.
LOSSES = {
    "revoked": ("UPDATE token SET revoked = '2026-01-01T00:00:00.000Z'", 401),
    "expired": ("UPDATE token SET expires = '2026-01-01T00:00:00.000Z'", 401),
    "left": ("DELETE FROM member", 404),
}


def entrance(build, token, is_signed):
    """Where a stream begins, and the headers for it: without any if the address is signed."""
    headers = {"Authorization": f"Bearer {token}"}
    if not is_signed:
        return address_of(build, STREAM), headers
    made = httpx.post(address_of(build, STREAM_ADDRESS), headers=headers)
    return made.json()["url"], {}


def test_a_stream_ends_with_the_right_to_watch_and_not_with_its_address(watched):
    server, http, app, build = watched
    made = http.post(address_of(build, STREAM_ADDRESS), json={"seconds": 3}).json()
    with ExitStack() as streams:
        lasting = open_stream(streams, made["url"])
        assert lasting.status_code == 200
        losing = []
        for loss, is_signed in itertools.product(LOSSES, (False, True)):
            name = f"{loss}-{is_signed}".lower()
            where = entrance(build, issued(server, app, name), is_signed)
            losing.append((loss, name, where, open_stream(streams, *where)))

        refused = wait_until(lambda: (tried := knock(made["url"])).status_code == 401 and tried)
        assert refused.json()["code"] == 3402
        for loss, name, where, stream in losing:
            change(server, LOSSES[loss][0], name)
        for loss, name, (address, headers), stream in losing:
            found = list(messages(stream.iter_lines()))  # until it ends
            assert found and found[-1].name != "end", name
            assert httpx.get(address, headers=headers).status_code == LOSSES[loss][1], name

        # Since the address is over, all watchers were looked at: some are there no more.
        http.post(address_of(build, "ec:app/build/cancel"))
        assert list(messages(lasting.iter_lines()))[-1].name == "end"


def open_stream(streams, address, headers=None):
    """A stream that has begun, and that ends with others at the latest."""
    return streams.enter_context(
        httpx.stream("GET", address, headers=headers, timeout=PATIENCE)
    )


def knock(address):
    """An answer without its body, if that has no end."""
    with httpx.stream("GET", address, timeout=PATIENCE) as answer:
        if answer.status_code != 200:
            answer.read()
        return answer
