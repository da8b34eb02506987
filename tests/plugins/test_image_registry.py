"""The target that copies an image into a registry of the user's."""

import pytest

from ec_builds.errors import BuildError
from ec_builds.network import Network
from ec_builds.oci import ImageError, Refused, Region, Registry, push, transfer
from ec_builds.plugins.builders.contract import ImageSettings
from ec_builds.plugins.contract import Image
from ec_builds.plugins.targets.image_registry import ImageRegistry
from tests.oci import making
from tests.registries import PASSWORD, USER, registry

pytestmark = pytest.mark.registry


@pytest.fixture(scope="module")
def region(tmp_path_factory):
    """The registry of a region, which wants a login."""
    with registry(tmp_path_factory.mktemp("region") / "registry", has_login=True) as stand:
        yield stand


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    """A registry of a user's, which wants a login, too."""
    with registry(tmp_path_factory.mktemp("theirs") / "registry", has_login=True) as stand:
        yield stand


@pytest.fixture
def image(region, context, tmp_path):
    """An image in the region, as a build has left it; the context knows of both."""
    layout = making.layout(tmp_path / "image")
    push(layout, region.client, "games/app-x", "7", context.check, print)
    regions = Region.read("Seattle", f"{region.host}/games"), Region.read("London", "127.0.0.1:1")
    logins = {region.host: region.login}.get
    context.images = ImageSettings("auto", regions, logins, Network(private="allow"))
    context.facts["imageTag"] = "7"
    references = (("Seattle", f"{region.host}/games/app-x:7"), ("London", "127.0.0.1:1/app-x:7"))
    return Image(layout.digest, layout.size, references)


def config(theirs, **more):
    own = {"registry": theirs.host, "repository": "team/server", "username": USER}
    return {**own, "password": PASSWORD, **more}


def test_an_image_is_copied_under_the_tag_that_it_has(image, region, theirs, context):
    result = ImageRegistry().deploy(config(theirs), image, context)

    assert result == f"{theirs.host}/team/server:7@{image.digest}"
    copied = theirs.manifest("team/server", "7")
    assert copied == region.manifest("games/app-x", "7")
    assert any("Sending blob 1 of 2" in note for note in context.notes)


def test_it_is_copied_by_its_digest_whatever_became_of_its_tag(image, region, theirs, context):
    other = making.layout(context.workspace / "other", making.tar({"other": b"x"}))
    push(other, region.client, "games/app-x", "7", context.check, print)

    result = ImageRegistry().deploy(config(theirs, tag="stable"), image, context)

    assert result.endswith(f":stable@{image.digest}")


def test_what_is_wrong_is_told_in_a_sentence(image, theirs, context, monkeypatch):
    monkeypatch.setattr(transfer, "PAUSES", ())
    target = ImageRegistry()
    with pytest.raises(Refused, match="does not accept|refuses"):
        target.deploy(config(theirs, password="wrong"), image, context)
    with pytest.raises(ImageError, match="cannot be used"):
        target.deploy(config(theirs, registry="127.0.0.1:1"), image, context)
    gone = Image(image.digest, image.size, (("Tokyo", "tyo.example.com/app-x:7"),))
    with pytest.raises(BuildError, match="None of the regions"):
        target.deploy(config(theirs), gone, context)


def test_private_addresses_are_for_servers_that_allow_them(image, theirs, context, monkeypatch):
    monkeypatch.setattr(transfer, "PAUSES", ())
    context.network = Network().watched(context.check)

    with pytest.raises(ImageError, match="private|loopback"):
        ImageRegistry().deploy(config(theirs), image, context)


def test_the_registry_of_a_user_is_not_asked_as_the_operator(image, region, context):
    """Who names the registry of a region comes there with a login of their own, or without."""
    mine = {"registry": region.host, "repository": "games/app-x", "tag": "8"}
    with pytest.raises(Refused):
        ImageRegistry().deploy(mine, image, context)
    assert not Registry(
        Network(private="allow"), region.host, region.login, is_plain=True
    ).resolve("games/app-x", "8")


@pytest.mark.parametrize(
    "wrong, told",
    [
        ({"registry": "under_score"}, "registry"),
        ({"registry": "a.example:99999"}, "port"),
        ({"password": "secret"}, "belong together"),
        ({"username": "ada"}, "belong together"),
        ({"username": "ada", "password": "secret", "token": "secret"}, "not both"),
    ],
)
def test_configs_that_cannot_be_meant_are_refused(wrong, told):
    with pytest.raises(BuildError, match=told):
        ImageRegistry.check({"registry": "a.example", "repository": "server", **wrong})


def test_secrets_are_for_the_registry():
    def audience(registry):
        return ImageRegistry.audience({"registry": registry, "repository": "server"})

    assert audience("a.example") == audience("https://A.example/")
    assert len({str(audience(f"{each}a.example")) for each in ("", "http://", "b.")}) == 3
