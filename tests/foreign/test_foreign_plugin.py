"""Ours are not special: a plugin that somebody else has installed works like one of ours."""

import io
import zipfile

import pytest

from tests.api.conftest import app, build, make, make_platform, make_plugin  # noqa: F401


@pytest.fixture
def runtime(importable, runtime):
    """A server that was started after the plugin was installed."""
    return runtime


def test_it_is_listed_with_its_schema(client):
    types = client.get("/plugintypes").json["platformTypes"]

    loud = next(each for each in types if each["type"] == "loud")
    assert loud["configSchema"]["required"] == ["mark"]
    assert client.get(loud["configSchema"]["id"]).json == loud["configSchema"]


def test_it_builds(client, make_platform, build):  # noqa: F811
    platform = make_platform(
        platformType="loud", config={"mark": "!"}, files={"index.html": "hello"}
    )

    built = build(platform)

    assert [event["info"] for event in built["events"] if event["message"] == "Shouted"] == [
        {"mark": "!"}
    ]
    zipped = client.get(built["buildLocation"]["config"]["url"])
    with zipfile.ZipFile(io.BytesIO(zipped.data)) as packed:
        assert packed.read("index.html") == b"HELLO!"


def test_its_schema_is_applied(client, make_platform):  # noqa: F811
    platform = make_platform(platformType="loud", config={"mark": "!"})

    answer = client.put(
        platform["_links"]["self"]["href"], json={**platform, "config": {"mark": ""}}
    )

    assert (answer.json["code"], answer.json["detail"]) == (3211, "config/mark")


def test_one_that_cannot_be_imported_is_left_out_and_told(client, runtime):
    types = [each["type"] for each in client.get("/plugintypes").json["platformTypes"]]

    assert "faulty" not in types
    assert any("faulty" in warning for warning in client.get("/readyz").json["warnings"])
