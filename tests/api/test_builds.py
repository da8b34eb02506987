"""Builds, as a client of the native API meets them (reference 3.7 to 3.9)."""

import io
import zipfile

import pytest

from ec_builds.api.representations.run import WORDS
from ec_builds.states import FINISHED, State
from ec_builds.store.build import Build
from ec_builds.store.deployment import Deployment

NOBODY = "00000000-0000-4000-8000-000000000000"
ROOT = "http://localhost/"


def messages(run):
    """What the lasting events of a run say."""
    return [event["message"] for event in run["events"] if not event["temporary"]]


@pytest.fixture
def builds(make_platform):
    """The address of the builds of a platform."""
    return make_platform()["_links"]["ec:app/builds"]["href"]


def test_a_build_can_be_followed_to_its_zip(client, make_platform):
    platform = make_platform(files={"index.html": "hello"})

    created = client.post(platform["_links"]["ec:app/builds"]["href"])
    assert created.status_code == 201
    assert created.mimetype == "application/hal+json"
    assert (created.json["successful"], created.json["status"]) == ("running", "QUEUED")

    build = client.get(created.headers["Location"]).json
    assert build["successful"] == "success"

    zipped = client.get(build["buildLocation"]["config"]["url"])
    with zipfile.ZipFile(io.BytesIO(zipped.data)) as packed:
        assert packed.read("index.html") == b"hello"
    assert len(zipped.data) == build["buildLocation"]["config"]["size"]


def test_a_build_has_its_properties_and_its_links(client, app, make_platform, build, runtime):
    platform = make_platform()

    built = build(platform, comment="nightly 🎂")

    def profiled(path, profile):
        return {"href": ROOT + path, "profile": f"{ROOT}schema/{profile}"}

    number, location = built["buildID"], built["buildLocation"]
    assert built == {
        "buildID": number,
        "creator": runtime.operator().signature,
        "comment": "nightly 🎂",
        "started": built["started"],
        "finished": built["finished"],
        "successful": "success",
        "status": "SUCCEEDED",
        "statusDetail": None,
        "buildLocation": {
            "type": "zipFile",
            "config": {
                "url": f"{ROOT}files/builds/{number}.zip",
                "size": location["config"]["size"],
                "sha256": location["config"]["sha256"],
            },
        },
        "events": built["events"],
        "pinned": False,
        "_links": {
            "curies": built["_links"]["curies"],
            "self": profiled(f"platform/build?buildID={number}", "build"),
            "collection": profiled(
                f"platform/build?platformID={platform['platformID']}", "builds"
            ),
            "ec:app": profiled(f"?appID={app['appID']}", "app"),
            "ec:app/platform": platform["_links"]["self"],
            "ec:app/build/pin": profiled(f"platform/build/pin?buildID={number}", "build"),
            "ec:app/build/log": {
                "href": f"{ROOT}platform/build/log?buildID={number}", "type": "text/plain",
            },
            "ec:app/build/events/stream": {
                "href": f"{ROOT}platform/build/events/stream?buildID={number}",
                "type": "text/event-stream",
            },
            "ec:app/build/tags": profiled(f"platform/build/tag?buildID={number}", "tags"),
            "ec:app/build/tags/options": built["_links"]["ec:app/build/tags/options"],
            **{
                f"ec:app/build/{name}": profiled(
                    f"platform/build/{name}?buildID={number}", "address"
                )
                for name in ("download", "log/address", "events/address")
            },
        },
    }
    assert built["started"] <= built["finished"]


def test_a_list_leads_to_its_platform_and_to_its_items(client, app, make_platform, build):
    platform = make_platform()
    numbers = [build(platform)["buildID"] for _ in range(3)]

    listed = client.get(platform["_links"]["ec:app/builds"]["href"] + "&_list=true").json

    found = [each["buildID"] for each in listed["_embedded"]["ec:app/build"]]
    assert found == numbers[::-1] == sorted(numbers, reverse=True)
    assert listed["_links"].keys() == {
        "curies", "self", "ec:app/build/by-id", "ec:app/builds/options", "ec:app/platform"
    }
    assert listed["_links"]["ec:app/builds/options"] == {
        "href": f"{ROOT}platform/build?platformID={platform['platformID']}"
        "{&buildID,page,platformID,size,_list,sort}",
        "templated": True,
    }


def test_builds_are_those_of_a_platform(client):
    for query, status, code in [
        ("", 400, 3202),
        ("?_list=true", 400, 3202),
        ("?platformID=", 400, 3202),
        ("?platformID=nonsense", 400, 3212),
        (f"?platformID={NOBODY}", 404, 3102),
        (f"?platformID={NOBODY},nonsense", 400, 3212),
        (f"?platformID={NOBODY}&platformID={NOBODY[:-1]}1", 400, 3212),
    ]:
        for method in (client.get, client.post):
            answer = method(f"/platform/build{query}")
            assert (answer.status_code, answer.json["code"]) == (status, code), query
            assert answer.json["detail"] == "platformID"


def test_builds_of_several_platforms_can_be_listed(client, make_platform, build):
    one, two, three = make_platform("1"), make_platform("2"), make_platform("3")
    numbers = [build(platform)["buildID"] for platform in (one, two, three)]

    listed = client.get(f"/platform/build?platformID={one['platformID']},{two['platformID']}").json
    literal = client.get(f"/platform/build?platformID=({one['platformID']})").json

    assert [each["buildID"] for each in listed["_embedded"]["ec:app/build"]] == numbers[1::-1]
    assert "ec:app/platform" not in listed["_links"]
    assert literal["count"] == 1


def test_a_build_needs_no_body(client, builds):
    for body, comment in [
        (b"", None),
        (b" \n", None),
        (b"{}", None),
        (b'{"comment": null}', None),
        (b'{"comment": ""}', ""),
        (b'{"comment": "x", "more": [1]}', "x"),
    ]:
        created = client.post(builds, data=body, content_type="application/json")
        assert (created.status_code, created.json["comment"]) == (201, comment), body


def test_a_body_that_makes_no_sense_is_refused(client, builds):
    for body, detail in [
        (b'{"comment": 7}', "comment"),
        (b'{"comment": {}}', "comment"),
        (b'{"comment": "%s"}' % (b"x" * 10_001), "comment"),
        (b'{"comment": "a\\u0000b"}', "comment"),
        (b"[]", None),
        (b"null", None),
        (b'"x"', None),
        (b"{", "body"),
    ]:
        answer = client.post(builds, data=body, content_type="application/json")
        assert (answer.status_code, answer.json["code"]) == (400, 3211), body
        assert answer.json.get("detail") == detail
    assert Build.select().count() == 0


def test_a_build_cannot_be_changed(client, make_platform, build):
    links = build(make_platform())["_links"]

    for method in ("PUT", "PATCH"):
        for relation, allow in [
            ("self", "GET, HEAD, DELETE, OPTIONS"), ("collection", "GET, HEAD, POST, OPTIONS")
        ]:
            answer = client.open(links[relation]["href"], method=method, json={})
            assert (answer.status_code, answer.json["code"]) == (405, 3110)
            assert (answer.json["detail"], answer.headers["Allow"]) == (method, allow)


def test_every_state_has_its_words(client, make_platform, build, in_state):
    number = build(make_platform())["buildID"]

    for state in State:
        succeeded = WORDS[state] == "success"
        location = Build.get().location if succeeded else None
        in_state(Build, number, state, location=location, detail=f"it is {state}")
        shown = client.get(f"/platform/build?buildID={number}").json

        assert (shown["status"], shown["statusDetail"]) == (state, f"it is {state}")
        assert shown["successful"] == WORDS[state]
        assert (shown["finished"] is not None) == (state in FINISHED)
        assert (shown["successful"] != "running") == (state in FINISHED)


def test_every_action_begins_with_a_temporary_event_and_ends_with_a_lasting_one(
    make_platform, build
):
    events = build(make_platform())["events"]

    told = [(event["message"], event["temporary"]) for event in events]
    for begin, end in [
        ("Preparing the workspace", "Workspace ready"),
        ("Fetching code", "Code fetched"),
        ("Fetching data", "Data fetched"),
        ("Building", "Platform built"),
        ("Packing the result", "Result packed"),
        ("Storing the result", "Result stored"),
    ]:
        assert told.index((begin, True)) < told.index((end, False))
    assert told[0] == ("Build accepted", False)
    assert told[-1] == ("Build succeeded", False)
    assert [event["buildEventID"] for event in events] == sorted(
        event["buildEventID"] for event in events
    )
    assert {event["buildEventType"] for event in events} <= {"info", "verbose", "warn", "error"}


def test_an_action_that_fails_ends_with_its_reason(make_platform, build):
    failed = build(make_platform(config={"directory": "nowhere"}))

    assert (failed["successful"], failed["status"]) == ("error", "FAILED")
    assert failed["buildLocation"] is None
    begin = next(each for each in failed["events"] if each["message"] == "Building")
    *_, reason, end = failed["events"]
    assert (begin["temporary"], reason["temporary"], end["temporary"]) == (True, False, False)
    assert (reason["buildEventType"], end["buildEventType"]) == ("error", "error")
    assert end["message"] == f"Build failed: {reason['message']}"
    assert failed["statusDetail"] == reason["message"]


def test_a_build_that_leaves_nothing_fails_and_says_so(make_platform, build):
    failed = build(make_platform(files={}))

    assert (failed["successful"], failed["buildLocation"]) == ("error", None)
    assert "left nothing" in messages(failed)[-1]


def test_a_deleted_build_is_gone_with_its_files(client, make_platform, build, runtime):
    platform = make_platform()
    built, kept = build(platform), build(platform)
    key = Build.get_by_id(built["buildID"]).result_key
    href, url = built["_links"]["self"]["href"], built["buildLocation"]["config"]["url"]

    deleted, again = client.delete(href), client.delete(href)

    assert (deleted.status_code, deleted.json) == (200, built)
    assert (again.status_code, again.json["code"], again.json["detail"]) == (404, 3102, "buildID")
    assert client.get(href).json["code"] == 3102
    assert client.get(url).json["code"] == 3100
    listed = client.get(platform["_links"]["ec:app/builds"]["href"]).json
    assert [each["buildID"] for each in listed["_embedded"]["ec:app/build"]] == [kept["buildID"]]

    runtime.executor.reconciler.turn()

    assert runtime.storage.size(key) is None
    assert Build.select().count() == 1


@pytest.mark.parametrize(
    "state, left", [(State.QUEUED, 0), (State.RUNNING, 1), (State.CANCELLING, 1)], ids=str
)
def test_a_build_that_has_not_ended_is_cancelled_and_deleted(
    client, make_platform, build, in_state, runtime, state, left
):
    built = build(make_platform())
    in_state(Build, built["buildID"], state, location=None, result_key=None)

    deleted = client.delete(built["_links"]["self"]["href"])

    assert (deleted.status_code, deleted.json["status"]) == (200, state)
    assert client.get(built["_links"]["self"]["href"]).json["code"] == 3102
    runtime.executor.reconciler.turn()
    assert Build.select().where(Build.state == State.CANCELLING).count() == left
    assert Build.select().count() == left


def test_a_build_stays_as_long_as_it_is_being_deployed(
    client, make_platform, build, deploy, in_state
):
    platform = make_platform()
    built = build(platform)
    deployment = deploy(platform, built)
    href = built["_links"]["self"]["href"]

    for state in (State.QUEUED, State.RUNNING, State.CANCELLING):
        in_state(Deployment, deployment["deploymentID"], state)
        refused = client.delete(href)
        assert (refused.status_code, refused.json["code"]) == (403, 3370)
        assert client.get(href).headers["Allow"] == "GET, HEAD, OPTIONS"

    in_state(Deployment, deployment["deploymentID"], State.FAILED)
    assert client.get(href).headers["Allow"] == "GET, HEAD, DELETE, OPTIONS"
    assert client.delete(href).status_code == 200


def test_a_build_leads_to_its_latest_deployment(client, make_platform, build, deploy):
    platform = make_platform()
    deployed, other = build(platform), build(platform)
    deploy(platform, deployed)
    latest = deploy(platform, deployed)["_links"]["self"]

    assert client.get(deployed["_links"]["self"]["href"]).json["_links"][
        "ec:app/deployment/latest"
    ] == latest
    assert "ec:app/deployment/latest" not in client.get(
        other["_links"]["self"]["href"]
    ).json["_links"]


def test_ids_are_never_given_out_again(client, make_platform, build, runtime):
    platform = make_platform()
    numbers = [build(platform)["buildID"] for _ in range(2)]
    for number in numbers:
        client.delete(f"/platform/build?buildID={number}")
    runtime.executor.reconciler.turn()

    assert build(platform)["buildID"] == numbers[1] + 1


def test_a_build_knows_the_request_that_wanted_it(client, make_platform):
    address = make_platform()["_links"]["ec:app/builds"]["href"]

    answer = client.post(address, headers={"X-Request-ID": "nightly-7"})

    assert answer.headers["X-Request-ID"] == "nightly-7"
    assert answer.json["events"][0]["info"] == {"requestID": "nightly-7"}
    again = client.get(answer.json["_links"]["self"]["href"]).json
    assert again["events"][0] == answer.json["events"][0]
