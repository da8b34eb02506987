"""Code sources, data sources and targets: three kinds, one set of rules (reference 3.6)."""

import pytest

from tests.api.conftest import TYPES, link

IDS = {"codesource": "codeSourceID", "datasource": "dataSourceID", "target": "targetID"}
VARIABLES = {
    "codesource": "appID,codeSourceID,codeSourceType,codeSourceType~,page,size,_list,sort",
    "datasource": "appID,dataSourceID,dataSourceType,dataSourceType~,page,size,_list,sort",
    "target": "appID,page,size,_list,sort,targetID,targetType,targetType~",
}

#: Configs that the type `narrow` accepts.
CONFIGS = [
    {"depth": 1, "b": {"a": [None, {"c": None}]}, "a": 1.5, "ü": "🎂"},
    {"depth": 1, "_title": None},
    {"depth": 1, "_title": {"de": "Bäckerei"}},
    {"depth": 2**53, "text": "\u2028</script>'\"%s"},
]
#: What it does not accept; the code and the detail of the problem.
WRONG = [
    ({"config": {}}, 3201, "config/depth"),
    ({"config": {"depth": "1"}}, 3211, "config/depth"),
    ({"config": {"depth": 1, "inner": {"list": ["a", 7]}}}, 3211, "config/inner/list/1"),
    ({"config": None}, 3211, "config"),
    ({"config": []}, 3211, "config"),
    ({"config": {"depth": 1, "_context": 7}}, 3211, "config/_context"),
    ({"type": "wide"}, 3311, "type"),
    ({"type": "x" * 10_000}, 3311, "type"),
    ({"type": None}, 3211, "type"),
    ({"type": ""}, 3211, "type"),
]


@pytest.fixture(params=IDS)
def kind(request, narrow):
    """Each kind in turn; of each there is a type `narrow`."""
    return request.param


@pytest.fixture
def plugin(kind, make_plugin):
    """A plugin of the kind."""
    return make_plugin(kind, "narrow", depth=1, _title="Bäckerei", other=None)


@pytest.fixture
def platform(kind, plugin, make_platform):
    """A platform that uses it."""
    return make_platform(**{"targets": [plugin]} if kind == "target" else {kind: plugin})


def test_it_has_its_properties_and_its_links(client, app, kind, plugin):
    root, own_id = "http://localhost/", plugin[IDS[kind]]

    def profiled(path, profile):
        return {"href": root + path, "profile": f"{root}schema/{profile}"}

    links = {
        "curies": plugin["_links"]["curies"],
        "self": profiled(f"{kind}?{IDS[kind]}={own_id}", kind),
        "collection": profiled(f"{kind}?appID={app['appID']}", f"{kind}s"),
        "ec:app": profiled(f"?appID={app['appID']}", "app"),
    }
    if kind == "target":
        runs = f"platform/deployment?targetID={own_id}"
        links["ec:app/deployments"] = profiled(runs, "deployments")
    assert plugin == {
        IDS[kind]: own_id,
        TYPES[kind]: "narrow",
        "config": {"depth": 1, "_title": "Bäckerei", "other": None},
        "_links": links,
    }
    assert client.get(plugin["_links"]["self"]["href"]).json == plugin


def test_it_leads_to_the_platforms_that_use_it(client, plugin, platform):
    links = client.get(plugin["_links"]["self"]["href"]).json["_links"]

    assert links["ec:app/platform"] == [
        {**platform["_links"]["self"], "title": "Shop"}
    ]


def test_a_list_leads_to_its_owner_and_to_its_items(client, app, kind, make_plugin):
    made = [make_plugin(kind, "narrow", depth=number)[IDS[kind]] for number in range(3)]

    listed = client.get(f"/{kind}?appID={app['appID']}&_list=true").json

    found = [each[IDS[kind]] for each in listed["_embedded"][f"ec:app/{kind}"]]
    assert sorted(found) == sorted(made)
    assert listed["_links"].keys() == {
        "curies", "self", "ec:apps", f"ec:app/{kind}/by-id", f"ec:app/{kind}s/options"
    }
    assert listed["_links"][f"ec:app/{kind}s/options"]["href"] == (
        f"http://localhost/{kind}?appID={app['appID']}{{&{VARIABLES[kind]}}}"
    )


def test_a_config_comes_back_as_it_was(client, kind, make_plugin):
    for given in CONFIGS:
        plugin = make_plugin(kind, "narrow", **given)

        edited = client.put(plugin["_links"]["self"]["href"], json=plugin)

        for document in (plugin, edited.json, client.get(plugin["_links"]["self"]["href"]).json):
            assert document["config"] == given


def test_the_keys_of_a_config_stay_in_their_order(client, kind, plugin):
    body = '{"%s": "narrow", "config": {"z": 1, "depth": 2, "a": 3}}' % TYPES[kind]

    edited = client.put(plugin["_links"]["self"]["href"], data=body)

    assert list(edited.json["config"]) == ["z", "depth", "a"]
    assert client.get(plugin["_links"]["self"]["href"]).data == edited.data


def test_what_is_read_only_is_stripped_from_a_config(client, kind, make_plugin):
    plugin = make_plugin(kind, "narrow", depth=1, _context={"appTitle": "x"})

    body = {**plugin, "config": {"depth": 2, "_context": {"appTitle": "y"}}}
    edited = client.put(plugin["_links"]["self"]["href"], json=body)

    assert plugin["config"] == {"depth": 1}
    assert edited.json["config"] == {"depth": 2}


def test_what_makes_none_is_refused_in_both_ways(client, app, kind, plugin):
    for values, code, detail in WRONG:
        body = {"config": {"depth": 1}, "type": "narrow", **values}
        body[TYPES[kind]] = body.pop("type")

        created = client.post(f"/{kind}?appID={app['appID']}", json=body)
        edited = client.put(plugin["_links"]["self"]["href"], json=body)

        for answer in (created, edited):
            assert (answer.status_code, answer.json["code"]) == (400, code), values
            assert answer.json["detail"] == (TYPES[kind] if detail == "type" else detail)
            assert len(answer.data) < 2000
    assert client.get(plugin["_links"]["self"]["href"]).json == plugin


def test_a_missing_property_is_named(client, app, kind):
    answer = client.post(f"/{kind}?appID={app['appID']}", json={})

    assert (answer.json["code"], answer.json["detail"]) == (3201, TYPES[kind])
    assert [each["detail"] for each in answer.json["_embedded"]["error"]] == ["config"]


def test_it_can_become_another_type(client, kind, plugin):
    other = "folder" if kind == "target" else "stub"
    config = {"path": "shop"} if kind == "target" else {}

    edited = client.put(
        plugin["_links"]["self"]["href"], json={**plugin, TYPES[kind]: other, "config": config}
    )

    assert (edited.status_code, edited.json[TYPES[kind]]) == (200, other)


def test_it_stays_as_long_as_a_platform_uses_it(client, plugin, platform):
    href = plugin["_links"]["self"]["href"]

    used = client.get(href)
    refused = client.delete(href)
    client.delete(platform["_links"]["self"]["href"])
    free = client.get(href)

    assert used.headers["Allow"] == "GET, HEAD, PUT, OPTIONS"
    assert (refused.status_code, refused.json["code"]) == (403, 3370)
    assert refused.json["title"] == "Cannot delete Resource. Is used."
    assert free.headers["Allow"] == "GET, HEAD, PUT, DELETE, OPTIONS"
    assert client.delete(href).status_code == 204


def test_one_that_was_replaced_is_free(client, kind, plugin, platform, make_plugin):
    other = link(make_plugin(kind, "narrow", depth=2))

    client.put(
        platform["_links"]["self"]["href"], json={**platform, "_links": {f"ec:app/{kind}": other}}
    )

    assert client.delete(plugin["_links"]["self"]["href"]).status_code == 204


def test_a_target_of_several_platforms_leads_to_all(client, make_plugin, make_platform):
    target = make_plugin("target", "zipDownload")
    for title in ("b", "a", "c"):
        make_platform(title, targets=[make_plugin("target", "zipDownload"), target])

    links = client.get(target["_links"]["self"]["href"]).json["_links"]

    assert [each["title"] for each in links["ec:app/platform"]] == ["a", "b", "c"]


@pytest.mark.parametrize(
    "kind, type", [("codesource", "zipFile"), ("datasource", "ownDataManager")]
)
def test_a_url_with_a_password_is_refused_before_it_is_stored(client, app, kind, type):
    name = {"codesource": "codeSourceType", "datasource": "dataSourceType"}[kind]
    config = {"url": "https://ada:s3cret@example.com/a.zip"}

    answer = client.post(f"/{kind}?appID={app['appID']}", json={name: type, "config": config})

    assert (answer.status_code, answer.json["code"]) == (400, 3311)
    assert "must not contain a user or a password" in answer.json["verbose"]
    assert "s3cret" not in answer.text
