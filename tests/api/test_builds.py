"""Builds, as a client of the native API meets them."""

import io
import zipfile

import pytest


def test_a_build_can_be_followed_to_its_zip(client, make_platform):
    platform = make_platform(files={"index.html": "hello"})

    created = client.post(platform["_links"]["ec:app/builds"]["href"])
    assert created.status_code == 201
    assert created.mimetype == "application/hal+json"

    build = client.get(created.headers["Location"]).json
    assert build["successful"] == "success"

    zipped = client.get(build["buildLocation"]["config"]["url"])
    with zipfile.ZipFile(io.BytesIO(zipped.data)) as packed:
        assert packed.read("index.html") == b"hello"


@pytest.mark.parametrize(
    "query, status, code",
    [
        ("", 400, 3202),
        ("?platformID=nonsense", 400, 3212),
        ("?platformID=00000000-0000-4000-8000-000000000000", 404, 3102),
    ],
)
def test_what_cannot_be_built_is_a_problem(client, query, status, code):
    answer = client.post(f"/platform/build{query}")

    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert answer.json["detail"] == "platformID"
