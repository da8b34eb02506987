"""Tags of builds: given and taken off by the native face, and seen by the others."""

import pytest

from ec_builds.store.audit import Audit

TAGS = "ec:app/build/tags"


@pytest.fixture
def built(build, make_platform):
    """A build without a manifest: it can have tags all the same."""
    return build(make_platform())


def href(document, relation="self"):
    return document["_links"][relation]["href"]


def test_a_tag_is_given_and_taken_off(client, make, built, parts):
    tag = make(href(built, TAGS), name="v1.2")

    assert (tag["name"], tag["buildID"]) == ("v1.2", built["buildID"])
    assert tag["creator"]["email"] == "admin@localhost"
    assert client.get(href(tag)).json == tag
    assert make(href(built, TAGS), name="v1.2") == tag
    make(href(built, TAGS), name="grün")
    assert [each["name"] for each in parts(built, "tag")] == ["v1.2", "grün"]

    gone = client.delete(href(tag))
    assert (gone.status_code, client.get(href(tag)).status_code) == (204, 404)
    lines = [(each.action, each.thing, each.detail) for each in Audit.select().where(
        Audit.kind == "tag"
    ).order_by(Audit.id)]
    assert [line for line in lines if line[2] == {"names": ["v1.2"]}] == [
        ("create", str(built["buildID"]), {"names": ["v1.2"]}),
        ("delete", str(built["buildID"]), {"names": ["v1.2"]}),
    ]


def test_the_same_request_gives_one_tag(client, built):
    key = {"Idempotency-Key": "once"}
    one, two = (client.post(href(built, TAGS), json={"name": "v1"}, headers=key) for _ in "12")

    assert one.json == two.json and one.headers["Location"] == two.headers["Location"]


def test_what_changed_meanwhile_is_not_deleted(client, make, built):
    tag = make(href(built, TAGS), name="v1")

    refused = client.delete(href(tag), headers={"If-Match": '"another"'})

    assert refused.status_code == 412 and client.get(href(tag)).status_code == 200


@pytest.mark.parametrize(
    "body, code, detail",
    [
        (None, 3200, None),
        ({}, 3201, "name"),
        ({"name": ""}, 3211, "name"),
        ({"name": "two words"}, 3211, "name"),
        ({"name": "a,b"}, 3211, "name"),
        ({"name": "x\n"}, 3211, "name"),
        ({"name": ["v1"]}, 3211, "name"),
        ({"name": "x" * 256}, 3211, "name"),
    ],
)
def test_what_is_no_tag_is_refused(client, built, body, code, detail):
    refused = client.post(href(built, TAGS), json=body) if body is not None else client.post(
        href(built, TAGS)
    )

    assert (refused.status_code, refused.json["code"]) == (400, code)
    assert refused.json.get("detail") == detail


def test_a_tag_is_one_of_a_build_that_there_is(client):
    for query, status, code in (("", 400, 3202), ("?buildID=99", 404, 3102)):
        refused = client.post(f"/platform/build/tag{query}", json={"name": "v1"})
        assert (refused.status_code, refused.json["code"]) == (status, code)
        assert refused.json["detail"] == "buildID"


def test_a_viewer_sees_tags_and_gives_none(client, somebody, app, make, built):
    tag = make(href(built, TAGS), name="v1")
    viewer = somebody("vera", "viewer", app)

    assert viewer.get(href(built, TAGS)).headers["Allow"] == "GET, HEAD, OPTIONS"
    assert viewer.post(href(built, TAGS), json={"name": "v2"}).status_code == 405
    assert viewer.delete(href(tag)).status_code == 405


def test_both_faces_know_the_tags_and_jobs_of_each_others_builds(client, make, build_by, parts):
    submitted = client.post("/builds", json={"manifest": MANIFEST, "tags": ["one"]}).json
    mine = build_by(MANIFEST)
    for build_id in (submitted["id"], mine["buildID"]):
        build = client.get(f"/platform/build?buildID={build_id}").json
        make(href(build, TAGS), name="two")
        theirs = next(each for each in client.get("/builds").json if each["id"] == build_id)
        for word in ("job", "artifact", "tag", "variable"):
            there = client.get(theirs[f"{word}s_url"]).json
            here = parts(build, word)
            assert [each["id"] for each in there] == [each[f"{word}ID"] for each in here] != []
        assert "two" in theirs["tags"]
        assert theirs["manifest"] == client.get(href(build, "ec:app/build/manifest")).text


MANIFEST = """
driver: {type: os}
env: [CC=gcc]
stages: [make]
jobs:
- stage: make
  commands: [echo bread > bread.txt]
  artifacts: [bread.txt]
"""
