"""Who may see builds and do something with them: everybody, and every address (1.3, 1.4)."""

import re

import pytest

from ec_builds.auth.rules import SCOPES

GONE = b'{"message":"Not Found"}\n'
MANIFEST = """
namespace: {namespace}
driver: {{type: os}}
stages: [make]
jobs: [{{stage: make, commands: ["true"], artifacts: [a.txt]}}]
"""
#: Where a build is: who may read it besides the collaborators, the owner and admins.
READERS = {
    "": (),
    "private": (),
    "internal": ("stranger",),
    "public": ("nobody", "with a bad token", "stranger", "removed"),
}
READERS["internal"] += ("removed",)
MEMBERS = ("collaborator", "owner", "admin")
EVERYBODY = ("nobody", "with a bad token", "stranger", "removed", *MEMBERS)
#: The tag that is given and taken away.
NEW = "new"
#: What a method takes.
WANTED = {"GET": "build:read", "POST": "build:write", "PATCH": "build:write",
          "DELETE": "build:delete"}


@pytest.fixture
def config(waiting):
    return waiting


@pytest.fixture
def people(djinn):
    """A client of each kind, and the build of the owner, by what it is in."""
    ada = djinn("ada")
    people = {
        "nobody": djinn(), "with a bad token": djinn(), "stranger": djinn("eve"),
        "removed": djinn("carl"), "collaborator": djinn("bob"), "owner": ada,
        "admin": djinn("root", admin=True),
    }
    people["with a bad token"].headers = {"Authorization": f"Bearer {'0' * 32}"}
    return people


@pytest.fixture
def make(people):
    """A maker of a build in the owner's namespace of some visibility, or in none."""
    ada = people["owner"]

    def make(visibility):
        path = ""
        if visibility:
            top = ada.namespace("lab", visibility=visibility)
            for name in ("removed", "collaborator"):
                ada.invite(top, people[name])
            ada.namespace("night", parent="lab")
            assert ada.delete(f"{top['collaborators_url']}/carl").status_code == 204
            path = "lab/night"
        answer = ada.post(
            "/builds", json={"manifest": MANIFEST.format(namespace=path), "tags": ["lts"]}
        )
        return answer.json

    return make


@pytest.fixture
def addresses(application, people):
    """All methods and addresses of a build, as the server itself knows them; reads come first."""

    def addresses(build):
        ada = people["owner"]
        keys = {
            part: ada.get(f"{build['url']}/{part}").json[0]["id"]
            for part in ("jobs", "artifacts", "tags")
        }
        found = set()
        for rule in application.url_map.iter_rules():
            if rule.rule.startswith("/b/<user>/<int:number>"):
                path = rule.rule.replace("<user>", "ada").replace("<int:number>", "1")
                path = re.sub(r"(\w+)/<[\w:]+>", lambda at: f"{at[1]}/{keys.get(at[1], 1)}", path)
                found |= {(method, path) for method in rule.methods & WANTED.keys()}
        tag = ("DELETE", f"/b/ada/1/tags/{keys['tags']}")
        found = {("DELETE", f"/b/ada/1/tags/{NEW}") if each == tag else each for each in found}
        order = list(WANTED)
        # what is on the build goes before the build goes
        return sorted(found, key=lambda each: (order.index(each[0]), -len(each[1]), each[1]))

    return addresses


def ask(client, method, path):
    return client.ask(method, path, **({"json": [NEW]} if method == "POST" else {}))


def test_the_walk_finds_all_there_is(make, addresses):
    found = addresses(make(""))

    assert {path for method, path in found if method == "GET"} >= {
        "/b/ada/1", "/b/ada/1/jobs", "/b/ada/1/artifacts", "/b/ada/1/tags", "/b/ada/1/keys",
    }
    assert [each for each in found if each[0] != "GET"] == [
        ("POST", "/b/ada/1/tags"), ("PATCH", "/b/ada/1/unpin"), ("PATCH", "/b/ada/1/pin"),
        ("DELETE", "/b/ada/1/tags/new"), ("DELETE", "/b/ada/1"),
    ]


@pytest.mark.parametrize("visibility", READERS)
def test_who_sees_what_and_does_what(people, make, addresses, visibility):
    build = make(visibility)
    ada, asked = people["owner"], addresses(build)
    untouched = ada.get(build["url"]).json

    for who in EVERYBODY:  # those who may do nothing come first
        is_member = who in MEMBERS and (visibility or who != "collaborator")
        if not is_member:
            assert ada.get(build["url"]).json == untouched
        for method, path in asked:
            answer = ask(people[who], method, path)
            if is_member or (method == "GET" and who in READERS[visibility]):
                assert answer.status_code in (200, 201, 204), (who, method, path)
            else:
                assert (answer.status_code, answer.data) == (404, GONE), (who, method, path)
    assert ada.get(build["url"]).json["status"] == "killed"


@pytest.mark.parametrize("visibility", ["private", "internal", "public"])
def test_who_sees_the_namespace_and_does_what(people, make, visibility):
    make(visibility)
    reads = ["", "/-/builds", "/-/namespaces"]
    of_members, of_owners = ["/-/collaborators"], ["/-/invites"]
    writes = [
        ("PATCH", "", {"visibility": "public"}), ("POST", "/-/invites", {"handle": "eve"}),
        ("DELETE", "/-/collaborators/bob", None), ("DELETE", "", None),
    ]

    for who in EVERYBODY:
        is_owner = who in ("owner", "admin")
        for part in reads + of_members + of_owners:
            answer = people[who].get(f"/n/ada/lab/night{part}")
            may = is_owner or (who in MEMBERS and part not in of_owners)
            may = may or (who in READERS[visibility] and part in reads)
            expected = (200, answer.data) if may else (404, GONE)
            assert (answer.status_code, answer.data) == expected, (who, part)
        for method, part, body in () if is_owner else writes:
            answer = people[who].ask(method, f"/n/ada/lab{part}", json=body)
            assert (answer.status_code, answer.data) == (404, GONE), (who, method, part)
    for who, (method, part, body) in zip(("owner", "admin", "owner", "admin"), writes):
        answer = people[who].ask(method, f"/n/ada/lab{part}", json=body)
        assert answer.status_code in (200, 201, 204), (who, method, part)
    assert people["owner"].get("/n/ada/lab").data == GONE


def test_lists_and_new_builds_take_a_token(people, make):
    make("public")

    for who in ("nobody", "with a bad token"):
        for path in ("/builds", "/namespaces", "/invites", "/user"):
            assert people[who].get(path).data == GONE
        for path in ("/builds", "/namespaces"):
            assert people[who].post(path, json={"manifest": "x", "name": "x"}).data == GONE
    for who in ("stranger", "removed"):
        assert people[who].get("/builds").json == people[who].get("/namespaces").json == []
    assert len(people["collaborator"].get("/builds").json) == 1


def test_a_token_needs_the_one_scope_that_is_listed_and_no_other(djinn, make, addresses):
    build = make("public")

    for method, path in addresses(build):
        lacking = djinn("ada", scopes=[each for each in SCOPES if each != WANTED[method]])
        assert ask(lacking, method, path).data == GONE, (method, path)
        enough = djinn("ada", scopes=[WANTED[method]])
        assert ask(enough, method, path).status_code in (200, 201, 204), (method, path)


NEW_BUILD = {"manifest": "namespace: lab\ndriver: {type: os}"}
SCOPED = [
    ("GET", "/builds", None, "build:read"),
    ("POST", "/builds", NEW_BUILD, "build:write"),
    ("GET", "/namespaces", None, "namespace:read"),
    ("POST", "/namespaces", {"name": "other"}, "namespace:write"),
    ("GET", "/n/ada/lab", None, "namespace:read"),
    ("GET", "/n/ada/lab/-/namespaces", None, "namespace:read"),
    ("GET", "/n/ada/lab/-/collaborators", None, "namespace:read"),
    ("PATCH", "/n/ada/lab", {"description": "x"}, "namespace:write"),
    ("GET", "/invites", None, "invite:read"),
    ("GET", "/n/ada/lab/-/invites", None, "invite:read"),
    ("POST", "/n/ada/lab/-/invites", {"handle": "eve"}, "invite:write"),
    ("DELETE", "/invites/3", None, "invite:delete"),
    ("DELETE", "/n/ada/lab/-/collaborators/bob", None, "namespace:delete"),
    ("DELETE", "/n/ada/lab", None, "namespace:delete"),
]


def test_each_scope_is_good_for_its_own(djinn, make, people):
    make("private")

    for method, path, body, scope in SCOPED:
        lacking = djinn("ada", scopes=[each for each in SCOPES if each != scope])
        assert lacking.ask(method, path, json=body).data == GONE, (method, path)
        enough = djinn("ada", scopes=[scope])
        assert enough.ask(method, path, json=body).status_code in (200, 201, 204), (method, path)


def test_the_builds_of_a_namespace_take_both_scopes(djinn, make):
    make("public")

    for scope in ("build:read", "namespace:read"):
        assert djinn("ada", scopes=[scope]).get("/n/ada/lab/-/builds").data == GONE
    both = djinn("ada", scopes=["build:read", "namespace:read"])
    assert both.get("/n/ada/lab/-/builds").status_code == 200
    assert both.get("/n/ada/lab/night").json["build"]["number"] == 1
    assert djinn("ada", scopes=["namespace:read"]).get("/n/ada/lab/night").json["build"] is None


def test_a_token_for_some_apps_knows_no_other(djinn, make, people):
    make("public")
    ada = people["owner"]
    ada.submit("other")
    ada.submit()
    apps = ada.client.get("/", headers=ada.headers).json["_embedded"]["ec:app"]
    (app_id,) = [each["appID"] for each in apps if each["title"] == "other"]
    limited = djinn("ada", app_ids=[app_id])
    told = ["Could not find namespace"]

    assert [each["number"] for each in limited.get("/builds").json] == [2]
    assert [each["path"] for each in limited.get("/namespaces").json] == ["other"]
    assert limited.submit("other")["number"] == 4
    assert limited.patch("/n/ada/other", json={"visibility": "internal"}).status_code == 200
    for manifest in ("driver: {type: os}", NEW_BUILD["manifest"], "namespace: new\ndriver: "
                     "{type: os}", "namespace: other/new\ndriver: {type: os}"):
        refused = limited.post("/builds", json={"manifest": manifest})
        assert (refused.status_code, refused.json) == (400, {"manifest": told, "namespace": told})
    for method, path in (("GET", "/n/ada/lab"), ("GET", "/b/ada/1"), ("DELETE", "/n/ada/lab"),
                         ("POST", "/namespaces"), ("GET", "/invites"), ("PATCH", "/invites/1")):
        assert limited.ask(method, path, json={"name": "x"}).data == GONE
