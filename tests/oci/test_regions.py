"""Regions are read from their setting, and name the images in their registries."""

import pytest

from ec_builds import config
from ec_builds.errors import BuildError, UsageError
from ec_builds.oci import Region, regions


def test_config_knows_the_same_names():
    assert config.REGIONS == regions.NAMES
    assert len(set(regions.NAMES)) == 14


@pytest.mark.parametrize(
    "address, host, prefix, is_plain",
    [
        ("registry.example.com", "registry.example.com", "", False),
        ("registry.example.com/seattle", "registry.example.com", "seattle", False),
        ("https://fra.example.com/x/y/", "fra.example.com", "x/y", False),
        ("http://10.0.0.7:5000/", "10.0.0.7:5000", "", True),
        ("https://localhost:5000", "localhost:5000", "", False),
        ("localhost:5000/x", "localhost:5000", "x", True),
        ("127.0.0.1:5000", "127.0.0.1:5000", "", True),
        ("127.9.9.9", "127.9.9.9", "", True),
        ("[::1]:5000", "[::1]:5000", "", True),
        ("[fd00::7]:5000", "[fd00::7]:5000", "", False),
        ("localhost.example.com", "localhost.example.com", "", False),
    ],
)
def test_an_address_is_a_host_and_a_prefix(address, host, prefix, is_plain):
    assert config.registries(f"Seattle={address}") == (("Seattle", address),)
    assert Region.read("Seattle", address) == Region("Seattle", host, prefix, is_plain)


def test_all_regions_may_have_registries():
    text = ", ".join(f"{name}=r{number}.example.com" for number, name in enumerate(regions.NAMES))

    assert [name for name, _ in config.registries(text)] == list(regions.NAMES)


def test_an_image_is_named_by_its_region():
    with_prefix = Region.read("Seattle", "r.example.com/games").reference("app-1", "12")

    assert str(with_prefix) == "r.example.com/games/app-1:12"
    assert str(Region.read("Seattle", "localhost:5000").reference("app-1", "12")) == (
        "localhost:5000/app-1:12"
    )
    assert Region.read("Seattle", "localhost:5000").reference("app-1", "12").is_plain


def test_a_name_that_is_none_is_refused():
    with pytest.raises(BuildError, match="small letters"):
        Region.read("Seattle", "r.example.com").reference("../x", "12")
    with pytest.raises(BuildError, match="tag"):
        Region.read("Seattle", "r.example.com").reference("x", "1?2")


@pytest.mark.parametrize("scheme", ["https://", ""])
def test_a_password_in_the_setting_is_not_shown(scheme):
    setting = f"Seattle={scheme}ada:lovelace@r.example.com"
    with pytest.raises(UsageError, match="EC_BUILDS_REGISTRIES") as refused:
        config.Config.from_environment({"EC_BUILDS_REGISTRIES": setting})

    assert "lovelace" not in str(refused.value)
