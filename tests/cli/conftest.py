"""The command line, called as a function, or as a program of its own."""

import logging
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from ec_builds.cli import commands
from ec_builds.client import Session
from tests.acceptance.server import Server

#: Seconds that a program of these tests gets.
PATIENCE = 60


@pytest.fixture
def home(tmp_path):
    """A home that is not there yet."""
    return tmp_path / "home"


@pytest.fixture
def environment(home):
    """Nothing of the settings of whoever runs the tests."""
    own = {name: text for name, text in os.environ.items() if not name.startswith("EC_BUILDS_")}
    return {**own, "EC_BUILDS_HOME": str(home), "COLUMNS": "100"}


@pytest.fixture
def call(environment):
    """Calls a command in this process. Returns its exit code, stdout and stderr."""

    def call(*arguments, **settings):
        for name in [name for name in os.environ if name.startswith("EC_BUILDS_")]:
            settings.setdefault(name, None)
        root, ours = logging.getLogger(), logging.getLogger("ec_builds")
        handlers, level = list(root.handlers), ours.level
        result = CliRunner().invoke(
            commands, [str(each) for each in arguments], env={**environment, **settings}
        )
        root.handlers[:] = handlers  # commands that run a server set up its log
        ours.setLevel(level)
        assert isinstance(result.exception, (SystemExit, type(None))), result.exc_info
        return result

    return call


@pytest.fixture
def program(environment):
    """Runs a command as a program. Returns it when it has ended."""

    def program(*arguments, **settings):
        return subprocess.run(
            [sys.executable, "-m", "ec_builds", *map(str, arguments)],
            env={**environment, **settings},
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE,
        )

    return program


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A running server."""
    server = Server(tmp_path_factory.mktemp("cli") / "home").start()
    yield server
    assert server.stop() == 0


@pytest.fixture(scope="session")
def make_platform(server):
    """A maker of platforms whose builds run commands, and publish the folder `dist`.

    Or else of another type, with a config.
    """
    with Session(server.root, server.token) as session:
        app = session.root().create("self", {"title": "Bakery", "hexColor": "#d97706"})

        def made(rel, kind, type, config):
            return {"href": app.create(rel, {f"{kind}Type": type, "config": config}).href}

        def make(*commands, type="website", **config):
            config = config or {"commands": list(commands), "buildDir": "dist"}
            return app.create(
                "ec:app/platforms",
                {
                    "title": "Shop",
                    "platformType": type,
                    "config": config,
                    "_links": {
                        "ec:app/codesource": made("ec:app/codesources", "codeSource", "stub", {}),
                        "ec:app/datasource": made("ec:app/datasources", "dataSource", "stub", {}),
                        "ec:app/target": made("ec:app/targets", "target", "zipDownload", {}),
                    },
                },
            )["platformID"]

        yield make


@pytest.fixture(scope="session")
def good(make_platform):
    """The id of a platform whose builds succeed."""
    return make_platform("mkdir dist; echo fresh > dist/bread.txt; echo Smells good.")


@pytest.fixture(scope="session")
def bad(make_platform):
    """The id of a platform whose builds fail."""
    return make_platform("echo Burnt. >&2; exit 3")
