"""What goes with an app or a platform: everything below it, at once (reference 3.2, 3.5)."""

import pytest

from ec_builds.states import State
from ec_builds.store.app import App
from ec_builds.store.build import Build
from ec_builds.store.configured import CodeSource, DataSource, Target
from ec_builds.store.deployment import Deployment
from ec_builds.store.litter import Litter
from ec_builds.store.platform import Platform
from ec_builds.store.run import Event
from ec_builds.store.site import Site

ROWS = (App, CodeSource, DataSource, Target, Platform, Build, Deployment, Event, Site, Litter)


@pytest.fixture
def settle(make, make_plugin, make_platform, build, deploy):
    """A maker of an app with everything below it. Returns the documents by their relation."""

    def settle(title):
        app = make("/", title=title, hexColor="#000000")
        targets = [
            make_plugin("target", "zipDownload", of=app),
            make_plugin("target", "localWebServer", of=app, path="shop"),
        ]
        platform = make_platform(of=app, targets=targets, files={"index.html": title})
        built = build(platform)
        return {
            "app": app, "platform": platform, "build": built, "deployment": deploy(platform, built)
        }

    return settle


def addresses(client, settled):
    """The addresses of all that an app owns, each with the parameter that names it."""
    links = {
        (rel, each["href"])
        for document in settled.values()
        for rel, those in document["_links"].items()
        for each in (those if isinstance(those, list) else [those])
        if not each.get("templated") and "?" in each["href"]
    }
    own = {"?appID", "?platformID", "?codeSourceID", "?dataSourceID", "?targetID", "?buildID",
           "?deploymentID"}
    items = {
        href: "?" + href.partition("?")[2].partition("=")[0]
        for rel, href in links
        if rel in ("self", "ec:app", "ec:app/platform", "ec:app/codesource", "ec:app/datasource",
                   "ec:app/target", "ec:app/build")
    }
    assert set(items.values()) == own
    return items


def test_an_app_takes_everything_along(client, settle, runtime):
    gone, kept = settle("gone"), settle("kept")
    theirs, ours = addresses(client, gone), addresses(client, kept)
    files = [gone["build"]["buildLocation"]["config"]["url"], *gone["deployment"]["results"]]
    assert {client.get(address).status_code for address in [*theirs, *files]} == {200}

    assert client.delete(gone["app"]["_links"]["self"]["href"]).status_code == 204

    for turn in range(2):  # at once, and after all of it has really been removed
        for address, parameter in theirs.items():
            for answer in (client.get(address), client.head(address)):
                assert answer.status_code == 404, address
            assert client.get(address).json["code"] == 3102
            assert client.get(address).json["detail"] == parameter[1:]
        for address in files:
            assert client.get(address).json["code"] == 3100
        assert client.get(f"/stats?appID={gone['app']['appID']}").json["code"] == 3102
        platform_id = gone["platform"]["platformID"]
        for kind in ("build", "deployment"):
            answer = client.get(f"/platform/{kind}?platformID={platform_id}")
            assert (answer.status_code, answer.json["code"]) == (404, 3102)
        assert client.get("/").json["total"] == 1
        assert {client.get(address).status_code for address in ours} == {200}
        assert client.get(kept["deployment"]["results"][1]).data == b"kept"
        runtime.executor.reconciler.turn()


def test_what_was_deleted_is_removed_in_the_end(client, settle, runtime, config):
    settled = settle("gone")

    client.delete(settled["app"]["_links"]["self"]["href"])
    for _ in range(2):
        runtime.executor.reconciler.turn()

    assert {row.__name__: row.select().count() for row in ROWS} == {
        row.__name__: 0 for row in ROWS
    }
    assert [path for path in (config.home / "storage").rglob("*") if path.is_file()] == []


def test_nothing_below_a_deleted_app_can_be_written(client, settle):
    settled = settle("gone")
    app_id, platform = settled["app"]["appID"], settled["platform"]
    client.delete(settled["app"]["_links"]["self"]["href"])

    for address, body in [
        (f"/codesource?appID={app_id}", {"codeSourceType": "stub", "config": {}}),
        (f"/platform?appID={app_id}", platform),
        (f"/platform/build?platformID={platform['platformID']}", {}),
        (
            f"/platform/deployment?platformID={platform['platformID']}"
            f"&buildID={settled['build']['buildID']}&targetID={app_id}",
            {},
        ),
    ]:
        answer = client.post(address, json=body)
        assert (answer.status_code, answer.json["code"]) == (404, 3102), address
    for document in (settled["app"], platform):
        answer = client.put(document["_links"]["self"]["href"], json=document)
        assert (answer.status_code, answer.json["code"]) == (404, 3102)


def test_a_platform_takes_its_runs_along_and_leaves_its_plugins(client, settle, runtime):
    settled = settle("kept")
    links = settled["platform"]["_links"]
    site = settled["deployment"]["results"][1]

    assert client.delete(links["self"]["href"]).status_code == 204

    for document in (settled["platform"], settled["build"], settled["deployment"]):
        assert client.get(document["_links"]["self"]["href"]).json["code"] == 3102
    assert client.get(links["ec:app/builds"]["href"]).json["code"] == 3102
    assert client.get(links["ec:app/deployments"]["href"]).json["code"] == 3102
    assert client.get(site).json["code"] == 3100
    assert client.get(links["ec:app/codesource"]["href"]).status_code == 200
    runtime.executor.reconciler.turn()
    assert [row.select().count() for row in (Platform, Build, Deployment)] == [0, 0, 0]
    assert [row.select().count() for row in (App, CodeSource, Target)] == [1, 1, 2]


def test_runs_that_have_not_ended_are_cancelled_with_their_app(client, settle, in_state):
    settled = settle("gone")
    build_id = settled["build"]["buildID"]
    deployment_id = settled["deployment"]["deploymentID"]
    in_state(Build, build_id, State.RUNNING, location=None)
    in_state(Deployment, deployment_id, State.QUEUED)

    client.delete(settled["app"]["_links"]["self"]["href"])

    assert Build.get_by_id(build_id).state == State.CANCELLING
    assert Deployment.select().count() == 0  # it waited, so it is gone already


def test_a_deleted_target_takes_its_site_down(client, make_plugin, make_platform, build, deploy):
    site = make_plugin("target", "localWebServer", path="shop")
    other = make_plugin("target", "zipDownload")
    platform = make_platform(targets=[site])
    [address] = deploy(platform, build(platform))["results"]
    assert client.get(address).status_code == 200
    client.put(
        platform["_links"]["self"]["href"],
        json={**platform, "_links": {"ec:app/target": other["_links"]["self"]}},
    )

    assert client.delete(site["_links"]["self"]["href"]).status_code == 204

    assert client.get(address).status_code == 404
