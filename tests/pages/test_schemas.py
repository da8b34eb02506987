"""JSON Schemas, served where profiles point (reference 1.7)."""

import json

import pytest
from jsonschema import Draft4Validator

from ec_builds import schema
from tests.checking import references

ROOT = "http://localhost/"
#: Names that the official client asks for.
WANTED = [
    *(f"{name}{ending}" for name in ("app", "platform", "codesource", "datasource", "target")
      for ending in ("", "s", "-template")),
    "build", "builds", "deployment", "deployments", "app-plugin-types",
]


def test_every_schema_is_public_and_says_where_it_is(anonymous):
    assert {*WANTED} <= {*schema.names()}
    for name in schema.names():
        answer = anonymous.get(f"/schema/{name}")

        assert answer.status_code == 200
        assert answer.content_type == "application/schema+json"
        assert answer.json["id"] == f"{ROOT}schema/{name}"
        assert answer.json["$schema"] == "http://json-schema.org/draft-04/schema#"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        Draft4Validator.check_schema(answer.json)


def test_every_reference_leads_to_a_part_of_a_schema(anonymous):
    for name in schema.names():
        for reference in references(anonymous.get(f"/schema/{name}").json):
            document, _, pointer = reference.partition("#")
            part = anonymous.get(f"/schema/{document or name}").json
            for step in pointer.split("/")[1:]:
                part = part[step]
            assert isinstance(part, dict)


def test_every_profile_leads_to_a_schema_and_to_a_template_where_one_is_needed(
    client, anonymous, make_platform, build, deploy
):
    platform = make_platform()
    deployment = deploy(platform, build(platform))
    documents = [platform, deployment, client.get("/").json]
    documents += [client.get(platform["_links"][rel]["href"]).json for rel in (
        "ec:app", "ec:app/codesource", "ec:app/target", "ec:app/builds"
    )]

    for document in documents:
        for rel, links in document["_links"].items():
            for link in links if isinstance(links, list) else [links]:
                if "profile" not in link:
                    continue
                assert anonymous.get(link["profile"]).json["id"] == link["profile"]
                if rel.endswith("/by-id") and "build" not in rel and "deployment" not in rel:
                    template = anonymous.get(link["profile"] + "-template").json
                    assert template["id"] == link["profile"] + "-template"
                    assert template["required"]


@pytest.mark.parametrize("name", ["app", "platform", "codesource", "datasource", "target"])
def test_what_the_client_sends_back_fits_the_schema_that_it_fetches(
    client, make_platform, name
):
    """Every relation is an array, plain links have `templated`, helpers send nothing but hrefs."""
    platform = make_platform()
    links = {**platform["_links"], "ec:app/platform": platform["_links"]["self"]}
    document = client.get(links[f"ec:app/{name}" if name != "app" else "ec:app"]["href"]).json
    for links in document["_links"].values():
        assert links

    sent = json.loads(json.dumps(document))
    sent["_links"] = {
        rel: [{"templated": False, **each} for each in (those if type(those) is list else [those])]
        for rel, those in document["_links"].items()
    }
    sent["_links"].setdefault("ec:app/target", []).append(
        {"href": f"{ROOT}target?targetID=9a8b7c6d-5e4f-4a3b-8c2d-1e0f9a8b7c6d"}
    )

    assert schema.violations(name, sent) == []


def test_a_schema_need_not_be_sent_twice(anonymous):
    for path in ("/schema/app", "/schema/types/code-source/stub"):
        answer = anonymous.get(path)
        again = anonymous.get(path, headers={"If-None-Match": answer.headers["ETag"]})

        assert "public" in answer.headers["Cache-Control"]
        assert (again.status_code, again.data) == (304, b"")


def test_every_type_has_its_schema_at_its_address(client, anonymous):
    types = client.get("/plugintypes").json
    found = [each["configSchema"] for array in types if array.endswith("Types")
             for each in types[array]]

    assert len(found) >= 10
    for each in found:
        answer = anonymous.get(each["id"])
        assert (answer.json, answer.content_type) == (each, "application/schema+json")
        assert all(reference.startswith("#") for reference in references(each))
