"""All operations of the Hathora face with the published client, which parses whatever comes."""

import json
import re
import subprocess
import threading

import pytest

from tests.acceptance.conftest import Step
from tests.acceptance.archives import hopeless, small
from tests.acceptance.hathora import REGIONS
from tests.acceptance.server import PATIENCE

pytestmark = [pytest.mark.buildah, pytest.mark.registry]
UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def cloud(request, make_cloud):
    """A server of each kind of database, with regional registries."""
    return make_cloud(request.param, EC_BUILDS_UPLOAD_CHUNK_SIZE="100")


@pytest.fixture(scope="module")
def steps(sdk, cloud, tmp_path_factory):
    """What the client did. Its first run is held up until it has looked at the build."""
    folder = tmp_path_factory.mktemp("archives")
    (folder / "good.tgz").write_bytes(small())
    (folder / "bad.tgz").write_bytes(hopeless())
    environment = {
        **cloud.environment(),
        "ROOT": cloud.root,
        "TOKEN": cloud.token_of("ada@example.com"),
        "ARCHIVE": str(folder / "good.tgz"),
        "HOPELESS": str(folder / "bad.tgz"),
    }
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with cloud.gate.closed():
        node = subprocess.Popen(["node", "hathora.mjs"], cwd=sdk, env=environment, **pipes)
        late = threading.Timer(PATIENCE, node.kill)
        late.start()
        found = {}
        for line in node.stdout:
            record = Step(**json.loads(line))
            found[record.step] = record
            if record.step == "V3 getBuild while it runs":
                cloud.gate.open()
        _, said = node.communicate()
        late.cancel()
    assert node.returncode == 0, said
    return found


@pytest.fixture
def app_id(steps):
    return steps["createApp"].value["appId"]


def test_the_organisation_is_that_of_the_token(steps):
    (org,) = steps["getOrgs"].value["orgs"]

    assert org["orgId"] == steps["createApp"].value["orgId"]
    assert org["orgId"].startswith("org-")
    assert steps["getOrgs"].lines == ["GET /orgs/v1"]


def test_applications_are_made_changed_and_listed(steps, app_id):
    assert re.fullmatch(f"app-{UUID}", app_id)
    assert steps["getApp"].value["appName"] == "arena"
    google = {"anonymous": {}, "google": {"clientId": "x"}}
    assert steps["getApp"].value["authConfiguration"] == google
    assert steps["updateApp"].value["appName"] == "arena 2"
    assert steps["updateApp"].value["authConfiguration"] == {}
    assert steps["patchApp"].value["appName"] == "arena 3"
    assert steps["getAppInfoV1"].value["appName"] == "old arena"
    assert steps["updateAppV1"].value["appName"] == "older arena"
    for name in ("getApps", "getApps of an organisation"):
        assert [each["appName"] for each in steps[name].value["applications"]] == ["arena"]
    names = {each["appName"] for each in steps["getAppsV1"].value}
    assert names == {"arena 3", "old arena"}
    assert steps["deleteApp"].error is steps["deleteAppV1"].error is None


def test_a_build_of_the_third_version(steps):
    created = steps["V3 createBuild"].value
    running = steps["V3 getBuild while it runs"].value
    done = steps["V3 getBuild"].value

    assert (created["status"], running["status"], done["status"]) == (
        "created", "running", "succeeded",
    )
    assert created["buildId"] == done["buildId"] == "mine-1.0"
    assert created["buildTag"] == done["buildTag"] == "v1"
    assert steps["V3 upload"].value == [len(created["uploadParts"]), 200]
    assert len(created["uploadParts"]) > 1
    assert running["startedAt"] == done["startedAt"]
    assert (running["imageSize"], running["finishedAt"]) == (0, None)
    assert done["imageSize"] > 0
    assert done["contentHash"]
    assert all(region in steps["V3 log"].value for region in REGIONS)


def test_a_failure_of_the_third_version(steps):
    assert steps["V3 log of a failure"].value.splitlines()[-1].startswith("Error")
    assert steps["V3 getBuild of a failure"].value["status"] == "failed"
    found = [each["status"] for each in steps["V3 getBuilds"].value["builds"]]
    assert found == ["failed", "succeeded"]


def test_a_copy_of_the_third_version(steps):
    created, done = steps["V3 createBuildRegistry"].value, steps["V3 getBuild of a copy"].value

    assert re.fullmatch(f"bld-{UUID}", created["buildId"])
    assert (created["status"], done["status"]) == ("created", "succeeded")
    assert done["imageSize"] == steps["V1 getBuildInfo"].value["imageSize"]
    assert steps["V3 deleteBuild"].value == {}
    assert steps["V3 getBuild after delete"].value["deletedAt"]


def test_builds_of_the_first_version(steps, app_id):
    created, done = steps["V1 createBuild"].value, steps["V1 getBuildInfo"].value

    assert (created["buildId"], created["appId"], created["buildTag"]) == (1, app_id, "1.0")
    assert (created["status"], done["status"]) == ("created", "succeeded")
    assert [each["region"] for each in done["regionalContainerTags"]] == list(REGIONS)
    assert created["regionalContainerTags"] == []
    assert all(region in steps["V1 runBuild"].value for region in REGIONS)
    assert steps["V1 runBuild of a failure"].value.splitlines()[-1].startswith("Error")
    failed = steps["V1 getBuildInfo of a failure"].value
    assert (failed["buildId"], failed["status"], failed["imageSize"]) == (2, "failed", 0)
    assert [each["buildId"] for each in steps["V1 getBuilds"].value] == [2, 1]
    assert steps["V1 deleteBuild"].error is None
    assert steps["V1 getBuildInfo after delete"].value["deletedAt"]


def test_builds_of_the_second_version(steps):
    assert [each["buildId"] for each in steps["V2 getBuilds"].value] == [1]
    assert steps["V2 createBuild"].value["buildId"] == 3
    assert steps["V2 runBuild with a file"].value.splitlines()[-1].startswith("Error")
    assert steps["V2 getBuildInfo of a failure"].value["status"] == "failed"
    assert steps["V2 createBuildWithUploadUrl"].value["uploadBodyParams"]
    assert steps["V2 upload"].value[1] == 200
    done = steps["V2 getBuildInfo"].value
    assert (done["buildId"], done["status"]) == (5, "succeeded")
    assert [each["region"] for each in done["regionalContainerTags"]] == list(REGIONS)
    assert steps["V2 deleteBuild"].error is None
    assert steps["V2 getBuildInfo after delete"].value["regionalContainerTags"] == []


def test_a_client_has_its_token_organisation_and_application_once(steps, app_id):
    org = steps["createApp"].value["orgId"]

    assert steps["getApp as configured"].value["appId"] == app_id
    assert steps["V1 getBuilds as configured"].value == []
    assert steps["V3 getBuilds as configured"].value == {"builds": []}
    assert steps["V3 getBuilds as configured"].lines == [f"GET /builds/v3/builds?orgId={org}"]
    assert steps["getOrgs without a slash"].value == steps["getOrgs"].value


REFUSALS = {
    401: [
        "getOrgs without a token", "V3 getBuilds with a bad token", "V1 getBuilds with a bad token",
    ],
    400: [
        "V1 runBuild again", "V2 runBuild without a file", "V3 runBuild again",
        "V3 createBuild of nothing", "V2 createWithMultipartUploads of nothing",
    ],
    422: [
        "createApp again", "createAppV1 again", "V1 createBuild with a long tag",
        "V3 createBuild again", "V3 createBuildRegistry of a wrong name",
    ],
    404: [
        "getApp of none", "updateApp of none", "patchApp of none", "getApps of another",
        "getAppInfoV1 of none", "updateAppV1 of none", "deleteApp again", "deleteAppV1 again",
        "V1 createBuild of none", "V1 getBuildInfo of none", "V1 getBuilds of none",
        "V1 deleteBuild again", "V2 createBuild of none", "V2 createBuildWithUploadUrl of none",
        "V2 getBuildInfo of none", "V2 getBuilds of none", "V2 deleteBuild of none",
        "V3 getBuild of none", "V3 getBuild with a slash", "V3 getBuilds of another",
        "V3 deleteBuild of none", "V3 runBuildRegistry of none",
    ],
}


@pytest.mark.parametrize(
    "status, name", [(status, name) for status, names in REFUSALS.items() for name in names]
)
def test_a_refusal_is_an_error_of_the_api(steps, status, name):
    error = steps[name].error

    assert error, steps[name]
    assert (error["name"], error["status"]) == ("ApiError", status), error
    assert error["message"] and "API error occurred" not in error["message"]


def test_a_registry_that_is_not_there_is_an_error_of_the_api(steps):
    error = steps["V3 runBuildRegistry"].error

    assert (error["name"], error["status"]) in [("ApiError", each) for each in (400, 404, 422)]
    assert "127.0.0.1:9" in error["message"]
