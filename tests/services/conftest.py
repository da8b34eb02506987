"""The verbs on rows."""

import dataclasses

import pytest

from ec_builds.store.app import App
from ec_builds.store.configured import CodeSource, DataSource, Target
from ec_builds.store.platform import Platform


@pytest.fixture
def config(config):
    """Settings of a server whose runs wait."""
    return dataclasses.replace(config, executor="none")


@pytest.fixture
def caller(runtime):
    """The admin."""
    return runtime.operator()


@pytest.fixture
def app(runtime):
    """An app."""
    return App.make("Bakery", "#d97706")


@pytest.fixture
def parts(app):
    """What a platform is made of, as the services want it."""
    return {
        "codesource": CodeSource.create(app=app, type="stub", config={}).id,
        "datasource": DataSource.create(app=app, type="stub", config={}).id,
        "targets": [Target.create(app=app, type="zipDownload", config={}).id],
    }


@pytest.fixture
def platform(app, parts):
    """A platform of the app."""
    platform = Platform.create(
        app=app, title="Shop", type="staticWebsite", config={},
        codesource=parts["codesource"], datasource=parts["datasource"],
    )
    platform.aim_at(parts["targets"])
    return platform


def agree(thing):
    """A guard of a change that agrees to everything."""
