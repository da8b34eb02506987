"""Builds to watch, as rows and files, without anybody who runs them."""

import io

import pytest

from ec_builds.api.representations import live
from ec_builds.states import State
from ec_builds.store.app import App
from ec_builds.store.build import Build
from ec_builds.store.configured import CodeSource, DataSource
from ec_builds.store.log import LogSegment
from ec_builds.store.platform import Platform
from tests.conftest import wait_until


@pytest.fixture
def watch(runtime):
    """What watches builds; nobody watches any more when it ends."""
    yield runtime.watch
    runtime.watch.stop()
    wait_until(lambda: runtime.watch.hub.count == 0 and runtime.watch.hub.thread is None)


class Watched:
    """A build that does what a test says."""

    def __init__(self, runtime, build_id):
        self.runtime, self.id = runtime, build_id

    def tell(self, message):
        Build.record(self.id, message)

    def print(self, text):
        start, printed = LogSegment.length(self.id), text.encode("utf-8", "surrogateescape")
        key = f"builds/{self.id}/log/{printed[:9].hex()}-{start}"
        size = self.runtime.storage.put(key, io.BytesIO(printed))
        assert LogSegment.append(self.id, 0, start, size, key)

    def go(self, state):
        Build.update(state=state).where(Build.id == self.id).execute()

    def end(self):
        self.go(State.SUCCEEDED)

    def feed(self, last_id="", permit=None):
        return self.runtime.watch.open(self.id, last_id, live, permit)


@pytest.fixture
def make_build(runtime):
    """A maker of builds that run."""

    def make_build():
        app = App.make("Bakery", "#d97706")
        platform = Platform.create(
            app=app, title="Shop", type="website", config={},
            codesource=CodeSource.create(app=app, type="stub", config={}),
            datasource=DataSource.create(app=app, type="stub", config={}),
        )
        build = Build.create(app_id=app.id, platform_id=platform.id, state=State.RUNNING)
        return Watched(runtime, build.id)

    return make_build


@pytest.fixture
def build(make_build):
    return make_build()
