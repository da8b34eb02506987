"""A server that is killed at random moments, with all its processes, and started again.

`--kills 1000` does it a thousand times; `--seed` repeats what has failed.
"""

import json
import os
import random
import re
import signal
import subprocess
import sys
import threading

import httpx
import pytest

from ec_builds.runtime import bind
from ec_builds.storage.folder import FolderStorage
from ec_builds.store.build import Build
from ec_builds.store.database import database
from tests.acceptance.making import make_app, make_platform, make_plugin
from tests.acceptance.server import Client
from tests.conftest import wait_until
from tests.durability import history
from tests.durability.witness import Witness

ADDRESS = re.compile(r"is ready at (http://\S+/)")
#: Seconds that a server lives at most, after its start or after it has taken builds.
LONGEST = 0.4
#: How many builds it has taken by then.
TAKEN = 2
#: Seconds between two builds that are submitted.
PAUSE = 0.03


@pytest.fixture(scope="module")
def zygote():
    """Forks servers; see `zygote.py`."""
    command = [sys.executable, "-m", "tests.durability.zygote"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.stdin.close()


@pytest.fixture
def witness(request):
    seen = Witness(request.config.getoption("seed"))
    yield seen
    seen.close()


class Server:
    """`ec-builds serve` with two processes, in one home and on one port through all its lives."""

    def __init__(self, zygote, home, database_url):
        self.zygote, self.home, self.log = zygote, home, home.with_suffix(".log")
        own = {name: text for name, text in os.environ.items() if not name.startswith("EC_BUILDS_")}
        self.environment = {
            **own,
            "EC_BUILDS_HOME": str(home),
            "EC_BUILDS_DATABASE_URL": database_url,
            "EC_BUILDS_AUTH": "open",
            "EC_BUILDS_CONCURRENCY": "2",
            "EC_BUILDS_GRACE": "1s",
        }
        self.pid = self.root = None

    def start(self):
        self.log.write_text("")
        order = {
            "arguments": ["serve", "--port", "0", "--workers", "2"],
            "environment": self.environment,
            "log": str(self.log),
        }
        print(json.dumps(order), file=self.zygote.stdin, flush=True)
        self.pid = int(self.zygote.stdout.readline())

    def is_ready(self):
        found = ADDRESS.search(self.log.read_text())
        if found:
            self.root = found[1]
        return found

    def kill(self):
        os.killpg(self.pid, signal.SIGKILL)
        wait_until(self.is_gone)

    def stop(self):
        os.kill(self.pid, signal.SIGTERM)
        wait_until(self.is_gone)

    def is_gone(self):
        """Whether no process of its group is left but such as wait to be reaped."""
        try:
            os.killpg(self.pid, 0)
        except ProcessLookupError:
            return True
        return False


class Clients:
    """Whoever wants builds, as long as there is a server, and writes down what was promised."""

    def __init__(self, server):
        self.server, self.accepted, self.platforms = server, [], []
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.submit, daemon=True)

    def submit(self):
        chooser = random.Random(1)
        with httpx.Client(timeout=5) as http:
            while not self.over.is_set():
                query = f"platformID={chooser.choice(self.platforms)}"
                try:
                    answer = http.post(f"{self.server.root}platform/build?{query}")
                    if answer.status_code == 201:
                        self.accepted.append(answer.json()["buildID"])
                except httpx.TransportError:
                    pass  # nothing was promised
                self.over.wait(PAUSE)


@pytest.fixture
def server(zygote, database_url, tmp_path):
    made = Server(zygote, tmp_path / "home", database_url)
    yield made
    if not made.is_gone():
        made.kill()


def platforms(root, witness):
    """Platforms whose builds do next to nothing, wait for the witness, or fail."""
    with Client(base_url=root) as http:
        app = make_app(http, "Kills")
        source = make_plugin(http, app, "codesource", files={"dist/index.html": "hello"})
        for commands in ("true", witness.command, "false"):
            config = {"commands": commands, "buildDir": "dist"}
            platform = make_platform(http, app, "website", config, codesource=source)
            yield platform["platformID"]


def test_nothing_is_lost_whenever_the_server_is_killed(server, witness, request):
    kills, seed = (request.config.getoption(name) for name in ("kills", "seed"))
    chance = random.Random(seed)
    server.start()
    wait_until(server.is_ready)
    clients = Clients(server)
    clients.platforms += platforms(server.root, witness)
    clients.thread.start()
    for number in range(kills):
        if number % 3:  # every third may be killed while it starts; the others have taken builds
            wait_until(server.is_ready)
            taken = len(clients.accepted) + TAKEN
            wait_until(lambda: len(clients.accepted) >= taken)
        clients.over.wait(chance.uniform(0, LONGEST))
        server.kill()
        server.start()
    clients.over.set()
    clients.thread.join()
    wait_until(server.is_ready)

    bind(server.environment["EC_BUILDS_DATABASE_URL"])
    try:
        wait_until(lambda: not Build.unfinished().exists(), 60)
        wait_until(lambda: not history.Litter.select().exists(), 30)
        server.stop()
        found = history.check(clients.accepted, FolderStorage(server.home / "storage"))
    finally:
        database.close()
    assert witness.twice == [], f"ran twice at a time, with --seed {seed}"
    assert found.total() >= len(clients.accepted) > kills
    print(f"{kills} kills, {len(clients.accepted)} accepted: {dict(found)}")
