"""Things to ask for: the makers of the API's tests."""

import os

import psycopg
import pytest

from ec_builds.store.database import database
from tests.api.conftest import (  # noqa: F401
    app,
    build,
    deploy,
    in_state,
    installed,
    make,
    make_platform,
    make_plugin,
    runtime,
)


@pytest.fixture
def outage(request, database_url):
    """A maker of outages of the database. Returns what ends them."""

    def outage():
        if database_url.startswith("sqlite"):
            path = database.obj.database
            database.close()
            os.rename(path, f"{path}-elsewhere")
            os.mkdir(path)

            def end():
                os.rmdir(path)
                os.rename(f"{path}-elsewhere", path)

            return end
        server = request.getfixturevalue("postgresql")
        name = database.obj.database

        def allow(connections):
            with psycopg.connect(server, autocommit=True) as connection:
                connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {connections}")
                connection.execute(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                    f" WHERE datname = '{name}'"
                )

        allow("false")
        return lambda: allow("true")

    return outage
