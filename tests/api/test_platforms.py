"""Platforms, which join plugins (reference 3.5)."""

import pytest

from tests.api.conftest import link

NOBODY = "00000000-0000-4000-8000-000000000000"
PARTS = ["codesource", "datasource", "target"]
#: What makes no platform; the code and the detail of the problem.
WRONG = [
    ({"platformType": "ionic"}, 3311, "platformType"),
    ({"platformType": ""}, 3211, "platformType"),
    ({"platformType": None}, 3211, "platformType"),
    ({"title": ""}, 3211, "title"),
    ({"config": None}, 3211, "config"),
    ({"config": []}, 3211, "config"),
    ({"config": {"directory": 1}}, 3211, "config/directory"),
    ({"config": {"directory": "../up"}}, 3211, "config/directory"),
    ({"platformType": "website", "config": {"buildDir": "x"}}, 3201, "config/commands"),
    (
        {"platformType": "website", "config": {"commands": ["true", 7], "buildDir": "x"}},
        3211,
        "config/commands",
    ),
    (
        {
            "platformType": "website",
            "config": {
                "commands": "true",
                "buildDir": "x",
                "environment": {"A": "b"},
                "secrets": {"A": "bcde"},
            },
        },
        3311,
        "config",
    ),
    (
        {
            "platformType": "website",
            "config": {"commands": "true", "buildDir": "x", "secrets": {"A": " b  "}},
        },
        3311,
        "config",
    ),
]


@pytest.fixture
def parts(make_plugin):
    """A code source, a data source and two targets."""
    return {
        "ec:app/codesource": link(make_plugin("codesource")),
        "ec:app/datasource": link(make_plugin("datasource")),
        "ec:app/target": [link(make_plugin("target", "zipDownload")) for _ in range(2)],
    }


@pytest.fixture
def post(client, app):
    """Tries to create a platform."""

    def post(links, **values):
        body = {"title": "Shop", "platformType": "staticWebsite", "config": {}, **values}
        return client.post(f"/platform?appID={app['appID']}", json={**body, "_links": links})

    return post


def saved(document):
    """A document as the official client sends it back: every relation is an array."""
    links = document["_links"].items()
    arrays = {
        rel: [{"templated": False, **each} for each in (those if type(those) is list else [those])]
        for rel, those in links
    }
    return {**document, "_links": arrays}


def test_a_platform_has_its_properties_and_its_links(client, app, parts, post):
    root = "http://localhost/"
    platform = post(parts, config={"directory": "public", "hexColor": "#000000"}).json
    platform_id, app_id = platform["platformID"], app["appID"]

    def profiled(path, profile):
        return {"href": root + path, "profile": f"{root}schema/{profile}"}

    builds = f"platform/build?platformID={platform_id}"
    deployments = f"platform/deployment?platformID={platform_id}"
    targets = [
        {**each, "profile": f"{root}schema/target"} for each in parts["ec:app/target"]
    ]
    assert platform == {
        "platformID": platform_id,
        "title": "Shop",
        "platformType": "staticWebsite",
        "config": {"directory": "public", "hexColor": "#000000"},
        "_links": {
            "curies": platform["_links"]["curies"],
            "self": profiled(f"platform?platformID={platform_id}", "platform"),
            "collection": profiled(f"platform?appID={app_id}", "platforms"),
            "ec:app": profiled(f"?appID={app_id}", "app"),
            "ec:app/codesource": {
                **parts["ec:app/codesource"], "profile": f"{root}schema/codesource"
            },
            "ec:app/datasource": {
                **parts["ec:app/datasource"], "profile": f"{root}schema/datasource"
            },
            "ec:app/target": targets,
            "ec:app/builds": profiled(builds, "builds"),
            "ec:app/builds/options": {
                "href": f"{root}{builds}{{&buildID,page,platformID,size,_list,sort}}",
                "templated": True,
            },
            "ec:app/deployments": profiled(deployments, "deployments"),
            "ec:app/deployments/options": {
                "href": f"{root}{deployments}"
                "{&buildID,deploymentID,page,platformID,size,_list,sort,targetID}",
                "templated": True,
            },
        },
    }
    assert client.get(platform["_links"]["self"]["href"]).json == platform


def test_a_list_of_platforms_leads_to_its_owner_and_to_its_items(client, app, make_platform):
    make_platform("b"), make_platform("A"), make_platform("c")

    listed = client.get(f"/platform?appID={app['appID']}&_list=true").json
    everything = client.get("/platform").json

    assert [each["title"] for each in listed["_embedded"]["ec:app/platform"]] == ["A", "b", "c"]
    assert listed["_links"].keys() == {
        "curies", "self", "ec:apps", "ec:app/platform/by-id", "ec:app/platforms/options"
    }
    own = listed["_links"]["ec:app/platforms/options"]["href"]
    assert own.startswith(f"http://localhost/platform?appID={app['appID']}{{&appID,")
    of_all = everything["_links"]["ec:app/platforms/options"]["href"]
    assert of_all.startswith("http://localhost/platform{?appID,")
    assert everything["total"] == 3


@pytest.mark.parametrize("wrap", [lambda links: links, lambda links: [links]], ids=["one", "many"])
def test_a_relation_may_hold_a_link_or_links(parts, post, wrap):
    links = {rel: wrap(those) if "target" not in rel else those for rel, those in parts.items()}

    created = post({**links, "ec:app/target": wrap(parts["ec:app/target"][0])})

    assert created.status_code == 201
    assert created.json["_links"]["ec:app/target"]["href"] == parts["ec:app/target"][0]["href"]


def test_only_the_id_in_an_href_counts(parts, post):
    def elsewhere(link):
        path, _, query = link["href"].partition("?")
        return {"href": f"https://elsewhere.example/any/path?x=1&{query}&y", "profile": 7}

    links = {"self": {"href": "/"}, "ec:app": None, "x": 1}
    for rel, those in parts.items():
        links[rel] = [elsewhere(each) for each in those] if "target" in rel else elsewhere(those)

    created = post(links)

    assert created.status_code == 201
    assert [each["href"] for each in created.json["_links"]["ec:app/target"]] == [
        each["href"] for each in parts["ec:app/target"]
    ]


def test_the_same_link_twice_is_one(parts, post):
    links = {rel: [those, those] for rel, those in parts.items() if "target" not in rel}
    targets = parts["ec:app/target"]

    created = post({**links, "ec:app/target": [targets[1], *targets, *targets]})

    assert created.status_code == 201
    assert [each["href"] for each in created.json["_links"]["ec:app/target"]] == [
        targets[1]["href"], targets[0]["href"]
    ]


def test_a_platform_needs_all_its_parts(parts, post):
    for relation in parts:
        for links in (
            {rel: those for rel, those in parts.items() if rel != relation},
            {**parts, relation: []},
        ):
            answer = post(links)
            assert (answer.status_code, answer.json["code"]) == (400, 3204)
            assert answer.json["detail"] == relation

    nothing = post({}).json
    assert (nothing["code"], nothing["detail"]) == (3204, "ec:app/codesource")
    assert [each["detail"] for each in nothing["_embedded"]["error"]] == [
        "ec:app/datasource", "ec:app/target"
    ]


def test_links_that_are_none_are_refused(post):
    for links in (None, [], "x", 1):
        answer = post(links)
        assert (answer.status_code, answer.json["code"]) == (400, 3211)
        assert answer.json["detail"] == "_links"


def test_a_link_has_to_lead_to_a_part_of_the_same_app(make, make_plugin, parts, post):
    other = make("/", title="Other", hexColor="#000000")
    names = {"codesource": "codeSourceID", "datasource": "dataSourceID", "target": "targetID"}
    for kind, name in names.items():
        relation = f"ec:app/{kind}"
        elsewhere = make_plugin(kind, "zipDownload" if kind == "target" else "stub", of=other)
        for wrong in (
            {"href": f"http://localhost/{kind}?{name}={NOBODY}"},
            {"href": f"http://localhost/{kind}?{name}=nonsense"},
            {"href": f"http://localhost/{kind}?{name}="},
            {"href": f"http://localhost/{kind}?id={NOBODY}"},
            {"href": f"http://localhost/{kind}"},
            {"href": "http://[::1/"},
            {"href": ""},
            {"href": None},
            {"href": {}},
            {},
            None,
            "x",
            7,
            [[]],
            link(elsewhere),
        ):
            answer = post({**parts, relation: wrong})
            assert (answer.status_code, answer.json["code"]) == (400, 3214), wrong
            assert answer.json["detail"] == relation


@pytest.mark.parametrize("kind", ["codesource", "datasource"])
def test_there_is_one_code_source_and_one_data_source(make_plugin, parts, post, kind):
    relation = f"ec:app/{kind}"

    answer = post({**parts, relation: [parts[relation], link(make_plugin(kind))]})

    assert (answer.status_code, answer.json["code"]) == (400, 3214)
    assert answer.json["detail"] == relation


def test_a_plugin_may_work_with_one_type_of_platform_only(
    client, narrow, make_plugin, parts, post
):
    other = {"platformType": "website", "config": {"commands": "true", "buildDir": "."}}
    for kind in PARTS:
        relation = f"ec:app/{kind}"
        links = {**parts, relation: link(make_plugin(kind, "narrow", depth=1))}

        refused = post(links, **other)
        created = post(links)
        edited = client.put(
            created.json["_links"]["self"]["href"], json={**created.json, **other}
        )

        assert created.status_code == 201
        for answer in (refused, edited):
            assert (answer.status_code, answer.json["code"]) == (400, 3214)
            assert answer.json["detail"] == relation


def test_what_makes_no_platform_is_refused_in_both_ways(client, parts, post, make_platform):
    platform = make_platform()
    for values, code, detail in WRONG:
        created = post(parts, **values)
        edited = client.put(platform["_links"]["self"]["href"], json={**platform, **values})

        for answer in (created, edited):
            assert (answer.status_code, answer.json["code"]) == (400, code), values
            assert answer.json["detail"] == detail
    assert client.get(platform["_links"]["self"]["href"]).json == platform


def test_a_property_that_no_schema_knows_is_refused_with_its_path(parts, post):
    answer = post(parts, config={"colour": "red"})

    assert (answer.status_code, answer.json["code"]) == (400, 3252)
    assert answer.json["verbose"] == "config/colour"


def test_a_platform_can_be_saved_as_it_is(client, make_platform):
    platform = make_platform()

    edited = client.put(platform["_links"]["self"]["href"], json=saved(platform))

    assert (edited.status_code, edited.json) == (200, platform)


def test_parts_that_are_not_linked_stay(client, make_platform):
    platform = make_platform()
    body = {key: platform[key] for key in ("title", "platformType", "config")}

    for links in ({}, {"_links": {}}, {"_links": {"self": {"href": "/"}}}):
        edited = client.put(platform["_links"]["self"]["href"], json={**body, **links})
        assert (edited.status_code, edited.json) == (200, platform)


def test_parts_can_be_replaced(client, make_platform, make_plugin, parts):
    platform = make_platform()
    body = saved(platform)
    body["_links"] |= saved({"_links": parts})["_links"]

    edited = client.put(
        platform["_links"]["self"]["href"],
        json={**body, "title": "New", "platformType": "website",
              "config": {"commands": "true", "buildDir": "public"}},
    ).json

    assert (edited["title"], edited["platformType"]) == ("New", "website")
    for relation in ("ec:app/codesource", "ec:app/datasource"):
        assert edited["_links"][relation]["href"] == parts[relation]["href"]
    assert [each["href"] for each in edited["_links"]["ec:app/target"]] == [
        each["href"] for each in parts["ec:app/target"]
    ]
    assert client.get(platform["_links"]["self"]["href"]).json == edited


def test_an_edit_that_is_refused_changes_nothing(client, make, make_platform, make_plugin):
    platform = make_platform()
    other = make("/", title="Other", hexColor="#000000")
    elsewhere = make_plugin("target", "zipDownload", of=other)
    href = platform["_links"]["self"]["href"]

    for links, code in [
        ({"ec:app/target": link(elsewhere)}, 3214),
        ({"ec:app/target": []}, 3204),
        ({"ec:app/codesource": {"href": f"/codesource?codeSourceID={NOBODY}"}}, 3214),
    ]:
        answer = client.put(href, json={**platform, "title": "New", "_links": links})
        assert (answer.status_code, answer.json["code"]) == (400, code)

    assert client.get(href).json == platform


def test_the_latest_runs_are_linked_whatever_became_of_them(client, make_platform, build):
    platform = make_platform(files={})
    href = platform["_links"]["self"]["href"]
    built = build(platform)
    failed = build(make_platform("Broken", config={"directory": "nowhere"}))

    links = client.get(href).json["_links"]
    of_broken = client.get(failed["_links"]["ec:app/platform"]["href"]).json["_links"]

    assert links["ec:app/build/latest"]["href"] == built["_links"]["self"]["href"]
    assert failed["successful"] == "error"
    assert of_broken["ec:app/build/latest"]["href"] == failed["_links"]["self"]["href"]
    assert "ec:app/deployment/latest" not in links


def test_deleting_a_platform_frees_its_plugins(client, make_platform):
    platform = make_platform()
    links = platform["_links"]

    assert client.delete(links["self"]["href"]).status_code == 204

    assert client.get(links["self"]["href"]).json["code"] == 3102
    for kind in PARTS:
        plugin = client.get(links[f"ec:app/{kind}"]["href"])
        assert plugin.status_code == 200
        assert "ec:app/platform" not in plugin.json["_links"]
        assert client.delete(links[f"ec:app/{kind}"]["href"]).status_code == 204
