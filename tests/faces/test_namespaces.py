"""Namespaces: made, read, changed, removed, and who may (reference, 1.3, 1.4, 2.4)."""

import pytest

from ec_builds.manifest.place import LONGEST_NAME
from ec_builds.store.account import Account
from ec_builds.store.member import Member
from ec_builds.store.namespace import Namespace

GONE = {"message": "Not Found"}
#: The addresses that a namespace tells of.
PARTS = (
    "builds", "namespaces", "images", "objects", "variables", "keys", "collaborators", "invites",
    "webhooks",
)


@pytest.fixture
def config(waiting):
    return waiting


@pytest.fixture
def ada(djinn):
    return djinn("ada")


@pytest.fixture
def bob(djinn):
    return djinn("bob")


def paths(answer):
    return [each["path"] for each in answer.json]


def test_a_namespace_is_made_and_read(ada):
    made = ada.namespace("games", description="Fun", visibility="internal")

    own = "http://localhost/n/ada/games"
    assert made == ada.get("/n/ada/games").json
    assert made["root_id"] == made["id"] and made["parent_id"] is None
    assert (made["name"], made["path"], made["url"]) == ("games", "games", own)
    assert (made["description"], made["visibility"]) == ("Fun", "internal")
    assert (made["user"]["username"], made["user_id"]) == ("ada", made["user"]["id"])
    assert (made["parent"], made["build"]) == (None, None)
    assert [made[f"{part}_url"] for part in PARTS] == [f"{own}/-/{part}" for part in PARTS]


def test_one_below_another_is_as_visible_as_the_topmost(ada):
    top = ada.namespace("games", visibility="internal")
    middle = ada.namespace("board", parent="games", visibility="public")
    low = ada.namespace("chess", parent="games/board")

    assert (low["path"], low["name"]) == ("games/board/chess", "chess")
    assert (low["root_id"], low["parent_id"]) == (top["id"], middle["id"])
    assert (middle["visibility"], low["visibility"]) == ("internal", "internal")
    assert low["parent"]["path"] == "games/board"
    changed = ada.patch(top["url"], json={"visibility": "private", "description": "", "name": ""})
    assert (changed.status_code, changed.json["visibility"]) == (200, "private")
    assert ada.get(low["url"]).json["visibility"] == "private"
    # the official client always sends a visibility; below the topmost one it means nothing
    told = ada.patch(low["url"], json={"description": "Mate", "visibility": "public"}).json
    assert (told["description"], told["visibility"]) == ("Mate", "private")
    assert ada.patch(low["url"]).json == told


@pytest.mark.parametrize(
    "fields, key, message",
    [
        ({}, "name", "Name is required"),
        ({"name": None}, "name", "Name is required"),
        ({"name": 5}, "name", "name should be a string"),
        ({"name": "a\0b"}, "name", "name should be a string"),
        ({"name": "black-mesa"}, "name", "namespace name can only contain letters and numbers"),
        ({"name": "a/b"}, "name", "namespace name can only contain letters and numbers"),
        ({"name": "é"}, "name", "namespace name can only contain letters and numbers"),
        ({"name": "a\n"}, "name", "namespace name can only contain letters and numbers"),
        ({"name": "a" * (LONGEST_NAME + 1)}, "name",
         f"The path cannot have more than {LONGEST_NAME} characters"),
        ({"name": "taken"}, "name", "Name already exists"),
        ({"name": "a", "parent": "nowhere"}, "parent", "Could not find parent"),
        ({"name": "a", "parent": "taken@bob"}, "parent", "Could not find parent"),
        ({"name": "a", "visibility": "secret"}, "visibility",
         "visibility should be one of private, internal, public"),
        ({"name": "a", "description": "x" * 256}, "description",
         "The description cannot have more than 255 characters"),
    ],
)
def test_what_is_wrong_is_told_by_field(ada, fields, key, message):
    ada.namespace("taken")

    answer = ada.post("/namespaces", json=fields)

    assert (answer.status_code, answer.json) == (400, {key: [message]})


@pytest.mark.parametrize("method, path", [("POST", "/namespaces"), ("PATCH", "/n/ada/taken")])
@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b'"x"'])
def test_a_body_that_is_none_is_told(ada, method, path, body):
    ada.namespace("taken")

    answer = ada.ask(method, path, data=body, content_type="application/json")

    assert answer.status_code == 400


def test_twenty_levels_are_possible(ada):
    path = "/".join(f"n{level}" for level in range(20))
    assert ada.submit(path)["namespace"]["path"] == path

    assert len(ada.get(f"/n/ada/{path}/-/builds").json) == 1
    more = ada.post("/namespaces", json={"name": "n20", "parent": path})
    assert (more.status_code, list(more.json)) == (400, ["name"])
    manifest = f"namespace: {path}/n20\ndriver: {{type: os}}"
    refused = ada.post("/builds", json={"manifest": manifest})
    assert (refused.status_code, list(refused.json)) == (400, ["manifest"])


def test_two_users_own_the_same_path(ada, bob):
    first, second = ada.submit("blackmesa"), bob.submit("blackmesa")

    assert first["namespace_id"] != second["namespace_id"]
    assert paths(ada.get("/namespaces")) == paths(bob.get("/namespaces")) == ["blackmesa"]
    assert ada.get("/n/bob/blackmesa").json == GONE


def test_namespaces_are_listed_by_path_and_searched(ada, bob):
    for name in ("zoo", "Games", "games"):
        ada.namespace(name)
    ada.namespace("chess", parent="games")
    shared = bob.namespace("guild")
    bob.namespace("hidden")
    bob.invite(shared, ada)
    ada.submit()

    assert sorted(paths(ada.get("/namespaces"))) == [
        "Games", "games", "games/chess", "guild", "zoo",
    ]
    assert sorted(paths(ada.get("/namespaces?search=GAMES"))) == ["Games", "games", "games/chess"]
    assert paths(ada.get("/namespaces?search=%25")) == []
    assert paths(ada.get("/namespaces?search=a%00")) == []
    assert paths(ada.get("/n/ada/games/-/namespaces")) == ["games/chess"]


def test_lists_are_paged(ada):
    ada.namespace("top")
    for number in range(27):
        ada.namespace(f"n{number:02}", parent="top")

    first = ada.get("/n/ada/top/-/namespaces?search=n")
    second = ada.get("/n/ada/top/-/namespaces?search=n&page=2")

    assert paths(first) + paths(second) == [f"top/n{number:02}" for number in range(27)]
    url = "http://localhost/n/ada/top/-/namespaces"
    assert first.headers["Link"] == f'<{url}?page=2&search=n>; rel="next"'
    assert second.headers["Link"] == f'<{url}?page=1&search=n>; rel="prev"'


def test_the_builds_of_one_are_listed_with_filters(ada):
    ada.submit("games/chess")
    for number in range(26):
        ada.submit("games", tags=["lts"] if number % 2 else [])

    def numbers(query=""):
        return [each["number"] for each in ada.get(f"/n/ada/games/-/builds{query}").json]

    assert numbers() == list(range(27, 2, -1))
    assert numbers("?page=2") == [2]
    assert numbers("?tag=lts") == numbers("?search=t") == list(range(27, 2, -2))
    assert numbers("?status=running") == []
    assert len(numbers("?status=queued")) == 25
    assert ada.get("/n/ada/games").json["build"]["number"] == 27


def test_eight_who_make_the_same_at_once_make_one(djinn, at_once):
    ada = djinn("ada")
    answers = at_once(lambda number: ada.post(
        "/builds", json={"manifest": "namespace: a/b/c\ndriver: {type: os}"}
    ))
    made = at_once(lambda number: ada.post("/namespaces", json={"name": "one"}).status_code)

    assert [answer.status_code for answer in answers] == [201] * 8
    assert len({answer.json["namespace_id"] for answer in answers}) == 1
    assert sorted(answer.json["number"] for answer in answers) == list(range(1, 9))
    assert sorted(made) == [201] + 7 * [400]
    account = Account.get(Account.username == "ada")
    rows = Namespace.select().where(Namespace.account == account).order_by(Namespace.path)
    assert [row.path for row in rows] == ["a", "a/b", "a/b/c", "one"]


def test_eight_collaborators_find_one_platform(djinn, at_once):
    ada, bob = djinn("ada"), djinn("bob")
    ada.invite(ada.namespace("games"), bob)
    manifest = {"manifest": "namespace: games@ada\ndriver: {type: os}"}

    answers = at_once(lambda number: (ada, bob)[number % 2].post("/builds", json=manifest))

    assert [answer.status_code for answer in answers] == [201] * 8
    apps = ada.client.get("/", headers=ada.headers).json["_embedded"]["ec:app"]
    (app,) = [each for each in apps if each["title"] == "games"]
    listed = ada.client.get(f"/platform?appID={app['appID']}&_list=true", headers=ada.headers)
    assert listed.json["count"] == 1


def test_builds_outlive_their_namespace(ada, bob):
    top = ada.namespace("games", visibility="public")
    ada.invite(top, bob)
    low = ada.namespace("chess", parent="games")
    build, lower = ada.submit("games"), ada.submit("games/chess")
    before = bob.get(lower["url"])

    gone = ada.delete(top["url"])

    assert (before.status_code, gone.status_code) == (200, 204)
    assert ada.get(top["url"]).json == ada.get(low["url"]).json == GONE
    for each in (build, lower):
        kept = ada.get(each["url"])
        assert (kept.status_code, kept.json["namespace_id"], kept.json["namespace"]) == (
            200, None, None,
        )
        assert bob.get(each["url"]).json == GONE
    assert [each["number"] for each in ada.get("/builds").json] == [2, 1]
    assert bob.get("/builds").json == []
    again = ada.submit("games/chess")
    assert again["namespace_id"] not in (top["id"], low["id"])
    assert bob.get(again["url"]).json == GONE


def test_one_whose_app_was_deleted_is_gone_and_its_path_free(ada, bob):
    top = ada.namespace("games")
    ada.invite(top, bob)
    lower = ada.submit("games/chess")
    listed = ada.client.get("/", headers=ada.headers).json["_embedded"]["ec:app"]
    (app,) = [each for each in listed if each["title"] == "games"]

    deleted = ada.client.delete(f"/?appID={app['appID']}", headers=ada.headers)

    assert deleted.status_code == 204
    assert paths(ada.get("/namespaces")) == []
    assert ada.get("/n/ada/games/chess").json == GONE
    kept = ada.get(lower["url"])
    assert (kept.status_code, kept.json["namespace"]) == (200, None)
    assert bob.get(lower["url"]).json == GONE
    assert ada.namespace("games")["id"] != top["id"]


def test_the_default_namespace_can_go_as_well(ada):
    ada.submit()
    (app,) = ada.client.get("/", headers=ada.headers).json["_embedded"]["ec:app"]
    assert ada.client.delete(f"/?appID={app['appID']}", headers=ada.headers).status_code == 204

    assert ada.submit()["number"] == 2


def test_an_admin_sees_all_and_lists_what_is_its_own(ada, djinn):
    admin = djinn("root", admin=True)
    ada.namespace("games")
    ada.submit("games")

    assert admin.get("/n/ada/games").status_code == 200
    assert len(admin.get("/n/ada/games/-/builds").json) == 1
    assert admin.get("/namespaces").json == []
    assert admin.submit("games@ada")["user"]["username"] == "ada"
    assert admin.delete("/n/ada/games").status_code == 204


def test_usernames_may_have_dots_and_addresses_anything(djinn):
    gordon = djinn("gordon.freeman")
    made = gordon.namespace("blackmesa")

    assert gordon.get(made["url"]).json["user"]["username"] == "gordon.freeman"
    for user in ("nobody", "gordon%2Ffreeman", "gordon.freeman%00", "%ff", "%F0%9F%A6%86", "..",
                 "Gordon.Freeman", "gordon.freeman%20", "a" * 4000):
        for path in ("blackmesa", "blackmesa/-/builds", "blackmesa/-/collaborators"):
            answer = gordon.get(f"/n/{user}/{path}")
            assert (answer.status_code, answer.json) == (404, GONE), user
        assert gordon.get(f"/b/{user}/1").json == GONE


def test_owners_are_found_in_large_letters(ada, bob):
    ada.namespace("games")

    assert ada.submit("games@Ada")["namespace"]["path"] == "games"
    assert ada.submit("new@ADA")["namespace"]["path"] == "new"
    told = ["Could not find namespace"]
    refused = bob.post("/builds", json={"manifest": "namespace: games@ada\ndriver: {type: os}"})
    assert (refused.status_code, refused.json) == (400, {"manifest": told, "namespace": told})


@pytest.mark.parametrize("prefix", ["", "/api"])
def test_addresses_say_which_methods_they_have(djinn, prefix):
    ada = djinn("ada", prefix=prefix)
    made = ada.namespace("games")
    assert made["url"] == f"http://localhost{prefix}/n/ada/games"
    methods = {
        "/namespaces": "GET, HEAD, OPTIONS, POST",
        "/n/ada/games": "DELETE, GET, HEAD, OPTIONS, PATCH",
        "/n/ada/games/-/builds": "GET, HEAD, OPTIONS",
        "/n/ada/games/-/invites": "GET, HEAD, OPTIONS, POST",
        "/n/ada/games/-/collaborators/bob": "DELETE, OPTIONS",
        "/invites/1": "DELETE, OPTIONS, PATCH",
        "/b/ada/1/pin": "OPTIONS, PATCH",
    }

    for path, allowed in methods.items():
        refused, options = ada.ask("PUT", path), ada.ask("OPTIONS", path)
        assert (refused.status_code, refused.json) == (405, {"message": "Method Not Allowed"})
        assert refused.headers["Allow"] == options.headers["Allow"] == allowed, path
        assert options.headers["Access-Control-Allow-Methods"] == (
            "GET, POST, PATCH, DELETE, OPTIONS"
        )
        assert "Link" in options.headers["Access-Control-Expose-Headers"]
        assert ada.get(f"{path}/").json == GONE
        if "GET" in allowed:
            whole, head = ada.get(path), ada.ask("HEAD", path)
            assert head.status_code == 200
            assert head.headers["Content-Length"] == str(len(whole.data))


def test_other_scripts_are_still_not_told_of_patch_elsewhere(client):
    assert "PATCH" not in client.options("/platform").headers["Access-Control-Allow-Methods"]


@pytest.mark.parametrize(
    "path, message",
    [
        ("black-mesa", "namespace name can only contain letters and numbers"),
        ("a\N{REPLACEMENT CHARACTER}", "namespace name can only contain letters and numbers"),
        ("a//b", "Name is required"),
        ("/a", "Name is required"),
        ("/".join("a" * 21), "namespace cannot exceed depth of 20"),
    ],
)
def test_nothing_is_put_where_no_namespace_can_be(ada, path, message):
    told = {"namespace": [message]}

    variable = {"namespace": path, "key": "K", "value": "v"}
    assert ada.post("/variables", json=variable).json == told
    sent = ada.post("/objects", query_string={"name": "o", "namespace": path}, data=b"x")
    assert (sent.status_code, sent.json) == (400, told)
    assert ada.get("/namespaces").json == []


def test_what_belongs_to_one_is_listed_below_it(ada, bob, djinn):
    games = ada.namespace("games", visibility="public")
    for namespace in ("games", "", "other"):
        variable = {"namespace": namespace, "key": "K", "value": namespace or "none"}
        assert ada.post("/variables", json=variable).status_code == 201
        query = {"name": "o", "namespace": namespace}
        assert ada.post("/objects", query_string=query, data=b"x").status_code == 201

    for client in (ada, djinn("root", admin=True)):
        (variable,) = client.get(games["variables_url"]).json
        assert (variable["value"], variable["namespace_id"]) == ("games", games["id"])
        (thing,) = client.get(games["objects_url"]).json
        assert thing["namespace_id"] == games["id"]
        assert client.get(f"{games['variables_url']}?search=%00").json == []
    for client in (bob, djinn()):
        for part in ("objects", "variables"):
            assert client.get(games[f"{part}_url"]).json == GONE
        assert client.get(games["images_url"]).json == client.get(games["keys_url"]).json == []


def test_who_was_taken_out_of_their_own_makes_nothing_below_it(ada):
    games = ada.namespace("games")
    account = Account.get(Account.username == "ada")
    Member.delete().where(Member.account == account).execute()
    told = ["Could not find namespace"]

    for namespace in ("games", "games/chess"):
        manifest = f"namespace: {namespace}\ndriver: {{type: os}}"
        refused = ada.post("/builds", json={"manifest": manifest})
        assert (refused.status_code, refused.json) == (400, {"manifest": told, "namespace": told})
    parent = ada.post("/namespaces", json={"name": "chess", "parent": games["path"]})
    assert (parent.status_code, list(parent.json)) == (400, ["parent"])
    assert Namespace.select().count() == 1
