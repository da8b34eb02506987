"""Tables, and rows in them."""

import pytest

from ec_builds.runtime import prepare
from ec_builds.store.app import App
from ec_builds.store.build import Build
from ec_builds.store.configured import CodeSource, DataSource, Target
from ec_builds.store.database import database
from ec_builds.store.platform import Platform


@pytest.fixture
def tables(config):
    """A database with all tables."""
    prepare(config)
    yield
    database.close()


@pytest.fixture
def platform(tables):
    """A platform with all that it needs."""
    app = App.make("Bakery", "#d97706")
    code = CodeSource.create(app=app, type="stub", config={})
    data = DataSource.create(app=app, type="stub", config={})
    platform = Platform.create(
        app=app, title="Shop", type="website", config={}, codesource=code, datasource=data
    )
    platform.aim_at([Target.create(app=app, type="folder", config={}).id])
    return platform


@pytest.fixture
def make_run(platform):
    """A maker of builds, or of other runs, of the platform."""

    def make_run(run=Build, **values):
        return run.create(app_id=platform.app_id, platform_id=platform.id, **values)

    return make_run
