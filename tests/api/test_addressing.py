"""Which thing a request is about: the same rules for all resources (reference 2.3, 3.1, 5.2)."""

import pytest

NOBODY = "00000000-0000-4000-8000-000000000000"
IDS = {
    "": "appID",
    "platform": "platformID",
    "codesource": "codeSourceID",
    "datasource": "dataSourceID",
    "target": "targetID",
    "platform/build": "buildID",
    "platform/deployment": "deploymentID",
    "stats": "appID",
}
OWNED = ["platform", "codesource", "datasource", "target"]
EDITABLE = ["", *OWNED]
DELETABLE = [*EDITABLE, "platform/build"]


@pytest.fixture
def things(client, app, make_platform, build):
    """One of everything, by its path."""
    platform = make_platform()
    links = platform["_links"]
    built = build(platform)
    target_id = client.get(links["ec:app/target"]["href"]).json["targetID"]
    deployment = client.post(
        f"/platform/deployment?platformID={platform['platformID']}&buildID={built['buildID']}"
        f"&targetID={target_id}"
    ).json
    found = {
        "": app,
        "platform": platform,
        "platform/build": built,
        "platform/deployment": deployment,
        "stats": client.get(f"/stats?appID={app['appID']}").json,
    }
    for kind in OWNED[1:]:
        found[kind] = client.get(links[f"ec:app/{kind}"]["href"]).json
    return found


@pytest.fixture
def foreign(make):
    """Another app."""
    return make("/", title="Other", hexColor="#000000")


def test_a_lone_id_is_the_thing_itself_and_with_list_a_list(client, things):
    for path, own in IDS.items():
        thing = things[path]
        own_id = thing[own]

        single = client.get(f"/{path}?{own}={own_id}")
        listed = client.get(f"/{path}?{own}={own_id}&_list=true")
        doubled = client.get(f"/{path}?{own}={own_id}%2C{own_id}")

        assert single.json[own] == own_id, path
        for answer in (listed, doubled):
            assert (answer.json["count"], answer.json["total"]) == (1, 1), path
            [[item]] = answer.json["_embedded"].values()
            alone = {**single.json, "_links": {**single.json["_links"]}}
            del alone["_links"]["curies"]
            assert item == alone


def test_an_id_that_belongs_to_nothing_is_not_found_or_selects_nothing(client, things):
    for path, own in IDS.items():
        nobody = 2147483647 if own in ("buildID", "deploymentID") else NOBODY

        single = client.get(f"/{path}?{own}={nobody}")
        listed = client.get(f"/{path}?{own}={nobody}&_list=true")

        found = (single.status_code, single.json["code"], single.json["detail"])
        assert found == (404, 3102, own), path
        assert (listed.status_code, listed.json["count"], listed.json["total"]) == (200, 0, 0)
        assert "_embedded" not in listed.json


def test_a_malformed_id_is_refused(client, things):
    for path, own in IDS.items():
        needed = "&platformID=" + things["platform"]["platformID"] if "/" in path else ""
        for text in ("nonsense", "", "0x7", "%00", "-1", "1.5", "7 8", "9" * 400):
            answer = client.get(f"/{path}?{own}={text}{needed}")
            found = (answer.status_code, answer.json["code"], answer.json["detail"])
            assert found == (400, 3212, own), (path, text)


def test_more_parameters_are_more_conditions(client, things, app, foreign):
    for path, own in IDS.items():
        if path in ("", "stats"):
            continue
        item = f"/{path}?{own}={things[path][own]}"
        mine, others = f"&appID={app['appID']}", f"&appID={foreign['appID']}"
        if "/" in path:
            mine = f"&platformID={things['platform']['platformID']}"
            others = f"&platformID={NOBODY}"

        assert client.get(item + mine).json[own] == things[path][own], path
        assert client.get(item + others).json["code"] == 3102, path
        if path in DELETABLE:
            assert client.delete(item + others).json["code"] == 3102, path
        if path in EDITABLE:
            assert client.put(item + others, json=things[path]).json["code"] == 3102, path
            edited = client.put(item + mine, json=things[path])
            assert edited.status_code == 200


def test_put_without_an_id_in_its_query_finds_it_in_its_body(client, things, app, foreign):
    for path in EDITABLE:
        own, thing = IDS[path], things[path]
        owner = f"?appID={app['appID']}" if path else ""

        for query in {"", owner}:
            edited = client.put(f"/{path}{query}", json=thing)
            assert edited.status_code == 200
            assert edited.json[own] == thing[own]
        if path:
            others = client.put(f"/{path}?appID={foreign['appID']}", json=thing)
            assert (others.status_code, others.json["code"]) == (404, 3101)
            assert others.json["detail"] == own


def test_put_needs_an_id_that_belongs_to_something(client, things):
    for path in EDITABLE:
        for own_id, status, code in [
            (NOBODY, 404, 3101), ("nonsense", 400, 3211), ("", 400, 3211), (7, 400, 3202),
            (None, 400, 3202),
        ]:
            answer = client.put(f"/{path}", json={**things[path], IDS[path]: own_id})
            assert (answer.status_code, answer.json["code"]) == (status, code), (path, own_id)
            assert answer.json["detail"] == IDS[path]


def test_delete_without_an_id_deletes_nothing(client, things, app):
    for path in DELETABLE:
        own = IDS[path]
        owner = f"?appID={app['appID']}" if path in OWNED else ""

        for query in {"", owner, f"?{own}="}:
            answer = client.delete(f"/{path}{query}", json=things[path])
            assert (answer.status_code, answer.json["code"]) == (400, 3202), path
            assert answer.json["detail"] == own
        assert client.get(things[path]["_links"]["self"]["href"]).status_code == 200


def test_one_thing_can_be_deleted_at_a_time(client, things):
    for path in DELETABLE:
        own = IDS[path]

        answer = client.delete(f"/{path}?{own}={things[path][own]},{things[path][own]}")

        found = (answer.status_code, answer.json["code"], answer.json["detail"])
        assert found == (400, 3212, own), path


def test_a_post_to_an_item_is_not_allowed(client, things):
    for path, own in IDS.items():
        answer = client.post(f"/{path}?{own}={things[path][own]}", json=things[path])

        found = (answer.status_code, answer.json["code"], answer.json["detail"])
        assert found == (405, 3110, "POST"), path
        assert "POST" not in answer.headers["Allow"]


def test_what_is_created_needs_an_owner(client, things):
    for path in [*OWNED, "platform/build"]:
        owner = "platformID" if path == "platform/build" else "appID"
        for query, status, code in [
            ("", 400, 3202),
            (f"?{owner}=", 400, 3202),
            (f"?{owner}=nonsense", 400, 3212),
            (f"?{owner}={NOBODY}", 404, 3102),
            (f"?{owner}={NOBODY}&{owner}={NOBODY}", 404, 3102),
            (f"?{owner}={NOBODY}&{owner}=other", 400, 3212),
        ]:
            answer = client.post(f"/{path}{query}", json=things[path])
            assert (answer.status_code, answer.json["code"]) == (status, code), (path, query)
            assert answer.json["detail"] == owner


def test_the_body_of_a_get_is_ignored(client, things):
    for path in IDS:
        href = things[path]["_links"]["self"]["href"]
        alone = client.get(href)

        for body in (b"{", b"[]", b'{"title": 1}', b"x" * 100_000):
            answer = client.get(href, data=body, content_type="application/json")
            assert (answer.status_code, answer.data) == (200, alone.data), path


def test_the_body_of_a_delete_is_ignored(client, things):
    del things["platform/deployment"], things["stats"]
    for path in ("platform/build", *OWNED, ""):
        answer = client.delete(
            things[path]["_links"]["self"]["href"],
            data=b"{" * 50_000,
            content_type="application/json",
        )
        assert answer.status_code == (200 if path == "platform/build" else 204), path
