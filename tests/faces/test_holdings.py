"""Variables and objects: who sets, sees and deletes them, and what is wrong with some."""

import hashlib

import pytest

from ec_builds.store.account import Account
from ec_builds.store.litter import Litter
from ec_builds.store.member import Member
from ec_builds.store.namespace import Namespace
from ec_builds.store.thing import Thing
from ec_builds.store.variable import Secret, Variable

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"


@pytest.fixture
def ada(djinn):
    return djinn("ada")


def put(client, key="KEY", value="value", **more):
    return client.post("/variables", json={"key": key, "value": value, **more})


def upload(client, name="seed", content=b"corn", **query):
    return client.post("/objects", query_string={"name": name, **query}, data=content)


def test_a_variable_is_set_and_set_again(ada):
    first = put(ada, value="one").json
    second = put(ada, value="two").json

    assert [each["value"] for each in ada.get("/variables").json] == ["two"]
    assert ada.get(f"/variables/{first['id']}").status_code == 404
    assert ada.get(second["url"]).json == second
    assert Variable.select().count() == 1


def test_a_masked_value_is_told_to_nobody_and_sealed(ada):
    made = put(ada, value="s3cr3t-value", mask=True).json

    assert (made["value"], made["masked"]) == ("xxxxxx", True)
    assert ada.get("/variables").json[0]["value"] == "xxxxxx"
    rows = Secret.raw("SELECT * FROM secret").dicts()
    assert not any("s3cr3t" in str(row) for row in rows)


@pytest.mark.parametrize(
    "body, field, told",
    [
        ({"value": "v"}, "key", "needs a key"),
        ({"key": "1A", "value": "v"}, "key", "no digit first"),
        ({"key": "A-B", "value": "v"}, "key", "letters, digits and underscores"),
        ({"key": "A", "value": 5}, "value", "should be a string"),
        ({"key": "A", "value": "a\0b"}, "value", "should be a string"),
        ({"key": "A", "value": "x" * 65537}, "value", "65536 bytes"),
        ({"key": "A", "value": "abcde", "mask": True}, "value",
         "Masked variable length cannot be shorter than 6 characters"),
        ({"key": "A", "value": "      ", "mask": True}, "value", "Masked variable length"),
        ({"key": "A", "value": "v", "mask": "yes"}, "mask", "true or false"),
        ({"key": "A", "value": "v", "namespace": "a-b"}, "namespace", "letters and numbers"),
        ({"key": "A", "value": "v", "namespace": "a@nobody"}, "namespace", "permission denied"),
        ([], "key", "JSON object"),
    ],
)
def test_variables_that_are_none(ada, body, field, told):
    answer = ada.post("/variables", json=body)

    assert answer.status_code == 400
    assert list(answer.json) == [field]
    assert told in answer.json[field][0]
    assert Variable.select().count() == 0


def test_an_object_is_kept_as_it_is(ada, runtime):
    made = upload(ada, content=PNG).json

    assert (made["type"], made["size"]) == ("image/png", len(PNG))
    assert made["sha256"] == hashlib.sha256(PNG).hexdigest()
    assert made["md5"] == hashlib.md5(PNG).hexdigest()
    for accept in ("image/png", "application/octet-stream"):
        answer = ada.get(made["url"], headers={"Accept": accept})
        assert (answer.data, answer.mimetype) == (PNG, "image/png")
        assert answer.headers["Content-Security-Policy"] == "sandbox"
    assert ada.get(made["url"], headers={"Accept": "*/*"}).json == made


@pytest.mark.parametrize(
    "content, type",
    [
        (b"plain words\n", "text/plain; charset=utf-8"),
        ("Gr\u00fc\u00dfe".encode(), "text/plain; charset=utf-8"),
        (b"\xff\xfe\x00", "application/octet-stream"),
        (b"a\x00b", "application/octet-stream"),
        (("\u00fc" * 8192).encode()[1:], "application/octet-stream"),
        (("a" * 8191 + "\u00fc").encode(), "text/plain; charset=utf-8"),
    ],
)
def test_the_type_is_told_by_the_bytes(ada, content, type):
    assert upload(ada, content=content).json["type"] == type


def test_an_object_is_deleted_with_its_bytes_before_there_is_another(ada):
    first = upload(ada).json
    key = Thing.get_by_id(first["id"]).key

    again = upload(ada, content=b"wheat")
    assert (again.status_code, list(again.json)) == (400, ["name"])
    assert "delete that object first" in again.json["name"][0]
    assert ada.delete(first["url"]).status_code == 204
    assert Litter.get_or_none(Litter.prefix == key)
    assert upload(ada, content=b"wheat").json["size"] == 5


@pytest.mark.parametrize(
    "query, content, fields",
    [
        ({"name": ""}, b"", {"name", "file"}),
        ({"name": "a"}, b"", {"file"}),
        ({"name": " a"}, b"x", {"name"}),
        ({"name": "a=>b"}, b"x", {"name"}),
        ({"name": "a\nb"}, b"x", {"name"}),
        ({"name": "x" * 256}, b"x", {"name"}),
        ({"name": "a", "namespace": "a//b"}, b"x", {"namespace"}),
        ({"name": "a", "namespace": "a@nobody"}, b"x", {"namespace"}),
    ],
)
def test_objects_that_are_none(ada, query, content, fields):
    answer = upload(ada, content=content, **query)

    assert (answer.status_code, answer.json.keys()) == (400, fields)
    assert Thing.select().count() == 0


def test_they_belong_to_their_namespace(djinn, ada):
    bob, eve = djinn("bob"), djinn("eve")
    mine, thing = put(ada, namespace="lab").json, upload(ada, namespace="lab").json
    app_id = Namespace.get(Namespace.path == "lab").app_id
    Member.join(app_id, account_of("bob"), "developer")
    Member.join(app_id, account_of("eve"), "viewer")

    for url in (mine["url"], thing["url"]):
        assert ada.get(url).json["namespace"]["path"] == "lab"
        assert bob.get(url).status_code == 200
        assert [eve.ask(method, url).status_code for method in ("GET", "DELETE")] == [404, 404]
    for path in ("/variables", "/objects"):
        assert len(bob.get(path).json) == 1
        assert eve.get(path).json == []
    assert put(bob, key="HIS", namespace="lab@ada").status_code == 201
    refused = put(eve, key="HERS", namespace="lab@ada")
    assert (refused.status_code, list(refused.json)) == (400, ["namespace"])
    assert bob.delete(mine["url"]).status_code == 204


def account_of(username):
    """The id of an account."""
    return Account.get(Account.username == username).id


def test_scopes(djinn):
    reader = djinn("ada", scopes=["variable:read", "object:read"])

    assert reader.get("/variables").json == []
    assert reader.get("/objects").json == []
    assert put(reader).status_code == 404
    assert upload(reader).status_code == 404
    assert djinn("bob", scopes=["build:read"]).get("/objects").status_code == 404
