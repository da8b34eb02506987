"""Builds that make images, as the native face shows them."""

import io

import pytest

from ec_builds.states import State
from ec_builds.store.build import Build
from ec_builds.store.deployment import Deployment
from ec_builds.store.image import Image

ROOT = "http://localhost/"
DIGEST = f"sha256:{'5a' * 32}"
PLACES = [{"region": "Seattle", "reference": "sea.example.com/app-x:1"}]
LOCATION = {
    "type": "containerImage", "config": {"digest": DIGEST, "size": 77, "images": PLACES},
}


@pytest.fixture
def made(client, make_platform, in_state):
    """A build that has left an image, without a registry to have it."""
    platform = make_platform("Server", "containerImage")
    build = client.post(platform["_links"]["ec:app/builds"]["href"]).json
    in_state(Build, build["buildID"], State.SUCCEEDED, location=LOCATION, size=77, detail=None)
    return client.get(build["_links"]["self"]["href"]).json


@pytest.fixture
def waiting(client, runtime):
    """A build that waits for the three parts of its archive, and the secret of its upload."""
    client.post("/apps/v2/apps", json={"appName": "Arena", "authConfiguration": {}})
    app_id = client.get("/?title=Arena&_list=true").json["_embedded"]["ec:app"][0]["appID"]
    image, slot = runtime.images.create_numbered(runtime.operator(), app_id, "rc", "parts", 12)
    return client.get(f"/platform/build?buildID={image.build_id}").json, slot.secret


def image_of(client, build):
    answer = client.get(build["_links"]["ec:app/build/image"]["href"])
    assert answer.status_code == 200
    return answer.json


def test_its_location_is_in_registries_and_there_is_no_zip(client, made):
    assert made["buildLocation"] == LOCATION
    assert "ec:app/build/download" not in made["_links"]
    number = made["buildID"]
    refused = client.post(f"/platform/build/download?buildID={number}")
    assert (refused.status_code, refused.headers["Allow"]) == (405, "OPTIONS")
    assert client.get(f"/files/builds/{number}.zip").status_code == 404
    assert made["_links"]["ec:app/build/image"] == {
        "href": f"{ROOT}platform/build/image?buildID={number}", "profile": f"{ROOT}schema/image",
    }


def test_its_version_tells_what_it_is_called_and_where_it_is(client, app, made):
    shown = image_of(client, made)

    assert {name: shown[name] for name in shown if name != "_links"} == {
        "buildID": made["buildID"], "number": 1, "name": None, "tag": None, "source": "code",
        "repository": f"app-{app['appID']}", "registryTag": "1", "digest": DIGEST, "size": 77,
        "images": PLACES, "upload": None,
    }


def test_what_waits_tells_how_much_of_its_upload_is_there(client, runtime, waiting):
    build, secret = waiting
    assert (build["status"], build["successful"]) == ("CREATED", "running")
    assert build["events"][0]["message"].startswith("Build accepted; it waits for an archive")
    assert build["statusDetail"] == "It waits for an archive that is uploaded, and to be run"
    runtime.slots.put_part(secret, 1, io.BytesIO(b"\x1f\x8b345"), 5)

    answer = client.get(build["_links"]["ec:app/build/image"]["href"])

    upload = answer.json["upload"]
    assert upload.pop("expires") > build["started"]
    assert upload == {"kind": "parts", "size": 12, "received": 5, "complete": False}
    assert (answer.json["tag"], answer.json["source"]) == ("rc", "archive")
    assert secret not in answer.text


def test_nothing_is_told_of_an_upload_when_the_build_has_ended(client, waiting):
    build, _ = waiting
    cancelled = client.post(build["_links"]["ec:app/build/cancel"]["href"]).json

    assert (cancelled["status"], cancelled["statusDetail"]) == ("CANCELLED", None)
    assert image_of(client, build)["upload"] is None


def test_other_builds_have_no_image(client, make_platform, build):
    other = build(make_platform())

    assert "ec:app/build/image" not in other["_links"]
    assert client.get(f"/platform/build/image?buildID={other['buildID']}").status_code == 404
    assert not Image.select().count()


def test_types_of_images_are_known(client):
    found = client.get("/plugintypes").json
    types = {
        kind: {each["type"]: each.get("restrictToPlatformType") for each in found[f"{kind}Types"]}
        for kind in ("platform", "codeSource", "target")
    }

    assert "containerImage" in types["platform"]
    assert types["codeSource"]["uploadedArchive"] == "containerImage"
    assert types["target"]["imageRegistry"] == "containerImage"


def deploying(client, build, target):
    address = (
        f"/platform/deployment?platformID={build['platformID']}&buildID={build['buildID']}"
        f"&targetID={target['targetID']}"
    )
    return client.post(address)


@pytest.mark.parametrize("is_image", [True, False])
def test_a_target_that_does_not_take_it_is_refused_at_once(
    client, make_platform, make_plugin, build, in_state, is_image
):
    there = {"registry": "registry.example.com", "repository": "team/server"}
    registry = make_plugin("target", "imageRegistry", **there)
    zipped = make_plugin("target", "zipDownload")
    platform = make_platform("Server", "containerImage", targets=[registry, zipped])
    made = build(platform)
    number = made["buildID"]
    location = LOCATION if is_image else {"type": "zipFile", "config": {}}
    in_state(Build, number, State.SUCCEEDED, location=location, size=77, detail=None)
    wrong = zipped if is_image else registry

    refused = deploying(client, {**platform, "buildID": number}, wrong)

    assert (refused.status_code, refused.json["code"]) == (400, 3212)
    told = {
        True: "The build left an image, and a target of type zipDownload takes a zip.",
        False: "The build left a zip, and a target of type imageRegistry takes an image.",
    }
    assert refused.json["detail"] == "targetID" and told[is_image] in refused.json["verbose"]


def test_the_result_of_a_deployment_is_the_image(
    client, make_platform, make_plugin, made, in_state
):
    there = {"registry": "127.0.0.1:1", "repository": "team/server"}
    registry = make_plugin("target", "imageRegistry", **there)
    platform = make_platform("Server", "containerImage", targets=[registry])
    build = client.post(platform["_links"]["ec:app/builds"]["href"]).json
    in_state(Build, build["buildID"], State.SUCCEEDED, location=LOCATION, size=77, detail=None)
    deployment = deploying(client, {**platform, "buildID": build["buildID"]}, registry).json
    result = f"127.0.0.1:1/team/server:2@{DIGEST}"
    in_state(Deployment, deployment["deploymentID"], State.SUCCEEDED, results=[result], detail=None)

    assert client.get(deployment["_links"]["self"]["href"]).json["results"] == [result]
