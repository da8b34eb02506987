"""`ec-builds sweep`: what goes, and why."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from ec_builds.config import Config
from ec_builds.runtime import prepare
from ec_builds.states import State
from ec_builds.store.app import App
from ec_builds.store.audit import Audit
from ec_builds.store.build import Build
from ec_builds.store.configured import CodeSource, DataSource
from ec_builds.store.database import database, timestamp
from ec_builds.store.platform import Platform


@pytest.fixture
def apps(home):
    """Two apps with three builds each, in the database of the home. Returns their ids."""
    prepare(Config.from_environment({}, home=home))
    yield [make_app("Bakery [bold]"), make_app("Bar")]
    database.close()


def make_app(title):
    app = App.make(title, "#d97706")
    code = CodeSource.create(app=app, type="stub", config={})
    data = DataSource.create(app=app, type="stub", config={})
    platform = Platform.create(
        app=app, title="Shop", type="website", config={}, codesource=code, datasource=data
    )
    for days in (40, 1.5, 0):
        finished = timestamp(datetime.now(UTC) - timedelta(days=days))
        Build.create(
            app_id=app.id, platform_id=platform.id, state=State.SUCCEEDED, finished=finished,
            size=1500000,
        )
    App.update(keep_newest=2).where(App.id == app.id).execute()
    return app.id


def living():
    return [build.id for build in Build.living().order_by(Build.id)]


def test_a_dry_run_shows_everything_and_changes_nothing(call, apps):
    result = call("sweep", "--dry-run")

    assert result.exit_code == 0
    assert [line.split() for line in result.stdout.splitlines()] == [
        ["Bakery", "[bold]", apps[0]],
        ["1", "Shop", "40", "days", "1.5", "MB", *"It is not among the newest 2.".split()],
        ["Bar", apps[1]],
        ["4", "Shop", "40", "days", "1.5", "MB", *"It is not among the newest 2.".split()],
        *[["2", "builds", "would", "go,", "3.0", "MB."]],
    ]
    assert living() == [1, 2, 3, 4, 5, 6]


def test_a_sweep_deletes(call, apps):
    told = call("sweep", "--app", apps[1]).stdout

    assert "1 build deleted, 1.5 MB.\n" in told
    assert living() == [1, 2, 3, 5, 6]
    assert "Bakery" not in told
    assert "1 build deleted" in call("sweep").stdout
    assert call("sweep").stdout == "0 builds deleted, 0 bytes.\n"
    assert living() == [2, 3, 5, 6]


def test_a_sweep_is_told_as_the_operators(call, apps):
    call("sweep")

    found = [(each.username, each.address, each.app_id, each.detail) for each in Audit.select()]
    assert found == [("admin", "local", app_id, {"builds": 1}) for app_id in apps]


def test_programs_get_a_line_per_build(call, apps):
    for arguments, deleted in ((["--dry-run"], False), ([], True)):
        lines = call("sweep", "--json", *arguments).stdout.splitlines()
        first, second = map(json.loads, lines)
        assert (first["appID"], first["buildID"], second["buildID"]) == (apps[0], 1, 4)
        assert (first["size"], first["deleted"]) == (1500000, deleted)
        assert first["reason"] == "It is not among the newest 2."
        assert first["finished"] == Build.get_by_id(1).finished
    assert call("sweep", "--json").stdout == ""


def test_ages_are_told_in_the_largest_unit(call, apps):
    Build.update(pinned=False).execute()
    App.update(keep_newest=None, keep_bytes=0).execute()
    hour = timestamp(datetime.now(UTC) - timedelta(minutes=61))
    Build.update(finished=hour).where(Build.id == 1).execute()
    Build.update(finished=timestamp(datetime.now(UTC))).where(Build.id == 4).execute()

    told = " ".join(call("sweep", "--dry-run").stdout.split())

    assert "2 Shop 1 day 1.5 MB" in told
    assert "1 Shop 1 hour 1.5 MB" in told
    assert "4 Shop just now 1.5 MB" in told


@pytest.mark.parametrize("app_id", ["nobody", "", "00000000-0000-4000-8000-000000000000"])
def test_an_app_that_is_not_there_is_a_wrong_usage(call, apps, app_id):
    result = call("sweep", "--app", app_id)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"ec-builds: There is no app “{app_id}” here.\n"
    assert len(living()) == 6


def test_in_a_file_nothing_is_wrapped_or_cut(call, apps):
    title = "A shop whose title is longer than its column"
    Platform.update(title=title).execute()

    lines = call("sweep", "--dry-run", COLUMNS="40").stdout.splitlines()

    assert len(lines) == 5
    for line in (lines[1], lines[3]):
        assert title in line and line.endswith("It is not among the newest 2.")


def test_where_no_server_was_nothing_is_swept_and_nothing_is_made(call, home):
    result = call("sweep", "--dry-run")

    assert result.exit_code == 2
    assert "There is no sqlite://" in result.stderr
    assert not home.exists()
