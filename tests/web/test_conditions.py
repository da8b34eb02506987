"""The same bytes for the same thing, and requests with conditions (RFC 9110, section 13)."""

import pytest

from ec_builds.hal import relations
from ec_builds.store.build import Build

NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def addresses(client, make_platform, build, deploy):
    """Addresses of one of everything, and of lists."""
    actions = {relation for those in relations.ACTIONS.values() for relation in those.values()}
    platform = make_platform()
    built = build(platform)
    deployment = deploy(platform, built)
    links = [
        each["href"]
        for document in (platform, built, deployment)
        for relation, those in document["_links"].items()
        if relation not in {*actions, relations.BUILD_STREAM}
        for each in (those if isinstance(those, list) else [those])
        if not each.get("templated")
    ]
    return sorted({*links, "/", "/plugintypes", "/stats", f"{links[0]}&_list=true"})


def test_a_document_is_the_same_bytes_twice_and_need_not_be_sent_again(client, addresses):
    for address in addresses:
        first, second = client.get(address), client.get(address)
        head = client.head(address)
        tag = first.headers["ETag"]

        assert first.data == second.data, address
        assert (second.headers["ETag"], head.headers["ETag"]) == (tag, tag)
        assert first.headers["Cache-Control"] == "private, no-cache"
        assert (head.status_code, head.data) == (200, b"")
        assert head.headers["Content-Length"] == str(len(first.data))
        for known in (tag, f'"x", {tag}', f"W/{tag}", "*"):
            answer = client.get(address, headers={"If-None-Match": known})
            assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", tag)
        for other in ('"x"', "x", ""):
            assert client.get(address, headers={"If-None-Match": other}).status_code == 200


def test_a_change_changes_the_tag(client, app):
    href = app["_links"]["self"]["href"]
    before = client.get(href).headers["ETag"]

    edited = client.put(href, json={**app, "title": "New"})

    assert edited.headers["ETag"] != before
    assert client.get(href).headers["ETag"] == edited.headers["ETag"]
    assert client.get(href, headers={"If-None-Match": before}).status_code == 200


def test_what_is_created_comes_with_its_tag_and_its_place(client):
    created = client.post("/", json={"title": "Bakery", "hexColor": "#d97706"})

    place = created.headers["Location"]
    assert place == created.json["_links"]["self"]["href"]
    assert client.get(place).headers["ETag"] == created.headers["ETag"]


def test_a_change_can_be_made_on_condition_that_nobody_else_made_one(client, app):
    href = app["_links"]["self"]["href"]
    tag = client.get(href).headers["ETag"]
    body = {**app, "title": "mine"}

    first = client.put(href, json=body, headers={"If-Match": tag})
    second = client.put(href, json={**app, "title": "theirs"}, headers={"If-Match": tag})
    deletion = client.delete(href, headers={"If-Match": tag})

    assert (first.status_code, first.json["title"]) == (200, "mine")
    for answer in (second, deletion):
        assert (answer.status_code, answer.json["code"]) == (412, 3112)
        assert answer.json["title"] == "Somebody else changed the resource"
    assert client.get(href).json["title"] == "mine"
    newest = f'"x", {first.headers["ETag"]}'
    assert client.delete(href, headers={"If-Match": newest}).status_code == 204


@pytest.mark.parametrize("condition", ["*", ""])
def test_some_conditions_always_hold(client, app, condition):
    href = app["_links"]["self"]["href"]

    assert client.put(href, json=app, headers={"If-Match": condition}).status_code == 200
    assert client.delete(href, headers={"If-Match": condition}).status_code == 204


@pytest.mark.parametrize("condition", ['"x"', 'W/"x"', "nonsense"])
def test_some_conditions_never_hold(client, app, condition):
    href = app["_links"]["self"]["href"]

    assert client.put(href, json=app, headers={"If-Match": condition}).status_code == 412
    assert client.delete(href, headers={"If-Match": condition}).status_code == 412


def test_every_kind_can_be_changed_on_condition(client, make_platform, build):
    platform = make_platform()
    built = build(platform)
    links = platform["_links"]
    items = [links["ec:app"], links["ec:app/codesource"], links["ec:app/target"], links["self"]]

    for item in items:
        href = item["href"]
        document = client.get(href)
        kept = client.put(href, json=document.json, headers={"If-Match": document.headers["ETag"]})
        refused = client.put(href, json=document.json, headers={"If-Match": '"x"'})
        assert (kept.status_code, refused.status_code) == (200, 412)

    href = built["_links"]["self"]["href"]
    tag = client.get(href).headers["ETag"]
    Build.record(built["buildID"], "News")
    assert client.delete(href, headers={"If-Match": tag}).json["code"] == 3112
    tag = client.get(href).headers["ETag"]
    assert client.delete(href, headers={"If-Match": tag}).status_code == 200


def test_a_condition_does_not_make_things_appear(client, app):
    answer = client.put(f"/?appID={NOBODY}", json=app, headers={"If-Match": "*"})

    assert (answer.status_code, answer.json["code"]) == (404, 3102)


def test_head_is_get_without_a_body(client, app):
    for address, status in [
        ("/?size=0", 200), ("/nowhere", 404), (f"/?appID={NOBODY}", 404), ("/?size=x", 400),
        ("/healthz", 200), ("/schema/app", 200), ("/schema/nothing", 404),
    ]:
        head, get = client.head(address), client.get(address)
        assert (head.status_code, head.data, get.status_code) == (status, b"", status), address
        assert head.content_type == get.content_type
