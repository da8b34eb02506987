"""The verbs on rows, and a way to do two things at once."""

import dataclasses
import threading

import pytest

from ec_builds.store.app import App
from ec_builds.store.configured import CodeSource, DataSource, Target
from ec_builds.store.database import database
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
