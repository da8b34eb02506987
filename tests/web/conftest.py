"""Things to ask for: the makers of the API's tests. What HTTP is like depends on no database."""

import shutil

import pytest

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


@pytest.fixture(params=["sqlite"])
def database_url(tmp_path, sqlite_tables):
    """A database that has all tables, and nothing in them."""
    shutil.copyfile(sqlite_tables, tmp_path / "builds.db")
    return f"sqlite:///{tmp_path}/builds.db"
