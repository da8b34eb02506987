"""What builds were submitted with: variables, objects and manifests."""

import hashlib

MANIFEST = """
driver: {type: os}
env: [CC=gcc, EMPTY=]
objects: [flour.txt => in/flour.txt, missing]
stages: [make]
jobs:
- stage: make
  commands: [cat in/flour.txt, echo "$TOKEN"]
"""


def href(document, relation="self"):
    return document["_links"][relation]["href"]


def test_variables_and_objects_of_a_build(client, parts):
    client.post("/variables", json={"key": "TOKEN", "value": "s3cret-s3cret", "mask": True})
    client.post("/variables", json={"key": "PLAIN", "value": "seen"})
    client.post("/objects?name=flour.txt", data=b"rye\n", content_type="text/plain")
    submitted = client.post("/builds", json={"manifest": MANIFEST}).json
    built = client.get(f"/platform/build?buildID={submitted['id']}").json

    variables = parts(built, "variable")
    assert {each["key"]: (each["value"], each["masked"]) for each in variables} == {
        "TOKEN": (None, True), "PLAIN": ("seen", False), "CC": ("gcc", False), "EMPTY": ("", False),
    }
    assert [client.get(href(each)).json["key"] for each in variables] == [
        "PLAIN", "TOKEN", "CC", "EMPTY"
    ]
    flour, missing = parts(built, "object")
    assert (flour["name"], flour["destination"], flour["placed"]) == (
        "flour.txt", "in/flour.txt", True
    )
    assert (flour["size"], flour["sha256"]) == (4, hashlib.sha256(b"rye\n").hexdigest())
    assert (missing["placed"], missing["type"], missing["md5"]) == (False, None, None)
    seen = client.get(href(built)).text + client.get(href(built, "ec:app/build/log")).text
    assert "s3cret" not in seen + client.get(href(built, "ec:app/build/variables")).text

    client.delete(client.get("/objects").json[0]["url"])
    assert client.get(href(flour)).json["sha256"] is None


def test_the_manifest_is_the_text_that_was_submitted(client, build, build_by, make_platform):
    built = build_by(MANIFEST)

    answer = client.get(href(built, "ec:app/build/manifest"))

    assert (answer.mimetype, answer.text) == ("text/plain", MANIFEST)
    assert answer.headers["Content-Security-Policy"] == "sandbox"
    plain = build(make_platform())
    assert "ec:app/build/manifest" not in plain["_links"]
    address = f"/platform/build/manifest?buildID={plain['buildID']}"
    assert client.get(address).status_code == 404
