"""Builds that leave images: how they are delivered."""

import pytest

from ec_builds.plugins.contract import Image as Made
from ec_builds.states import State
from ec_builds.store.build import Build
from ec_builds.store.deployment import Deployment
from ec_builds.store.image import Image
from tests.dummies import Pulled

DIGEST = f"sha256:{'5a' * 32}"
PLACES = [{"region": "Seattle", "reference": "sea.example.com/app-x:1"}]
LOCATION = {"type": "containerImage", "config": {"digest": DIGEST, "size": 77, "images": PLACES}}


@pytest.fixture
def make_image(submit):
    """A maker of builds that have left an image."""

    def make_image(platform):
        build = Build.get_by_id(submit(platform))
        Image.register(build)
        Build.update(state=State.SUCCEEDED, location=LOCATION, size=77).execute()
        return build.id

    return make_image


def test_an_image_is_delivered_from_where_it_is(make_platform, make_image, deploy, work):
    platform = make_platform(target_type="pulled")
    deployment_id = deploy(platform, make_image(platform))
    Pulled.delivered.clear()

    work()

    deployment = Deployment.get_by_id(deployment_id)
    assert deployment.state == State.SUCCEEDED
    assert deployment.results == [f"registry.example.com/app:1@{DIGEST}"]
    image = Made(DIGEST, 77, (("Seattle", "sea.example.com/app-x:1"),))
    assert Pulled.delivered == [(image, None, "1")]


@pytest.mark.parametrize("type", ["listed", "pulled"])
def test_a_target_is_not_given_what_it_does_not_take(
    make_platform, make_image, submit, deploy, work, type
):
    """Whoever submits is told so at once; plugins may change afterwards."""
    platform = make_platform(target_type=type)
    if type == "listed":
        build_id = make_image(platform)
    else:
        build_id = submit(platform)
        work()
    deployment_id = deploy(platform, build_id)

    work()

    deployment = Deployment.get_by_id(deployment_id)
    assert deployment.state == State.FAILED
    assert deployment.detail == "The target does not take what the build has left"
