"""Servers in processes of their own, and clients that know nothing but their root address.

The official client needs Node.js. Without it, its tests are left out, and a
line at the end of the run says so.
"""

import contextlib
import fcntl
import itertools
import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import jwt
import psycopg
import pytest

from tests.acceptance.gate import gate
from tests.acceptance.hathora import REGIONS
from tests.acceptance.server import PATIENCE, Server
from tests.conftest import other_database
from tests.lacking import NODE
from tests.registries import registry

SDK = Path(__file__).with_name("sdk")

collect_ignore_glob = ["test_sdk_*.py"] if NODE else []


@pytest.fixture(scope="session")
def make_server(request, tmp_path_factory):
    """A maker of running servers on an empty database of a kind. All of them end at the end."""
    numbers = itertools.count()

    def make_server(kind, **settings):
        name = f"acceptance_{next(numbers)}"
        if kind == "postgresql":
            address = request.getfixturevalue("postgresql")
            with psycopg.connect(address, autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}")
            settings["EC_BUILDS_DATABASE_URL"] = other_database(address, name)
        server = Server(tmp_path_factory.mktemp(name) / "home", **settings).start()
        made.append(server)
        return server

    made = []
    yield make_server
    with ThreadPoolExecutor(len(made) or 1) as together:
        assert set(together.map(Server.stop, made)) <= {0}
    for server in made:
        assert "Traceback" not in server.said(), server.said()


@pytest.fixture(scope="session")
def regional(tmp_path_factory):
    """A registry that is the one of all regions."""
    with registry(tmp_path_factory.mktemp("regional") / "registry") as stand:
        yield stand


@pytest.fixture(scope="session")
def make_cloud(make_server, regional):
    """A maker of servers that build images for two regions; the way to the second has a gate."""
    with contextlib.ExitStack() as gates:

        def make_cloud(kind, **settings):
            way = gates.enter_context(gate(regional.host))
            first, second = REGIONS
            regions = f"{first}={regional.host}/first,{second}={way.host}/second"
            server = make_server(kind, EC_BUILDS_REGISTRIES=regions, **settings)
            server.gate = way
            return server

        yield make_cloud


@pytest.fixture(scope="session")
def servers(make_server):
    """One running server for each kind of database, whichever order the tests come in."""
    return cache(make_server)


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def server(request, servers):
    """A running server on each kind of database in turn."""
    return servers(request.param)


@pytest.fixture(scope="session")
def http(server):
    """The admin's HTTP client."""
    with server.client() as client:
        yield client


@pytest.fixture(scope="session")
def expired_token(server):
    """A token of the server whose time is over."""
    key = (server.home / "secret-key").read_text().strip()
    claims = {"iss": "ec-builds", "sub": "1", "jti": "x", "iat": 1, "exp": 2}
    return jwt.encode(claims, key, "HS256")


@dataclass
class Step:
    """What one call of the official client did: its requests, and its result or its error."""

    step: str
    requests: list
    result: object = None
    error: dict = None

    @property
    def lines(self):
        """The requests as lines: method and address below the root."""
        return [f"{each['method']} {each['path']}" for each in self.requests]

    @property
    def value(self):
        """The result; fails if there was an error instead."""
        assert self.error is None, f"{self.step}: {self.error}"
        return self.result


@pytest.fixture(scope="session")
def sdk():
    """The folder in which the official client is installed, as its lock file says."""
    installed, wanted = SDK / "node_modules/.package-lock.json", SDK / "package-lock.json"
    with wanted.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several processes run tests
        if not installed.exists() or installed.stat().st_mtime < wanted.stat().st_mtime:
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            subprocess.run(command, cwd=SDK, check=True, timeout=600)
    return SDK


@pytest.fixture(scope="session")
def script(sdk, server, expired_token):
    """A runner of scripts: runs each once, and returns its steps by their names."""
    done = {}

    def script(name):
        if name not in done:
            done[name] = steps(sdk, name, server, expired_token)
        return done[name]

    return script


def steps(sdk, name, server, expired_token):
    environment = {
        **server.environment(),
        "ROOT": server.root,
        "TOKEN": server.token,
        "EXPIRED_TOKEN": expired_token,
    }
    ended = subprocess.run(
        ["node", f"{name}.mjs"],
        cwd=sdk,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert ended.returncode == 0, ended.stderr
    records = [Step(**json.loads(line)) for line in ended.stdout.splitlines()]
    return {record.step: record for record in records}
