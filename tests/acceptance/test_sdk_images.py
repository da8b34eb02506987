"""An image that the native face makes and delivers, with the official client."""

import pytest

from tests.acceptance.conftest import steps
from tests.acceptance.hathora import REGIONS

pytestmark = [pytest.mark.registry, pytest.mark.buildah]


@pytest.fixture(scope="module")
def done(sdk, make_cloud, regional):
    """What the client did with a server of its own."""
    cloud = make_cloud("sqlite")
    cloud.settings["REGISTRY"] = regional.host
    return steps(sdk, "images", cloud, "")


def test_an_image_is_built_and_delivered(done, regional):
    build, deployment = done["build"].value, done["deployment"].value

    assert build["successful"] == "success", build["events"][-1]
    location = build["buildLocation"]
    assert location["type"] == "containerImage"
    assert [each["region"] for each in location["config"]["images"]] == list(REGIONS)
    host, _, name = location["config"]["images"][0]["reference"].partition("/")
    repository, _, tag = name.rpartition(":")
    assert host == regional.host
    digest = location["config"]["digest"]
    assert regional.client.resolve(repository, tag) == digest
    assert deployment["results"] == [f"{regional.host}/team/server:stable@{digest}"]
    assert regional.client.resolve("team/server", "stable") == digest


def test_its_version_can_be_read(done):
    image = done["image"].value

    assert (image["number"], image["source"], image["upload"]) == (1, "code", None)
    assert image["images"] == done["build"].value["buildLocation"]["config"]["images"]
