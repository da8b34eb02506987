"""What happens to what somebody has left in a namespace that goes, or that they leave."""

import pytest

from ec_builds.store.account import Account
from ec_builds.store.member import Member
from ec_builds.store.namespace import Namespace
from ec_builds.store.thing import Thing
from ec_builds.store.variable import Variable
from ec_builds.store.webhook import Delivery, Webhook

HOOK = {"payload_url": "https://example.com/hook", "secret": "hush", "events": []}


@pytest.fixture
def ada(djinn):
    return djinn("ada")


def member(username, path, role):
    """Make somebody a member of the app that a namespace is."""
    account = Account.get(Account.username == username)
    Member.join(Namespace.get(Namespace.path == path).app_id, account.id, role)


def test_a_namespace_goes_with_its_webhooks_variables_and_objects(ada):
    space = ada.namespace("lab")
    build = ada.submit("lab")
    ada.post(space["webhooks_url"], json=HOOK)
    ada.post("/variables", json={"key": "A", "value": "1", "namespace": "lab"})
    ada.post("/objects", query_string={"name": "a", "namespace": "lab"}, data=b"x")

    assert ada.delete(space["url"]).status_code == 204

    assert [row.select().count() for row in (Webhook, Delivery, Variable, Thing)] == [0] * 4
    assert ada.patch(f"{build['url']}/pin").json["namespace"] is None
    assert Delivery.select().count() == 0


@pytest.mark.parametrize("leaving", ["removed", "lowered"])
def test_who_has_no_say_any_more_is_told_nothing(djinn, ada, client, leaving):
    space, bob = ada.namespace("lab"), djinn("bob")
    member("bob", "lab", "maintainer")
    made = bob.post("/n/ada/lab/-/webhooks", json=HOOK)
    assert made.status_code == 201
    ada.submit("lab")
    assert Delivery.select().count() > 0

    if leaving == "removed":
        assert ada.delete(f"{space['collaborators_url']}/bob").status_code == 204
    else:
        row = Member.get(Member.role == "maintainer")
        url = f"/member?memberID={row.id}"
        assert client.put(url, json={"role": "developer"}).status_code == 200

    assert Delivery.select().count() == 0
    ada.submit("lab")
    assert Delivery.select().count() == 0
    assert ada.get(space["webhooks_url"]).json[0]["active"] is False


def test_a_viewer_may_look_and_nothing_else(djinn, ada):
    ada.namespace("lab")
    build, eve = ada.submit("lab"), djinn("eve")
    member("eve", "lab", "viewer")

    assert eve.get(build["url"]).status_code == 200
    for method, path in ("DELETE", ""), ("PATCH", "/pin"), ("PATCH", "/unpin"), ("POST", "/tags"):
        answer = eve.ask(method, f"{build['url']}{path}", json=["t"])
        assert (answer.status_code, answer.json) == (404, {"message": "Not Found"})


def test_to_write_webhooks_takes_no_right_to_read_them(djinn, ada):
    ada.namespace("lab")
    writer = djinn("ada", scopes=["webhook:write"])

    made = writer.post("/n/ada/lab/-/webhooks", json=HOOK)

    assert made.status_code == 201
    changed = writer.patch(made.json["url"], json={**HOOK, "active": False})
    assert (changed.status_code, changed.json["active"]) == (200, False)
    assert writer.get(made.json["url"]).status_code == 404


def test_a_build_that_is_submitted_again_with_its_key_is_the_same(ada):
    headers = {"Idempotency-Key": "one"}
    body = {"manifest": "driver: {type: os}\n", "tags": ["a"]}

    first, again = (ada.post("/builds", json=body, headers=headers) for _ in range(2))

    assert (first.status_code, again.status_code) == (201, 201)
    assert (again.json["number"], again.json["tags"]) == (1, ["a"])


def test_a_namespace_that_is_too_long_is_the_fault_of_the_manifest(ada):
    answer = ada.post("/builds", json={"manifest": f"namespace: {'a' * 300}\ndriver: {{type: os}}"})

    assert (answer.status_code, sorted(answer.json)) == (400, ["manifest", "namespace"])
