"""What an app keeps of its builds, over the API."""

import io

import pytest

from ec_builds.storage.folder import FolderStorage
from ec_builds.store.build import Build
from ec_builds.store.litter import Litter

NOBODY = "00000000-0000-4000-8000-000000000000"
RETENTION, PREVIEW = "ec:app/retention", "ec:app/retention/preview"


def address(document, relation="self"):
    return document["_links"][relation]["href"]


@pytest.fixture
def rule(client, app):
    """What the app keeps."""
    return client.get(address(app, RETENTION)).json


def files(config):
    """All that is left in the storage, folders included; empty ones of ours do not count."""
    storage = config.home / "storage"
    return sorted(str(path.relative_to(storage)) for path in storage.glob("[!.]*/**"))


def test_an_app_keeps_everything_unless_it_says_otherwise(client, app, rule):
    assert rule.keys() == {"appID", "newest", "days", "bytes", "_links"}
    assert rule["appID"] == app["appID"]
    assert (rule["newest"], rule["days"], rule["bytes"]) == (None, None, None)
    assert address(rule, "ec:app") == address(app)
    assert address(app, RETENTION) == f"http://localhost/retention?appID={app['appID']}"


def test_the_document_is_put_back_with_changes(client, app, rule):
    changed = client.put(address(rule), json={**rule, "newest": 3, "days": 7, "bytes": 10**12})

    assert changed.status_code == 200
    assert changed.json == {**rule, "newest": 3, "days": 7, "bytes": 10**12}
    assert client.get(address(rule)).data == changed.data
    assert client.get(address(rule)).headers["ETag"] == changed.headers["ETag"]
    assert client.put(address(rule), json={**rule, "days": 0.5}).json == {**rule, "days": 0.5}
    assert client.get(address(app)).json == app


def test_two_people_do_not_overwrite_each_other(client, rule):
    old = client.get(address(rule)).headers["ETag"]
    first = client.put(address(rule), json={**rule, "newest": 1}, headers={"If-Match": old})
    second = client.put(address(rule), json={**rule, "newest": 2}, headers={"If-Match": old})

    assert (first.status_code, second.status_code, second.json["code"]) == (200, 412, 3112)
    assert client.get(address(rule)).json["newest"] == 1


@pytest.mark.parametrize(
    "changes, code, detail",
    [
        ({"newest": 0}, 3211, "newest"), ({"newest": 1.5}, 3211, "newest"),
        ({"newest": "1"}, 3211, "newest"), ({"newest": True}, 3211, "newest"),
        ({"newest": 2**31}, 3211, "newest"), ({"days": 0}, 3211, "days"),
        ({"days": -1}, 3211, "days"), ({"days": 1e300}, 3211, "days"),
        ({"bytes": -1}, 3211, "bytes"), ({"bytes": 2**63}, 3211, "bytes"),
        ({"bytes": [1]}, 3211, "bytes"),
    ],
)
def test_limits_that_are_none_are_refused(client, rule, changes, code, detail):
    answer = client.put(address(rule), json={**rule, **changes})

    assert (answer.status_code, answer.json["code"], answer.json["detail"]) == (400, code, detail)
    assert client.get(address(rule)).json == rule


def test_the_whole_document_is_wanted_of_an_app_that_is_there(client, rule):
    for query, body, status, code in [
        (f"?appID={rule['appID']}", {"newest": 1}, 400, 3201),
        ("", {"newest": 1, "days": None, "bytes": None}, 400, 3202),
        (f"?appID={NOBODY}", {"newest": 1, "days": None, "bytes": None}, 404, 3102),
    ]:
        answer = client.put(f"/retention{query}", json=body)
        assert (answer.status_code, answer.json["code"]) == (status, code)
    for path in ("/retention", "/retention/preview"):
        assert client.get(path).json["code"] == 3202
        assert client.get(f"{path}?appID={NOBODY}").json["code"] == 3102
        assert client.get(f"{path}?appID={rule['appID']}&title=x").json["code"] == 3216


def test_a_preview_shows_what_would_go_and_deletes_nothing(
    client, runtime, rule, make_platform, build
):
    platform = make_platform()
    builds = [build(platform) for _ in range(3)]
    assert client.get(address(rule, PREVIEW)).json["builds"] == []
    client.post(address(builds[0], "ec:app/build/pin"))
    client.put(address(rule), json={**rule, "newest": 1})

    shown = client.get(address(rule, PREVIEW)).json

    going = builds[1]
    size = going["buildLocation"]["config"]["size"]
    assert (shown["total"], shown["totalSize"]) == (1, size)
    assert shown["builds"] == [{
        "buildID": going["buildID"],
        "platformID": platform["platformID"],
        "finished": going["finished"],
        "size": size,
        "reason": "It is not the newest one.",
    }]
    assert address({"_links": {"x": shown["_links"]["ec:app/build"][0]}}, "x") == address(going)
    assert Build.living().count() == 3
    assert client.get(address(shown)).json == shown


def test_a_sweep_leaves_nothing_of_what_goes(
    client, app, runtime, rule, make_platform, make_plugin, build, deploy, config
):
    site = make_plugin("target", "localWebServer", path="shop")
    platform = make_platform(targets=[site])
    first, second, third, newest = [build(platform) for _ in range(4)]
    deployment = deploy(platform, first)
    client.post(address(second, "ec:app/build/pin"))
    client.put(address(rule), json={**rule, "bytes": 0})

    swept = list(runtime.retention.sweep(runtime.retention.get(runtime.operator(), app["appID"])))
    runtime.executor.reconciler.turn()

    assert [each.build_id for each in swept] == [third["buildID"]]
    assert client.get(address(third)).status_code == 404
    for kept in (first, second, newest):
        url = kept["buildLocation"]["config"]["url"]
        assert client.get(address(kept)).status_code == client.get(url).status_code == 200
    assert client.get(deployment["results"][0]).status_code == 200
    assert f"builds/{third['buildID']}" not in files(config)
    assert f"builds/{first['buildID']}" in files(config)


def test_a_deleted_build_leaves_nothing_in_the_storage(
    client, runtime, make_platform, build, config
):
    kept, gone = build(make_platform()), build(make_platform("Other"))
    key = Build.get_by_id(gone["buildID"]).result_key
    runtime.storage.put(f"builds/{gone['buildID']}/logs/all.log", io.BytesIO(b"log"))

    client.delete(address(gone))

    assert runtime.storage.size(key)  # the answer does not wait for it
    runtime.executor.reconciler.turn()
    assert not [each for each in files(config) if each.startswith(f"builds/{gone['buildID']}")]
    client.delete(address(kept))
    runtime.executor.reconciler.turn()
    assert files(config) == []
    assert Litter.select().count() == 0


def test_files_that_could_not_be_removed_do_not_keep_others_waiting(
    client, runtime, make_platform, build, config, monkeypatch, caplog
):
    platform = make_platform()
    stubborn, other = build(platform), build(platform)
    delete = FolderStorage.delete

    def refuse(self, prefix):
        if prefix == f"builds/{stubborn['buildID']}":
            raise OSError(16, "Device or resource busy")
        delete(self, prefix)

    monkeypatch.setattr(FolderStorage, "delete", refuse)
    monkeypatch.setattr("ec_builds.engine.reconciler.BATCH", 1)
    for each in (stubborn, other):
        client.delete(address(each))
    reconciler = runtime.executor.reconciler
    for now in (1e9, 1e9 + 1, 1e9 + 59):
        reconciler.turn(now)

    assert [litter.prefix for litter in Litter.select()] == [f"builds/{stubborn['buildID']}"]
    assert caplog.text.count("Could not remove") == 1  # it is not tried all the time
    monkeypatch.undo()
    reconciler.turn(1e9 + 61)
    assert Litter.select().count() == 0
    assert files(config) == []


def test_an_app_takes_its_rule_along(client, app, rule):
    client.put(address(rule), json={**rule, "newest": 1})

    client.delete(address(app))

    assert client.get(address(rule)).json["code"] == 3102
    assert client.put(address(rule), json=rule).json["code"] == 3102
