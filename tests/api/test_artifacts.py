"""Artifacts of builds, and builds that leave none."""

import hashlib
import io
import zipfile

import pytest

from ec_builds.store.artifact import Artifact
from ec_builds.store.build import Build
from ec_builds.store.database import now

MANIFEST = """
driver: {type: os}
stages: [make]
jobs:
- stage: make
  commands:
  - mkdir out
  - echo bread > out/a.txt
  - echo '<script>alert(1)</script>' > out/b.html
  artifacts: [out/a.txt => docs/bread.txt, out/b.html, out/*.none]
"""
NOTHING = """
driver: {type: os}
stages: [make]
jobs:
- stage: make
  commands: ["true"]
"""
CONTENT, DOWNLOAD = "ec:app/build/artifact/content", "ec:app/build/artifact/download"


@pytest.fixture
def built(build_by):
    """A build that has left two artifacts, and not the third one."""
    return build_by(MANIFEST)


def href(document, relation="self"):
    return document["_links"][relation]["href"]


def test_artifacts_are_known_and_in_the_zip(client, built, parts):
    found = {each["name"]: each for each in parts(built, "artifact")}
    bread = found["docs/bread.txt"]

    assert {name: each["size"] for name, each in found.items()} == {
        "docs/bread.txt": 6, "b.html": 26, "*.none": None,
    }
    assert bread["source"] == "out/a.txt"
    assert bread["md5"] == hashlib.md5(b"bread\n").hexdigest()
    assert bread["sha256"] == hashlib.sha256(b"bread\n").hexdigest()
    job = client.get(href(bread, "ec:app/build/job")).json
    assert client.get(href(job, "ec:app/build/artifacts")).json["total"] == 3
    packed = client.get(built["buildLocation"]["config"]["url"]).data
    with zipfile.ZipFile(io.BytesIO(packed)) as zipped:
        assert zipped.namelist() == ["b.html", "docs/bread.txt"]
        assert zipped.read("docs/bread.txt") == b"bread\n"


def test_the_bytes_of_an_artifact_are_to_be_saved(client, built, parts):
    html = next(each for each in parts(built, "artifact") if each["name"] == "b.html")

    answer = client.get(href(html, CONTENT))

    assert answer.mimetype == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == "attachment; filename=b.html"
    assert answer.headers["Content-Security-Policy"] == "sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["ETag"] == f'"{html["sha256"]}"'
    assert hashlib.sha256(answer.data).hexdigest() == html["sha256"]
    part = client.get(href(html, CONTENT), headers={"Range": "bytes=1-6"})
    assert (part.status_code, part.data) == (206, b"script")
    known = {"If-None-Match": answer.headers["ETag"]}
    assert client.get(href(html, CONTENT), headers=known).status_code == 304


def test_they_can_be_had_without_a_token(client, anonymous, built, parts):
    html = next(each for each in parts(built, "artifact") if each["name"] == "b.html")
    made = client.post(href(html, DOWNLOAD), json={"seconds": 30}).json

    stranger = anonymous.application.test_client()
    assert stranger.get(made["url"]).data == client.get(href(html, CONTENT)).data
    assert stranger.get(made["url"].partition("&_signed")[0]).status_code == 401


@pytest.mark.parametrize("name", ["docs/bread.txt", "*.none"])
def test_what_is_not_there_is_not_linked(client, built, parts, name):
    """It was never collected, or it was let go."""
    Artifact.update(key=None, let_go=now()).where(Artifact.name == "docs/bread.txt").execute()
    artifact = next(each for each in parts(built, "artifact") if each["name"] == name)
    number = artifact["artifactID"]

    assert not {CONTENT, DOWNLOAD} & artifact["_links"].keys()
    assert (artifact["deleted"] is not None) == (name == "docs/bread.txt")
    assert client.get(f"/platform/build/artifact/content?artifactID={number}").status_code == 404
    refused = client.post(f"/platform/build/artifact/download?artifactID={number}")
    assert (refused.status_code, refused.headers["Allow"]) == (405, "OPTIONS")


def test_a_name_that_no_header_takes_is_written_otherwise(client, built, parts):
    Artifact.update(name="a/x\r\nSet-Cookie: ü").where(Artifact.name == "b.html").execute()
    odd = next(each for each in parts(built, "artifact") if each["source"] == "out/b.html")

    answer = client.get(href(odd, CONTENT))

    assert answer.status_code == 200 and "Set-Cookie" not in answer.headers
    assert "x__Set-Cookie" in answer.headers["Content-Disposition"]


def test_a_build_without_a_result_is_a_success_that_cannot_be_deployed(client, build_by, parts):
    built = build_by(NOTHING)
    platform = client.get(href(built, "ec:app/platform")).json

    assert (built["successful"], built["buildLocation"]) == ("success", None)
    assert "ec:app/build/download" not in built["_links"]
    assert client.post(f"/platform/build/download?buildID={built['buildID']}").status_code == 405
    assert parts(built, "artifact") == []
    target = href(platform, "ec:app/target").rpartition("=")[2]
    answer = client.post(
        f"/platform/deployment?platformID={platform['platformID']}"
        f"&buildID={built['buildID']}&targetID={target}"
    )
    assert (answer.status_code, answer.json["code"], answer.json["detail"]) == (
        400, 3212, "buildID"
    )
    assert "without a result" in answer.json["verbose"]
    assert Build.get_by_id(built["buildID"]).size is None
