"""The housekeeper deletes what apps do not keep, and what was never stored whole."""

import os

import pytest

from ec_builds.engine.executors.threads import ThreadExecutor
from ec_builds.engine.housekeeping import UNFINISHED, Housekeeper
from ec_builds.states import State
from ec_builds.store.app import App
from ec_builds.store.audit import Audit
from ec_builds.store.build import Build
from ec_builds.store.database import now
from tests.conftest import wait_until


@pytest.fixture
def housekeeper(tables, storage):
    return Housekeeper(storage)


@pytest.fixture
def make_app(make_platform):
    """A maker of apps with three builds, of which one is kept. Returns the id."""

    def make_app():
        platform = make_platform()
        values = {"app_id": platform.app_id, "platform_id": platform.id, "finished": now()}
        Build.insert_many([{**values, "state": State.SUCCEEDED} for _ in range(3)]).execute()
        App.update(keep_newest=1).where(App.id == platform.app_id).execute()
        return platform.app_id

    return make_app


def test_every_app_is_swept(housekeeper, make_app, caplog):
    caplog.set_level("INFO", "ec_builds")
    for _ in range(2):
        make_app()

    housekeeper.turn()

    assert [build.id for build in Build.living().order_by(Build.id)] == [3, 6]
    assert "Build 1 goes: It is not the newest one." in caplog.text
    caplog.clear()
    housekeeper.turn()
    assert caplog.text == ""


def test_a_sweep_is_told_as_the_servers_own(housekeeper, make_app):
    app_ids = [make_app(), make_app()]

    for _ in range(2):
        housekeeper.turn()

    found = [(each.action, each.thing, each.detail, each.account_id) for each in Audit.select()]
    assert found == [("sweep", app_id, {"builds": 2}, None) for app_id in app_ids]


def test_what_is_older_than_an_hour_and_not_whole_goes(housekeeper, storage, caplog):
    caplog.set_level("INFO", "ec_builds")
    left = storage.root / ".new/left"
    left.write_bytes(b"half a z")

    housekeeper.turn()
    assert left.exists()
    os.utime(left, (left.stat().st_mtime - UNFINISHED - 1,) * 2)
    housekeeper.turn()

    assert not left.exists()
    assert "Removed 1 files" in caplog.text


def test_what_cannot_be_tidied_is_told(housekeeper, storage, monkeypatch, caplog):
    def refuse(age):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(storage, "tidy", refuse)
    housekeeper.turn()

    assert "will try again: [Errno 13]" in caplog.text


def test_a_server_that_stops_does_not_wait_for_the_end_of_a_sweep(
    housekeeper, make_app, monkeypatch
):
    monkeypatch.setattr("ec_builds.store.retention.CHUNK", 1)
    make_app()

    housekeeper.turn(lambda: True)

    assert Build.living().count() == 2


def test_a_running_server_sweeps_at_its_start(housekeeper, make_app, runner, reconciler):
    make_app()
    executor = ThreadExecutor(runner, reconciler, 1, housekeeper=housekeeper)
    executor.start()
    try:
        wait_until(lambda: Build.living().count() == 1)
    finally:
        executor.stop()
