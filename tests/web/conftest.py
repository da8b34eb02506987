"""Things to ask for: the makers of the API's tests. What HTTP is like depends on no database."""

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
def database_url(tmp_path):
    """A database with nothing in it."""
    return f"sqlite:///{tmp_path}/builds.db"
