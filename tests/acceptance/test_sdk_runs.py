"""Builds and deployments, followed to their ends with the official client."""

import pytest


@pytest.fixture
def steps(script):
    return script("runs")


@pytest.fixture
def platform_id(steps):
    return steps["platformID"].value


@pytest.fixture
def target_ids(steps):
    return steps["targetIDs"].value


@pytest.fixture
def build_id(steps):
    return steps["createBuild"].value["buildID"]


def test_a_build_is_there_at_once_and_can_be_followed_to_its_success(steps, platform_id, build_id):
    created = steps["createBuild"]

    assert created.lines == [f"POST /platform/build?platformID={platform_id}"]
    assert created.value["successful"] == "running"
    assert created.value["buildLocation"] is None
    assert created.value["finished"] == "1970-01-01T00:00:00.000Z", "that is null to the client"
    assert steps["one look"].lines == [f"GET /platform/build?buildID={build_id}"]
    done = steps["followed build"].value
    assert (done["successful"], done["comment"]) == ("success", "nightly “ü”")
    assert done["finished"] > done["started"]
    assert done["creator"]["email"]
    assert done["buildLocation"]["type"] == "zipFile"
    assert done["buildLocation"]["config"]["size"] > 0


def test_events_are_in_order_and_end_without_a_temporary_one(steps):
    events = steps["followed build"].value["events"]
    numbers = [each["buildEventID"] for each in events]

    assert numbers == sorted(set(numbers))
    assert {each["buildEventType"] for each in events} <= {"info", "verbose", "warn", "error"}
    assert events[-1]["temporary"] is False


def test_a_build_needs_no_comment(steps):
    assert steps["createBuild without comment"].requests[0]["headers"]["content-length"] == 2
    assert steps["followed silent build"].value["comment"] is None


def test_builds_are_listed_and_read(steps, platform_id, build_id):
    owner = f"GET /platform/build?platformID={platform_id}"
    second = steps["createBuild without comment"].value["buildID"]

    assert steps["buildList"].lines == [f"{owner}&_list=true"]
    assert [each["buildID"] for each in steps["buildList"].value["items"]] == [second, build_id]
    assert steps["buildList by id"].value["count"] == 1
    assert steps["build"].lines == [f"{owner}&buildID={build_id}"]
    assert steps["build"].value == steps["followed build"].value
    error = steps["build that is not there"].error
    assert (error["status"], error["code"], error["detail"]) == (404, 3102, "buildID")
    assert steps["builds page by page"].value[1:] == [second, build_id]
    assert len(steps["builds page by page"].requests) == 3


def test_the_latest_build_is_the_one_that_the_platform_links_to(steps):
    second = steps["createBuild without comment"].value["buildID"]

    assert steps["latestBuild of an old document"].error["name"] == "Error"
    assert steps["latestBuild"].lines == [f"GET /platform/build?buildID={second}"]
    assert steps["latestBuild"].value["buildID"] == second


def test_a_build_is_deployed_to_all_its_targets(steps, platform_id, target_ids, build_id, server):
    created = steps["createDeployment"]
    done = steps["followed deployment"].value

    assert created.lines == [
        f"POST /platform/deployment?platformID={platform_id}&buildID={build_id}"
        f"&platformID={platform_id}&targetID={'%2C'.join(target_ids)}"
    ]
    assert created.value["successful"] == "running"
    assert (created.value["comment"], created.value["buildID"]) == ("release", build_id)
    assert done["successful"] == "success"
    assert done["targetIDs"] == target_ids
    assert len(done["results"]) == 2
    assert all(result.startswith(server.root) for result in done["results"])


def test_the_latest_build_is_deployed_without_naming_it(steps, target_ids):
    second = steps["createBuild without comment"].value["buildID"]
    created = steps["deployLatestBuild"]

    assert f"&buildID={second}&" in created.lines[0]
    assert created.lines[0].endswith(f"&targetID={target_ids[0]}")
    assert created.requests[0]["headers"]["content-length"] == 2
    assert steps["followed latest deployment"].value["successful"] == "success"
    error = steps["createDeployment of nothing"].error
    assert (error["status"], error["code"], error["detail"]) == (404, 3102, "buildID")


def test_deployments_are_listed_and_read(steps, platform_id):
    first = steps["createDeployment"].value["deploymentID"]
    second = steps["deployLatestBuild"].value["deploymentID"]

    def found(name):
        return [each["deploymentID"] for each in steps[name].value["items"]]

    owner = f"GET /platform/deployment?platformID={platform_id}"
    assert steps["deploymentList"].lines == [f"{owner}&_list=true"]
    assert found("deploymentList") == [second, first]
    assert found("deploymentList of any target") == [second, first]
    assert found("deploymentList of all targets") == [first]
    assert steps["deployment"].lines == [f"{owner}&deploymentID={first}"]
    assert steps["deployment"].value == steps["followed deployment"].value
    latest = f"GET /platform/deployment?deploymentID={second}"
    assert steps["latestDeployment"].lines == [latest]
    assert steps["latestDeployment"].value["deploymentID"] == second


def test_a_platform_of_a_list_is_read_again_before_it_is_built(steps, platform_id):
    _, read, created, *_ = steps["createBuild of a list item"].lines

    assert read == f"GET /platform?platformID={platform_id}"
    assert created == f"POST /platform/build?platformID={platform_id}"
    assert steps["createBuild of a list item"].value["successful"] == "success"


def test_a_deleted_build_is_gone_and_its_deployment_stays(steps):
    second = steps["createBuild without comment"].value["buildID"]

    assert steps["del of a build"].lines == [f"DELETE /platform/build?buildID={second}"]
    assert steps["del of a build"].error is None
    assert steps["build that was deleted"].error["code"] == 3102
    assert steps["deployment of a deleted build"].value["buildID"] == second


def test_statistics_count_what_was_done(steps):
    stats = steps["stats"].value

    assert stats["totalDeployments"] == "2"
    assert int(stats["totalBuilds"]) == sum(stats["monthlyBuilds"].values())
    assert int(stats["totalBuildSize"]) > 0
    assert stats["usedPlatforms"] == ["staticWebsite"]
