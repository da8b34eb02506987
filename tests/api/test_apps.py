"""Apps, and the entry point that their list is (reference 3.2 and 3.3)."""

from ec_builds import __version__
from ec_builds.store.app import short_id

ROOT = "http://localhost/"
NOBODY = "00000000-0000-4000-8000-000000000000"
#: Bodies that make no app; the code and the detail of the problem.
WRONG = [
    ({}, 3201, "title"),
    ({"title": "x"}, 3201, "hexColor"),
    ({"hexColor": "#d97706"}, 3201, "title"),
    ({"title": "", "hexColor": "#d97706"}, 3211, "title"),
    ({"title": "x" * 501, "hexColor": "#d97706"}, 3211, "title"),
    ({"title": None, "hexColor": "#d97706"}, 3211, "title"),
    ({"title": 1, "hexColor": "#d97706"}, 3211, "title"),
    ({"title": "x", "hexColor": "d97706"}, 3211, "hexColor"),
    ({"title": "x", "hexColor": "#d9770"}, 3211, "hexColor"),
    ({"title": "x", "hexColor": "#d97706\n"}, 3211, "hexColor"),
    ({"title": "x", "hexColor": "orange"}, 3211, "hexColor"),
    ({"title": "a\0b", "hexColor": "#d97706"}, 3211, "title"),
]
CHILDREN = {
    "platform": "appID,codeSourceID,dataSourceID,page,platformID,platformType,platformType~,"
    "size,_list,sort,title,title~",
    "codesource": "appID,codeSourceID,codeSourceType,codeSourceType~,page,size,_list,sort",
    "datasource": "appID,dataSourceID,dataSourceType,dataSourceType~,page,size,_list,sort",
    "target": "appID,page,size,_list,sort,targetID,targetType,targetType~",
    "member": "accountID,appID,created,createdFrom,createdTo,memberID,page,role,size,_list,sort",
    "invitation": "appID,email,email~,invitationID,page,role,size,_list,sort,username,username~",
}
IDS = {
    "platform": "platformID",
    "codesource": "codeSourceID",
    "datasource": "dataSourceID",
    "target": "targetID",
    "member": "memberID",
    "invitation": "invitationID",
}


def profiled(path, profile, **more):
    return {"href": f"{ROOT}{path}", "profile": f"{ROOT}schema/{profile}", **more}


def template(path, **more):
    return {"href": f"{ROOT}{path}", "templated": True, **more}


CURIES = [{"name": "ec", "href": f"{ROOT}doc/relation/{{rel}}", "templated": True}]


def test_the_entry_point_is_an_empty_list_that_leads_everywhere(client):
    answer = client.get("/")

    assert answer.status_code == 200
    assert answer.mimetype == "application/hal+json"
    variables = "appID,created,createdFrom,createdTo,created~,page,size,_list,sort,title,title~"
    assert answer.json == {
        "msg": f"Welcome to ec-builds AppServer v{__version__}",
        "count": 0,
        "total": 0,
        "_links": {
            "curies": CURIES,
            "self": profiled("", "apps"),
            "ec:apps/options": template(f"{{?{variables}}}"),
            "ec:app/by-id": template("{?appID}", profile=f"{ROOT}schema/app"),
            "ec:app-stats": template("stats{?appID,page,size,_list,sort}"),
            "ec:account/invitations": profiled("account/invitation", "offers"),
            "ec:account": profiled("account", "account"),
            "ec:apps/types": profiled("plugintypes", "app-plugin-types"),
            "ec:audit": profiled("audit", "audit"),
        },
    }


def test_an_app_has_its_properties_and_its_links(app, client):
    app_id = app["appID"]

    links = {
        "curies": CURIES,
        "self": profiled(f"?appID={app_id}", "app"),
        "collection": profiled("", "apps"),
        "ec:app/retention": profiled(f"retention?appID={app_id}", "retention"),
    }
    for kind, variables in CHILDREN.items():
        owned = f"{kind}?appID={app_id}"
        links |= {
            f"ec:app/{kind}s": profiled(owned, f"{kind}s"),
            f"ec:app/{kind}s/options": template(f"{owned}{{&{variables}}}"),
            f"ec:app/{kind}/by-id": template(
                f"{kind}{{?{IDS[kind]}}}", profile=f"{ROOT}schema/{kind}"
            ),
        }
    assert app == {
        "appID": app_id,
        "shortID": short_id(app_id),
        "created": app["created"],
        "title": "Bakery",
        "hexColor": "#d97706",
        "_links": links,
    }
    assert client.get(app["_links"]["self"]["href"]).json == app


def test_an_app_leads_to_its_platforms_by_title(client, app, make_platform):
    shop, blog = make_platform("Shop"), make_platform("Blog")

    links = client.get(app["_links"]["self"]["href"]).json["_links"]["ec:app/platform"]

    assert links == [
        profiled(f"platform?platformID={each['platformID']}", "platform", title=each["title"])
        for each in (blog, shop)
    ]


def test_the_list_embeds_apps_as_they_are_newest_first(client, make):
    first = make("/", title="first", hexColor="#000000")
    second = make("/", title="second", hexColor="#FFFFff")

    listed = client.get("/").json

    assert (listed["count"], listed["total"]) == (2, 2)
    for app in (first, second):
        del app["_links"]["curies"]
    assert sorted(listed["_embedded"]["ec:app"], key=lambda app: app["title"]) == [first, second]


def test_what_makes_no_app_is_refused_in_both_ways(client, app):
    for body, code, detail in WRONG:
        created = client.post("/", json=body)
        edited = client.put(f"/?appID={app['appID']}", json=body)

        for answer in (created, edited):
            assert (answer.status_code, answer.json["code"]) == (400, code), body
            assert answer.json["detail"] == detail
    assert client.get("/").json["_embedded"]["ec:app"][0]["title"] == "Bakery"


def test_everything_that_is_wrong_is_told(client):
    problem = client.post("/", json={"hexColor": "red"}).json

    assert (problem["code"], problem["detail"]) == (3201, "title")
    assert [(each["code"], each["detail"]) for each in problem["_embedded"]["error"]] == [
        (3211, "hexColor")
    ]


def test_what_only_the_server_may_say_is_ignored(client):
    body = {
        "title": "Bakery", "hexColor": "#d97706", "appID": NOBODY, "shortID": "00000000",
        "created": "1970-01-01T00:00:00.000Z", "colour": None, "_embedded": {"ec:app": []},
        "_links": {"self": [{"href": "http://elsewhere.example/", "templated": False}]},
    }

    created = client.post("/", json=body)
    edited = client.put(created.headers["Location"], json={**body, "title": "Shop"})

    assert (created.status_code, edited.status_code) == (201, 200)
    assert created.json["appID"] != NOBODY
    assert created.json["created"] > "2024"
    assert edited.json == {**created.json, "title": "Shop"}


def test_an_app_is_edited_by_its_whole_representation(client, app):
    body = {**app, "title": "Größe 🎂", "hexColor": "#000000"}
    body["_links"] = {
        rel: link if isinstance(link, list) else [{"templated": False, **link}]
        for rel, link in app["_links"].items()
    }

    edited = client.put(app["_links"]["self"]["href"], json=body)

    assert edited.status_code == 200
    assert edited.json == {**app, "title": "Größe 🎂", "hexColor": "#000000"}
    assert client.get(app["_links"]["self"]["href"]).json == edited.json


def test_an_app_can_be_deleted_once(client, app):
    href = app["_links"]["self"]["href"]

    deleted, again = client.delete(href), client.delete(href)

    assert (deleted.status_code, deleted.data) == (204, b"")
    assert "Content-Type" not in deleted.headers
    assert (again.status_code, again.json["code"], again.json["detail"]) == (404, 3102, "appID")
    assert client.get(href).json["code"] == 3102
    assert client.get("/").json["total"] == 0
