"""Platforms and what they are made of, as the official client uses them."""

import pytest


@pytest.fixture
def steps(script):
    return script("platforms")


@pytest.fixture
def target_ids(steps):
    return steps["targetIDs"].value


@pytest.fixture
def platform_id(steps):
    return steps["createPlatform"].value["platformID"]


def ids(step):
    return [each["targetID"] for each in step.value["items"]]


def test_a_platform_is_created_from_linked_plugins(steps, target_ids):
    schema, posted = steps["createPlatform"].lines

    assert schema == "GET /schema/platform-template"
    assert posted.startswith("POST /platform?appID=")
    assert steps["createPlatform"].value["config"] == {"directory": ".", "_title": "Front"}
    code, data, targets = steps["ids"].value
    assert code and data
    assert targets == target_ids[:1]


def test_a_platform_is_listed_and_read(steps, platform_id):
    (listed,) = steps["platformList"].lines
    owner = listed.removeprefix("GET /platform?appID=").removesuffix("&_list=true")

    assert steps["platformList"].value["items"] == [steps["platform"].value]
    line = f"GET /platform?appID={owner}&platformID={platform_id}"
    assert steps["platform"].lines == [line]
    assert steps["platforms by code source"].value["count"] == 1


@pytest.mark.parametrize(
    "what, code, detail",
    [
        ("without target", 3204, "ec:app/target"),
        ("of an unknown type", 3311, "platformType"),
        ("with several faults", 3201, "config/buildDir"),
    ],
)
def test_what_is_no_platform_is_a_problem(steps, what, code, detail):
    error = steps[f"createPlatform {what}"].error

    assert (error["status"], error["code"], error["detail"]) == (400, code, detail)


def test_further_faults_are_errors_below_the_first(steps):
    error = steps["createPlatform with several faults"].error
    further = [(each["code"], each["detail"]) for each in error["subErrors"]]

    assert further[:2] == [(3211, "config/commands"), (3211, "config/timeout")]
    assert further[2][0] == 3252
    assert all(each["title"] and each["type"] for each in error["subErrors"])


def test_sources_are_loaded_by_their_links(steps):
    code, data, _ = steps["ids"].value

    assert steps["loadCodeSource"].lines == [f"GET /codesource?codeSourceID={code}"]
    assert steps["loadCodeSource"].value["codeSourceID"] == code
    assert steps["loadDataSource"].lines == [f"GET /datasource?dataSourceID={data}"]
    assert steps["loadDataSource"].value["dataSourceID"] == data


def test_targets_are_a_list_however_many_they_are(steps, target_ids):
    one = target_ids[0]

    assert steps["hasTarget"].value == [True, False]
    assert steps["loadTargets of one"].lines == [f"GET /target?targetID={one}%2C{one}"]
    assert ids(steps["loadTargets of one"]) == [one]
    several = "%2C".join(target_ids[:3])
    assert steps["loadTargets of several"].lines == [f"GET /target?targetID={several}"]
    assert ids(steps["loadTargets of several"]) == target_ids[:3]
    assert ids(steps["loadTargets of many"]) == target_ids[:10]
    assert ids(steps["the other targets"]) == target_ids[10:]
    assert steps["all targets"].value == target_ids


def test_plugins_are_exchanged_by_saving_the_platform(steps, platform_id, target_ids):
    *_, put = steps["set sources and save"].lines

    assert put == f"PUT /platform?platformID={platform_id}"
    assert steps["set sources and save"].value == ["Shop 2", True, True, target_ids[:1]]
    assert steps["addTarget and save"].value == target_ids[:3]
    assert steps["removeTarget and save"].value == target_ids[2:3]
    assert steps["setTargets and save"].value == target_ids


def test_a_save_that_fails_changes_nothing(steps, target_ids):
    assert steps["save without targets"].lines == []
    assert steps["save without targets"].error["code"] == 9211
    assert steps["resolve after a failed save"].value == target_ids
    foreign = steps["save with a target of another app"].error
    assert (foreign["code"], foreign["detail"]) == (3214, "ec:app/target")


def test_items_of_the_list_are_read_again_first(steps, platform_id):
    assert steps["buildList of a list item"].lines == [
        f"GET /platform?platformID={platform_id}",
        f"GET /platform/build?platformID={platform_id}&_list=true",
    ]
    *_, read, deleted = steps["deleteResource"].lines
    assert read == f"GET /platform?platformID={platform_id}"
    assert deleted == f"DELETE /platform?platformID={platform_id}"


def test_without_a_build_there_is_no_link_to_the_latest(steps):
    for name in ("latestBuild without a build", "deployLatestBuild without a build"):
        assert steps[name].lines == []
        assert steps[name].error["name"] == "Error"
