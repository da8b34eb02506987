"""Deployments, as a client of the native API meets them (reference 3.10 to 3.12)."""

import pytest

from ec_builds.states import State
from ec_builds.store.build import Build
from ec_builds.store.configured import Target
from ec_builds.store.deployment import Deployment

NOBODY = "00000000-0000-4000-8000-000000000000"
ROOT = "http://localhost/"
VARIABLES = "buildID,deploymentID,page,platformID,size,_list,sort,targetID"


@pytest.fixture
def targets(make_plugin):
    """A zip to download, and a web site."""
    return [
        make_plugin("target", "zipDownload"),
        make_plugin("target", "localWebServer", path="shop"),
    ]


@pytest.fixture
def platform(make_platform, targets):
    """A platform with both targets."""
    return make_platform(targets=targets, files={"index.html": "hello"})


@pytest.fixture
def built(platform, build):
    """A successful build of the platform."""
    return build(platform)


@pytest.fixture
def post(client, platform, built, targets):
    """Tries to deploy; parameters that are None are left out."""

    def post(data=None, **changes):
        parameters = {
            "platformID": platform["platformID"],
            "buildID": built["buildID"],
            "targetID": targets[0]["targetID"],
            **changes,
        }
        parameters = {name: value for name, value in parameters.items() if value is not None}
        headers = {"Content-Type": "application/json"}
        return client.post(
            "/platform/deployment", query_string=parameters, data=data, headers=headers
        )

    return post


def test_a_deployment_begins_at_once_and_delivers(client, platform, built, targets, post):
    created = post()
    assert created.status_code == 201
    assert (created.json["successful"], created.json["status"]) == ("running", "QUEUED")
    assert (created.json["finished"], created.json["results"]) == (None, None)

    deployment = client.get(created.headers["Location"]).json
    [result] = deployment["results"]
    assert result.startswith(f"{ROOT}files/deployments/{deployment['deploymentID']}/")

    zipped = client.get(built["buildLocation"]["config"]["url"]).data
    assert client.get(result).data == zipped


def test_a_deployment_has_its_properties_and_its_links(
    client, app, platform, built, targets, deploy, runtime
):
    config = {"channel": ["beta", None]}

    deployment = deploy(platform, built, comment="release", outsideConfig=config)

    def profiled(path, profile):
        return {"href": ROOT + path, "profile": f"{ROOT}schema/{profile}"}

    number, platform_id = deployment["deploymentID"], platform["platformID"]
    name = f"{app['shortID']}-{built['buildID']}.zip"
    target_ids = [target["targetID"] for target in targets]
    assert deployment == {
        "deploymentID": number,
        "buildID": built["buildID"],
        "platformID": platform_id,
        "targetIDs": target_ids,
        "creator": runtime.operator().signature,
        "comment": "release",
        "outsideConfig": config,
        "started": deployment["started"],
        "finished": deployment["finished"],
        "successful": "success",
        "status": "SUCCEEDED",
        "statusDetail": None,
        "results": [
            f"{ROOT}files/deployments/{number}/{target_ids[0]}/{name}",
            f"{ROOT}sites/{app['shortID']}/shop/",
        ],
        "events": deployment["events"],
        "_links": {
            "curies": deployment["_links"]["curies"],
            "self": profiled(f"platform/deployment?deploymentID={number}", "deployment"),
            "collection": profiled(f"platform/deployment?platformID={platform_id}", "deployments"),
            "ec:app": profiled(f"?appID={app['appID']}", "app"),
            "ec:app/platform": platform["_links"]["self"],
            "ec:app/build": built["_links"]["self"],
            "ec:app/target": [target["_links"]["self"] for target in targets],
            "ec:app/deployment/download": deployment["_links"]["ec:app/deployment/download"],
        },
    }
    assert client.get(deployment["results"][1]).data == b"hello"
    kept = deployment["_links"]["ec:app/deployment/download"]
    assert [each["href"].rpartition("?")[0] for each in kept] == [
        f"{ROOT}platform/deployment/download"
    ]


def test_events_are_those_of_a_deployment_in_order(platform, built, deploy):
    events = deploy(platform, built)["events"]

    told = [(event["message"], event["temporary"]) for event in events]
    for begin, end in [
        ("Fetching the result of the build", "Result fetched"),
        ("Unpacking the result", "Result unpacked"),
        ("Delivering to a target", "Delivered to a target"),
    ]:
        assert told.index((begin, True)) < told.index((end, False))
    assert told.count(("Delivered to a target", False)) == 2
    assert told[0] == ("Deployment accepted", False)
    assert told[-1] == ("Deployment succeeded", False)
    numbers = [event["deploymentEventID"] for event in events]
    assert numbers == sorted(numbers)
    assert numbers[0] > max(event["buildEventID"] for event in built["events"])


def test_targets_are_separated_by_commas(post, targets):
    target_ids = [target["targetID"] for target in targets]

    for spelling in ("{0},{1}", "({0}),({1})", "{0},{1},{0}"):
        created = post(targetID=spelling.format(*target_ids))
        assert created.json["targetIDs"] == target_ids


def test_targets_may_be_repeated_and_the_platform_too(client, platform, built, targets):
    one, two = (target["targetID"] for target in targets)
    platform_id = platform["platformID"]

    created = client.post(
        f"/platform/deployment?platformID={platform_id}&buildID={built['buildID']}"
        f"&platformID={platform_id}&targetID={two}&targetID={one}&targetID={two}"
    )

    assert created.json["targetIDs"] == [two, one]


def test_everything_structural_has_to_be_in_the_query_and_has_to_be_there(post):
    for name, nobody in [("platformID", NOBODY), ("buildID", 2147483647), ("targetID", NOBODY)]:
        for value, status, code in [
            (None, 400, 3202), ("", 400, 3202), ("nonsense", 400, 3212), (nobody, 404, 3102),
        ]:
            answer = post(**{name: value})
            assert (answer.status_code, answer.json["code"]) == (status, code), (name, value)
            assert answer.json["detail"] == name


def test_one_of_several_targets_that_is_wrong_is_enough(post, targets):
    target_id = targets[0]["targetID"]

    assert post(targetID=f"{target_id},{NOBODY}").json["code"] == 3102
    assert post(targetID=f"{target_id},").json["code"] == 3212
    assert post(targetID=f"{target_id} {target_id}").json["code"] == 3212
    assert Deployment.select().count() == 0


def test_a_build_is_named_by_plain_digits(post):
    for text in ("1.0", "-1", "0x1", "99999999999", "1,2", " 1 "):
        answer = post(buildID=text)
        assert (answer.json["code"], answer.json["detail"]) == (3212, "buildID"), text


def test_a_build_of_another_platform_is_refused(post, make_platform, build):
    other = build(make_platform("Other"))

    answer = post(buildID=other["buildID"])

    assert (answer.status_code, answer.json["code"]) == (400, 3212)
    assert answer.json["detail"] == "buildID"
    assert answer.json["verbose"] == "The build belongs to another platform."


def test_only_a_successful_build_can_be_deployed(post, built, in_state):
    for state in State:
        in_state(Build, built["buildID"], state)
        answer = post()
        if state in (State.SUCCEEDED, State.SUCCEEDED_WITH_FAILURES):
            assert answer.status_code == 201
        else:
            assert (answer.status_code, answer.json["code"]) == (400, 3212)
            assert answer.json["detail"] == "buildID"


def test_a_target_that_the_platform_does_not_have_is_refused(post, make_plugin):
    other = make_plugin("target", "zipDownload")

    answer = post(targetID=other["targetID"])

    assert (answer.status_code, answer.json["code"]) == (400, 3212)
    assert answer.json["detail"] == "targetID"


def test_the_body_is_a_comment_and_any_json(client, post):
    for body, comment, outside in [
        (b"", None, None),
        (b"{}", None, None),
        (b'{"comment": "x"}', "x", None),
        (b'{"outsideConfig": null}', None, None),
        (b'{"outsideConfig": 0}', None, 0),
        (b'{"outsideConfig": false}', None, False),
        (b'{"outsideConfig": ""}', None, ""),
        (b'{"outsideConfig": []}', None, []),
        (b'{"outsideConfig": {"a": [1.5, null, {"b": 1}]}}', None, {"a": [1.5, None, {"b": 1}]}),
    ]:
        created = post(body)

        for document in (created.json, client.get(created.headers["Location"]).json):
            assert (document["comment"], document["outsideConfig"]) == (comment, outside)
            assert type(document["outsideConfig"]) is type(outside)


def test_a_body_that_makes_no_sense_is_refused(post):
    for body in (b'{"comment": 7}', b"[]", b"{", b'"x"'):
        answer = post(body)
        assert (answer.status_code, answer.json["code"]) == (400, 3211), body


def test_a_target_that_fails_ends_the_deployment(make_plugin, make_platform, build, deploy):
    good, bad = (make_plugin("target", "zipDownload") for _ in range(2))
    platform = make_platform(targets=[good, bad])
    built = build(platform)
    Target.update(type="gone").where(Target.id == bad["targetID"]).execute()

    deployment = deploy(platform, built)

    assert (deployment["successful"], deployment["results"]) == ("error", None)
    assert deployment["statusDetail"] == "This server has no target of type “gone”"
    assert deployment["events"][-1]["deploymentEventType"] == "error"


def test_a_deployment_can_neither_be_changed_nor_deleted(client, platform, built, deploy):
    deployment = deploy(platform, built)

    for method in ("PUT", "DELETE", "PATCH"):
        answer = client.open(deployment["_links"]["self"]["href"], method=method, json=deployment)
        assert (answer.status_code, answer.json["code"]) == (405, 3110)
        assert answer.json["detail"] == method
        assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"


def test_deployments_can_be_listed_by_whatever_they_belong_to(
    client, platform, built, targets, deploy, build
):
    other = build(platform)
    one, two = (target["targetID"] for target in targets)
    first = deploy(platform, built, [one])["deploymentID"]
    both = deploy(platform, built, [one, two])["deploymentID"]
    second = deploy(platform, other, [two])["deploymentID"]
    of_platform = f"platformID={platform['platformID']}"

    for query, numbers in [
        (of_platform, [second, both, first]),
        (f"targetID={one}", [both, first]),
        (f"targetID={two}", [second, both]),
        (f"targetID={one},{two}", [second, both, first]),
        (f"targetID={one}+{two}", [both]),
        (f"buildID={built['buildID']}", [both, first]),
        (f"buildID={built['buildID']},{other['buildID']}", [second, both, first]),
        (f"buildID={other['buildID']}&targetID={one}", []),
        (f"{of_platform}&buildID={other['buildID']}", [second]),
        (f"deploymentID={first},{second}", [second, first]),
        (f"deploymentID={first}&_list=true", [first]),
        (f"{of_platform}&sort=deploymentID", [first, both, second]),
    ]:
        listed = client.get(f"/platform/deployment?{query}").json
        found = listed.get("_embedded", {}).get("ec:app/deployment", [])
        assert [each["deploymentID"] for each in found] == numbers, query
        assert (listed["count"], listed["total"]) == (len(numbers), len(numbers))


def test_deployments_are_those_of_something(client):
    for query, status, code, detail in [
        ("", 400, 3202, "platformID"),
        ("?_list=true", 400, 3202, "platformID"),
        ("?platformID=&targetID=", 400, 3202, "platformID"),
        ("?platformID=nonsense", 400, 3212, "platformID"),
        (f"?platformID={NOBODY}", 404, 3102, "platformID"),
        ("?targetID=nonsense", 400, 3212, "targetID"),
        (f"?targetID={NOBODY}&targetID={NOBODY[:-1]}1", 400, 3212, "targetID"),
    ]:
        answer = client.get(f"/platform/deployment{query}")
        assert (answer.status_code, answer.json["code"]) == (status, code), query
        assert answer.json["detail"] == detail


def test_a_list_leads_to_its_owner_and_to_its_items(client, app, platform, targets, built, deploy):
    deploy(platform, built)
    by_platform = f"platform/deployment?platformID={platform['platformID']}"
    by_target = f"platform/deployment?targetID={targets[0]['targetID']}"

    of_platform = client.get(platform["_links"]["ec:app/deployments"]["href"]).json["_links"]
    of_target = client.get(targets[0]["_links"]["ec:app/deployments"]["href"]).json["_links"]

    assert of_platform.keys() == {
        "curies", "self", "ec:app/deployment/by-id", "ec:app/deployments/options", "ec:app",
        "ec:app/platform",
    }
    assert of_platform["ec:app"] == app["_links"]["self"]
    assert of_platform["ec:app/deployments/options"]["href"] == (
        f"{ROOT}{by_platform}{{&{VARIABLES}}}"
    )
    assert of_target["ec:app/deployments/options"]["href"] == (
        f"{ROOT}{by_target}{{&{VARIABLES}}}"
    )


def test_a_deployment_outlives_its_build(client, platform, built, targets, deploy, runtime):
    deployment = deploy(platform, built)
    href = deployment["_links"]["self"]["href"]

    assert client.delete(built["_links"]["self"]["href"]).status_code == 200
    for _ in range(2):  # before and after it has really gone
        shown = client.get(href).json
        assert "ec:app/build" not in shown["_links"]
        assert (shown["buildID"], shown["targetIDs"]) == (
            built["buildID"], [target["targetID"] for target in targets]
        )
        for result in shown["results"]:
            assert client.get(result).status_code == 200
        runtime.executor.reconciler.turn()

    assert Build.select().count() == 0


def test_a_deployment_outlives_its_targets(client, platform, built, targets, deploy, make_plugin):
    deployment = deploy(platform, built)
    replacement = make_plugin("target", "zipDownload")["_links"]["self"]
    client.put(
        platform["_links"]["self"]["href"],
        json={**platform, "_links": {"ec:app/target": replacement}},
    )
    for target in targets:
        assert client.delete(target["_links"]["self"]["href"]).status_code == 204

    shown = client.get(deployment["_links"]["self"]["href"]).json

    assert shown["targetIDs"] == [target["targetID"] for target in targets]
    assert "ec:app/target" not in shown["_links"]


def test_the_newest_deployment_is_the_latest(client, platform, built, deploy):
    deploy(platform, built)
    latest = deploy(platform, built)

    links = client.get(platform["_links"]["self"]["href"]).json["_links"]

    assert links["ec:app/deployment/latest"] == latest["_links"]["self"]
