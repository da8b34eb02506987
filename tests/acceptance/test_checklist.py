"""What clients of all versions rely on (reference 5.2), asked for in plain HTTP."""

import json
from urllib.parse import urlsplit

import httpx
import pytest

from tests.acceptance.making import make_app, make_platform, make_plugin, start_build
from tests.acceptance.server import address_of

NOBODY = "00000000-0000-4000-8000-000000000000"
GARBAGE = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def app(http):
    return make_app(http, "Checklist")


@pytest.fixture(scope="module")
def platform(http, app):
    return make_platform(http, app)


@pytest.fixture(scope="module")
def build(http, platform):
    return http.finished(start_build(http, platform))


def several(links):
    """The links of a relation as a list, however many there are."""
    return links if isinstance(links, list) else [links]


def target_of(platform):
    """The only target of a platform, as a query."""
    (link,) = several(platform["_links"]["ec:app/target"])
    return urlsplit(link["href"]).query


@pytest.fixture(scope="module")
def things(http, app, platform, build):
    """One address of each kind of thing, and of each kind of list."""
    owner = f"{address_of(platform, 'ec:app/deployments')}&buildID={build['buildID']}"
    deployment = http.finished(http.make(f"{owner}&{target_of(platform)}"))
    singles = {
        "app": address_of(app),
        "platform": address_of(platform),
        "codesource": address_of(platform, "ec:app/codesource"),
        "datasource": address_of(platform, "ec:app/datasource"),
        "target": f"{http.base_url}target?{target_of(platform)}",
        "build": address_of(build),
        "deployment": address_of(deployment),
        "stats": f"{http.base_url}stats?appID={app['appID']}",
    }
    lists = {kind: address_of(http.read(url), "collection") for kind, url in singles.items()}
    return singles, lists


#: Kind: what can be done with one of it, and with its collection.
METHODS = {
    "app": ("GET PUT DELETE", "GET POST"),
    "platform": ("GET PUT DELETE", "GET POST"),
    "codesource": ("GET PUT DELETE", "GET POST"),
    "datasource": ("GET PUT DELETE", "GET POST"),
    "target": ("GET PUT DELETE", "GET POST"),
    "build": ("GET DELETE", "GET POST"),
    "deployment": ("GET", "GET POST"),
    "stats": ("GET", "GET"),
}


@pytest.mark.parametrize("kind", METHODS)
def test_methods_are_those_of_the_url_map(http, things, kind):
    for url, methods in zip((things[0][kind], things[1][kind]), METHODS[kind], strict=True):
        # without a token nothing is said of the state in which a thing is
        allowed = httpx.options(url).headers["Allow"].replace(",", "").split()
        assert set(allowed) == {*methods.split(), "HEAD", "OPTIONS"}, url


@pytest.mark.parametrize("kind", METHODS)
def test_other_methods_are_refused_with_those_that_there_are(http, things, kind):
    for url, methods in zip((things[0][kind], things[1][kind]), METHODS[kind], strict=True):
        for method in {"POST", "PUT", "PATCH"} - set(methods.split()):
            if (method, url) == ("PUT", things[1][kind]) and "PUT" in METHODS[kind][0]:
                continue  # PUT on a collection may name the resource in its body
            answer = http.request(method, url, json={})
            assert (answer.status_code, answer.json()["code"]) == (405, 3110), (method, url)
            assert answer.json()["detail"] == method
            assert "GET" in answer.headers["Allow"]


def test_bodies_of_get_and_delete_are_ignored(http, app):
    victim = address_of(make_plugin(http, app, "target", "zipDownload"))
    for method, status in [("GET", 200), ("HEAD", 200), ("DELETE", 204), ("GET", 404)]:
        answer = http.request(method, victim, content=b"{no json" * 2000, headers=GARBAGE)
        assert answer.status_code == status
        assert http.get("").status_code == 200


def test_an_empty_body_is_not_taken_for_json(http, things):
    headers = {"Content-Type": "application/hal+json", "Content-Length": "0"}
    assert http.get(things[0]["app"], headers=headers).status_code == 200


def test_the_root_has_all_that_the_client_looks_for(http, server):
    root = http.read("")
    links = root["_links"]

    assert links["self"]["href"] == server.root
    assert links["ec:app/by-id"]["profile"] == f"{server.root}schema/app"
    assert links["ec:apps/types"]["href"] == f"{server.root}plugintypes"
    for relation in ("ec:apps/options", "ec:app-stats"):
        assert links[relation]["templated"] is True
        assert {"_list", "page", "size", "sort"} <= variables(links[relation]["href"])
    assert "AppServer v" in root["msg"]


def variables(href):
    return set(href.partition("{")[2].strip("?&}").split(","))


@pytest.mark.parametrize("kind", METHODS)
def test_an_id_gives_the_thing_and_a_list_only_if_it_is_wished(http, things, kind):
    url = things[0][kind]
    place, _, own = url.rpartition("=")
    name = place.rpartition("?")[2]

    assert "count" not in http.read(url)
    assert http.read(f"{url}&_list=true")["count"] == 1
    assert "count" not in http.read(f"{url}&_list=false")
    twice = http.read(f"{url},{own}")
    assert (twice["count"], twice["total"]) == (1, 1)
    other = NOBODY if "-" in own else "2147483647"
    assert http.read(f"{url},{other}")["count"] == 1
    missing = http.get(f"{place}={other}")
    assert (missing.status_code, missing.json()["code"]) == (404, 3102)
    assert missing.json()["detail"] == name
    nothing = http.read(f"{place}={other}&_list=true")
    assert (nothing["count"], nothing["total"]) == (0, 0)
    assert "_embedded" not in nothing
    wrong = http.get(f"{place}=nonsense")
    assert (wrong.status_code, wrong.json()["code"]) == (400, 3212)
    assert wrong.json()["detail"] == name


def test_option_templates_carry_the_owner_and_keep_its_variable(http, app, platform):
    owners = {"appID": app, "platformID": platform}
    found = 0
    for owner, document in owners.items():
        for relation, link in document["_links"].items():
            if relation.endswith("/options"):
                assert f"?{owner}={document[owner]}{{&" in link["href"]
                assert {owner, "_list", "page", "size", "sort"} <= variables(link["href"])
                found += 1
    assert found == 8


def test_a_parameter_may_be_given_twice_with_one_value(http, app):
    mine = f"appID={app['appID']}"

    assert http.read(f"platform?{mine}&{mine}&_list=true")["count"] == 1
    answer = http.get(f"platform?{mine}&appID={NOBODY}")
    assert (answer.status_code, answer.json()["code"]) == (400, 3212)
    assert answer.json()["detail"] == "appID"
    created = http.post(f"target?{mine}&{mine}", json={"targetType": "zipDownload", "config": {}})
    assert created.status_code == 201


def test_the_owner_may_be_named_beside_the_item_and_has_to_be_right(http, app):
    target = make_plugin(http, app, "target", "zipDownload")
    item = f"target?appID={app['appID']}&targetID={target['targetID']}"
    foreign = f"target?appID={NOBODY}&targetID={target['targetID']}"

    assert http.read(item)["targetID"] == target["targetID"]
    assert http.put(item, json=target).status_code == 200
    for method in ("GET", "PUT", "DELETE"):
        body = target if method == "PUT" else None
        answer = http.request(method, foreign, json=body)
        assert (answer.status_code, answer.json()["code"]) == (404, 3102), method
    assert http.delete(item).status_code == 204


@pytest.mark.parametrize("kind", ["app", "platform", "codesource", "datasource", "target"])
def test_put_without_id_takes_it_from_the_body_and_delete_never_does(http, things, kind):
    document = http.read(things[0][kind])
    collection = things[1][kind]

    edited = http.put(collection, json=document)
    assert edited.status_code == 200
    assert edited.json() == document
    refused = http.request("DELETE", collection, json=document)
    assert (refused.status_code, refused.json()["code"]) == (400, 3202)
    assert http.get(things[0][kind]).status_code == 200


def test_writing_ignores_what_cannot_be_written(http, app):
    body = {
        "title": "Own", "hexColor": "#abcdef", "appID": NOBODY, "shortID": "00000000",
        "created": "1999-01-01T00:00:00.000Z", "_links": {"self": [{"href": "https://x.test/"}]},
    }
    made = http.make("", **body)

    assert NOBODY not in (made["appID"], address_of(made).rpartition("=")[2])
    assert made["shortID"] != "00000000"
    assert not made["created"].startswith("1999")
    edited = http.put(address_of(made), json={**made, **body, "title": "New"}).json()
    assert edited == {**made, "title": "New"}


def test_links_may_be_objects_or_arrays_with_all_their_members(http, app, platform):
    as_lists = {
        relation: [{"templated": False, **each} for each in several(links)]
        for relation, links in platform["_links"].items()
    }

    created = http.make(
        f"platform?appID={app['appID']}", **{**platform, "title": "Copy", "_links": as_lists}
    )
    assert created["_links"]["ec:app/codesource"] == platform["_links"]["ec:app/codesource"]
    edited = http.put(address_of(created), json={**created, "_links": as_lists})
    assert edited.json() == created
    assert http.delete(address_of(created)).status_code == 204


def test_configs_keep_what_they_are_given(http, app):
    config = {"_title": "Löwe ☃ 🦁", "data": {"none": None, "zero": 0, "empty": {}, "list": []}}
    made = make_plugin(http, app, "datasource", **config)

    assert http.read(address_of(made))["config"] == config


def test_links_of_a_platform_have_the_shape_that_clients_take_apart(http, platform, server):
    links = http.read(address_of(platform))["_links"]

    assert links["ec:app"]["href"].startswith(f"{server.root}?appID=")
    for relation, path, name in [
        ("ec:app/codesource", "codesource", "codeSourceID"),
        ("ec:app/datasource", "datasource", "dataSourceID"),
        ("ec:app/target", "target", "targetID"),
    ]:
        (link,) = several(links[relation])
        assert link["href"].startswith(f"{server.root}{path}?{name}=")


@pytest.mark.parametrize("kind", METHODS)
def test_nothing_that_succeeds_is_a_text(http, things, kind):
    for url in (things[0][kind], things[1][kind]):
        for method in ("GET", "HEAD", "OPTIONS"):
            answer = http.request(method, url)
            assert not answer.headers["Content-Type"].startswith("text/"), (method, url)


def test_schemas_are_public_and_stand_under_their_ids(http, server):
    for name in ("app", "app-template", "platform-template", "target", "error"):
        answer = http.get(f"schema/{name}", headers={"Authorization": ""})
        assert answer.status_code == 200
        assert answer.json()["id"] == f"{server.root}schema/{name}"
        assert "charset" not in answer.headers["Content-Type"]


@pytest.mark.parametrize(
    "headers, code",
    [
        ({}, 3400),
        ({"Authorization": "Basic eDp5"}, 3401),
        ({"Authorization": "Bearer nonsense"}, 3401),
        ({"Authorization": "nonsense"}, 3401),
    ],
)
def test_every_address_asks_for_a_token(http, things, headers, code):
    addresses = [*things[0].values(), *things[1].values(), "plugintypes", "files/builds/1.zip"]
    for url in addresses:
        for method in ("GET", "POST", "PUT", "DELETE"):
            request = http.build_request(method, url)
            request.headers.pop("Authorization")
            request.headers.update(headers)
            answer = http.send(request)
            if answer.status_code != 405:
                assert (answer.status_code, answer.json()["code"]) == (401, code), (method, url)


def test_a_token_that_is_over_is_told_from_one_that_never_was(http, expired_token):
    answer = http.get("", headers={"Authorization": f"Bearer {expired_token}"})

    assert (answer.status_code, answer.json()["code"]) == (401, 3402)
    assert "WWW-Authenticate" in answer.headers


def test_a_token_in_the_query_works_and_is_shown_nowhere(http, server, things):
    request = http.build_request("GET", f"{things[1]['target']}&size=1&_token={server.token}")
    del request.headers["Authorization"]
    answer = http.send(request)

    assert answer.status_code == 200
    assert "_token" not in answer.text
    assert server.token not in answer.text
    request = http.build_request("GET", f"?sort=x&_token={server.token}")
    del request.headers["Authorization"]
    problem = http.send(request)
    assert problem.status_code == 400
    assert server.token not in problem.text
    assert server.token not in server.said().partition("Admin token:")[2].partition("\n")[2]


def test_pages_keep_all_other_parameters(http, app, server):
    for number in range(5):
        make_plugin(http, app, "codesource", _title=f"{number}")
    order = "codeSourceType=stub&sort=-codeSourceID&size=2&_list=true"
    mine = f"codesource?appID={app['appID']}&{order}"

    first = http.read(mine)
    assert {"first", "prev"}.isdisjoint(first["_links"])
    second = http.read(address_of(first, "next"))
    assert "page=2" in address_of(second)
    assert address_of(second, "first") == address_of(second, "prev")
    assert "page=" not in address_of(second, "first")
    assert http.read(address_of(second, "first")) == {**first, "_links": {
        **first["_links"], "self": {**first["_links"]["self"], "href": address_of(second, "first")}
    }}
    seen, page = [], first
    while True:
        seen += [each["codeSourceID"] for each in page["_embedded"]["ec:app/codesource"]]
        if "next" not in page["_links"]:
            break
        page = http.read(address_of(page, "next"))
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == first["total"] >= 6
    everything = http.read(mine.replace("size=2", "size=0"))
    assert everything["count"] == everything["total"] == first["total"]
    assert {"first", "prev", "next"}.isdisjoint(everything["_links"])


def test_a_plus_that_was_not_encoded_is_still_ascending(http, app):
    def listed(sort):
        document = http.read(f"target?appID={app['appID']}&size=0&sort={sort}")
        return [each["targetID"] for each in document["_embedded"]["ec:app/target"]]

    assert listed("+targetID") == listed("-targetID")[::-1] == sorted(listed("targetID"))


def test_runs_say_that_they_run_and_need_no_body(http, platform):
    owner = address_of(platform, "ec:app/builds")
    for content in (b"", b"{}", b'{"comment": null}'):
        answer = http.post(owner, content=content, headers=GARBAGE)
        run = answer.json()
        assert (answer.status_code, run["successful"]) == (201, "running")
        assert (run["finished"], run["buildLocation"]) == (None, None)
        http.finished(run)
    for content in (b'{"comment": 5}', b"[]", b"{"):
        answer = http.post(owner, content=content, headers=GARBAGE)
        assert (answer.status_code, answer.json()["code"]) == (400, 3211)
    for query, status, code in [("", 400, 3202), (f"?platformID={NOBODY}", 404, 3102)]:
        answer = http.post(f"platform/build{query}")
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.json()["detail"] == "platformID"


def test_newer_clients_send_a_deployment_more_than_older_ones(http, platform, build):
    query = target_of(platform)
    owner = f"{address_of(platform, 'ec:app/deployments')}&buildID={build['buildID']}"
    outside = {"channel": ["beta", None]}

    made = http.make(f"{owner}&{query}&{query}", comment="x", outsideConfig=outside)

    assert (made["comment"], made["outsideConfig"]) == ("x", outside)
    done = http.finished(made)
    assert done["successful"] == "success"
    assert done["outsideConfig"] == outside


@pytest.mark.parametrize("left_out", ["platformID", "buildID", "targetID"])
def test_a_deployment_without_one_of_its_parts_is_a_problem(http, platform, build, left_out):
    given = {
        "platformID": platform["platformID"],
        "buildID": build["buildID"],
        "targetID": target_of(platform).removeprefix("targetID="),
    }
    missing = {name: value for name, value in given.items() if name != left_out}
    other = 2147483647 if left_out == "buildID" else NOBODY

    answer = http.post("platform/deployment", params=missing)
    assert (answer.status_code, answer.json()["code"]) == (400, 3202)
    assert answer.json()["detail"] == left_out
    answer = http.post("platform/deployment", params={**given, left_out: other})
    assert (answer.status_code, answer.json()["code"]) == (404, 3102)
    assert answer.json()["detail"] == left_out


def test_lists_of_deployments_can_be_asked_for_by_every_owner(http, platform, build, things):
    by_target = http.read(address_of(http.read(things[0]["target"]), "ec:app/deployments"))
    by_build = http.read(f"platform/deployment?buildID={build['buildID']}")
    by_platform = http.read(address_of(platform, "ec:app/deployments"))

    assert by_target["total"] == by_build["total"] == by_platform["total"] >= 1
    for document in (by_target, by_build, by_platform):
        options = document["_links"]["ec:app/deployments/options"]["href"].partition("{")[0]
        assert http.read(options)["total"] == document["total"]
    answer = http.get("platform/deployment")
    assert (answer.status_code, answer.json()["detail"]) == (400, "platformID")


@pytest.mark.parametrize(
    "body, status, code, detail",
    [
        ({}, 400, 3201, "title"),
        ({"title": "x"}, 400, 3201, "hexColor"),
        ({"title": "x", "hexColor": "red"}, 400, 3211, "hexColor"),
        ({"title": 5, "hexColor": "#000000"}, 400, 3211, "title"),
    ],
)
def test_bodies_that_do_not_fit_are_told_with_the_property(http, body, status, code, detail):
    answer = http.post("", json=body)

    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["detail"]) == (status, code, detail)
    further = problem.get("_embedded", {}).get("error", [])
    assert all({"code", "title", "type"} <= each.keys() for each in further)


def test_problems_bear_the_address_that_they_came_from(http, things):
    url = f"{things[1]['target']}&sort=nonsense&title=L%C3%B6we%20%26%20Co"
    answer = http.get(url)

    assert answer.status_code == 400
    own = address_of(answer.json())
    again = http.get(own)
    assert again.json()["code"] == answer.json()["code"]
    assert address_of(again.json()) == own
    assert json.loads(answer.text)["requestID"] == answer.headers["X-Request-ID"]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_what_has_changed_meanwhile_is_a_problem(http, app, method):
    url = address_of(make_plugin(http, app, "target", "zipDownload"))
    known = http.get(url)
    changed = {**known.json(), "config": {"filename": "changed"}}
    assert http.put(url, json=changed, headers={"If-Match": known.headers["ETag"]}).is_success

    body = changed if method == "PUT" else None
    answer = http.request(method, url, json=body, headers={"If-Match": known.headers["ETag"]})

    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (answer.status_code, answer.json()["code"]) == (412, 3112)
    assert http.delete(url, headers={"If-Match": http.get(url).headers["ETag"]}).is_success


def test_no_answer_is_compressed_or_conditional_by_itself(http, things):
    request = http.build_request("GET", things[0]["app"])
    del request.headers["Accept-Encoding"]
    answer = http.send(request)

    assert answer.status_code == 200
    assert "Content-Encoding" not in answer.headers


def test_any_accept_header_gives_hal(http, things):
    for accept in ("application/hal+json", "text/html", "application/xml;q=1", "image/*"):
        answer = http.get(things[0]["app"], headers={"Accept": accept})
        assert answer.headers["Content-Type"] == "application/hal+json"
