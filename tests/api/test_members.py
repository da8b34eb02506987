"""Who belongs to apps, and who is asked to."""

import re

import pytest

from ec_builds.services.invitations import MOST
from ec_builds.store.account import Account
from ec_builds.store.member import Invitation, Member

PAST = "2024-05-02T08:15:02.114Z"


@pytest.fixture
def own(somebody):
    """An app of somebody's, with the client of the owner."""
    owner = somebody("ada")
    return owner, owner.post("/", json={"title": "Engine", "hexColor": "#123456"}).json


def members(client, app):
    listed = client.get(f"/member?appID={app['appID']}&sort=created").json
    return listed.get("_embedded", {}).get("ec:app/member", [])


def invite(client, app, **body):
    return client.post(f"/invitation?appID={app['appID']}", json=body)


def offers(client):
    return client.get("/account/invitation").json.get("_embedded", {}).get(
        "ec:account/invitation", []
    )


def follow(client, document, relation):
    return client.post(document["_links"][relation]["href"])


def test_who_makes_an_app_owns_it(own):
    owner, app = own

    (member,) = members(owner, app)
    assert (member["username"], member["email"], member["role"]) == (
        "ada", "ada@example.com", "owner",
    )
    alone = owner.get(member["_links"]["self"]["href"]).json
    del alone["_links"]["curies"]
    assert alone == member


@pytest.mark.parametrize("name", ["username", "email"])
def test_an_invitation_is_accepted_and_gives_a_role(own, somebody, name):
    owner, app = own
    bob = somebody("bob")
    value = {"username": "Bob", "email": "BOB@example.com"}[name]

    sent = invite(owner, app, role="developer", **{name: value})
    (offer,) = offers(bob)
    before = bob.get(f"/?appID={app['appID']}")
    accepted = follow(bob, offer, "ec:account/invitation/accept")

    assert sent.status_code == 201
    assert sent.json[name] == value.lower()
    assert sent.headers["Location"] == sent.json["_links"]["self"]["href"]
    assert (offer["appTitle"], offer["role"]) == ("Engine", "developer")
    assert offer["inviter"]["email"] == "ada@example.com"
    assert before.status_code == 404
    assert accepted.status_code == 200
    assert bob.get(accepted.json["_links"]["ec:app"]["href"]).json["title"] == "Engine"
    assert [each["role"] for each in members(bob, app)] == ["owner", "developer"]
    assert offers(bob) == [] and owner.get(sent.json["_links"]["self"]["href"]).status_code == 404
    assert follow(bob, offer, "ec:account/invitation/accept").status_code == 404


def test_an_invitation_waits_for_an_account_that_is_not_there_yet(own, somebody):
    owner, app = own
    invite(owner, app, role="viewer", email="later@example.com")

    (offer,) = offers(somebody("later"))

    assert offer["role"] == "viewer"


def test_a_username_that_is_given_later_is_not_the_one_that_was_invited(own, somebody):
    owner, app = own
    invite(owner, app, role="owner", username="later")

    assert offers(somebody("later")) == []


def test_an_email_is_the_same_in_large_letters(own, somebody):
    owner, app = own
    invite(owner, app, role="viewer", email="jane@example.com")
    jane = somebody("jane")
    Account.update(email="Jane@Example.COM").where(Account.username == "jane").execute()

    assert len(offers(jane)) == 1


def test_whether_there_is_an_account_is_not_told(own, somebody):
    owner, app = own
    somebody("there")
    bodies = [
        {"username": "there"}, {"username": "nobody"}, {"email": "there@example.com"},
        {"email": "nobody@example.com"},
    ]

    answers = [invite(owner, app, role="viewer", **each) for each in bodies]

    assert {each.status_code for each in answers} == {201}
    shapes = {tuple(sorted(each.json)) for each in answers}
    assert len(shapes) == 1
    assert not {"accountID"} & set(answers[0].json)


def test_an_invitation_is_for_nobody_else(own, somebody):
    owner, app = own
    somebody("bob")
    sent = invite(owner, app, role="viewer", username="bob").json
    eve = somebody("eve")

    assert offers(eve) == []
    for address in (
        f"/account/invitation?invitationID={sent['invitationID']}",
        f"/invitation?invitationID={sent['invitationID']}",
    ):
        assert eve.get(address).status_code == 404
        assert eve.delete(address).status_code == 404
    accept = f"/account/invitation/accept?invitationID={sent['invitationID']}"
    assert eve.post(accept).status_code == owner.post(accept).status_code == 404
    assert len(offers(somebody("bob"))) == 1


def test_an_invitation_can_be_declined_and_withdrawn(own, somebody):
    owner, app = own
    bob = somebody("bob")

    invite(owner, app, role="viewer", username="bob")
    declined = bob.delete(offers(bob)[0]["_links"]["self"]["href"])
    sent = invite(owner, app, role="viewer", username="bob").json
    withdrawn = owner.delete(sent["_links"]["self"]["href"])

    assert declined.status_code == withdrawn.status_code == 204
    assert offers(bob) == [] and Invitation.select().count() == 0
    assert [each["username"] for each in members(owner, app)] == ["ada"]


def test_an_invitation_that_is_too_old_is_not_there(own, somebody):
    owner, app = own
    bob = somebody("bob")
    sent = invite(owner, app, role="viewer", username="bob").json
    offer = offers(bob)[0]
    Invitation.update(expires=PAST).execute()

    assert offers(bob) == []
    assert follow(bob, offer, "ec:account/invitation/accept").status_code == 404
    assert owner.get(sent["_links"]["self"]["href"]).status_code == 404


def test_a_second_invitation_replaces_the_first(own, somebody):
    owner, app = own
    bob = somebody("bob")

    invite(owner, app, role="viewer", username="bob")
    invite(owner, app, role="maintainer", username="bob")

    assert [each["role"] for each in offers(bob)] == ["maintainer"]


def test_an_invitation_takes_no_role_away(own, somebody):
    owner, app = own
    bob = somebody("bob", "viewer", app)
    asked = {"app": app["appID"], "inviter": Account.get(), "email": "bob@example.com"}
    Invitation.create(**asked, role="developer")
    follow(bob, offers(bob)[0], "ec:account/invitation/accept")
    Invitation.create(**asked, role="viewer")
    follow(bob, offers(bob)[0], "ec:account/invitation/accept")

    assert Member.get(Member.role != "owner").role == "developer"


@pytest.mark.parametrize(
    "body, code, detail",
    [
        ({"role": "viewer"}, 3211, None),
        ({"username": "bob"}, 3201, "role"),
        ({"role": "king", "username": "bob"}, 3211, "role"),
        ({"role": "admin", "username": "bob"}, 3211, "role"),
        ({"role": "viewer", "username": "bob", "email": "bob@example.com"}, 3211, None),
        ({"role": "viewer", "username": None}, 3211, "username"),
        ({"role": "viewer", "username": "b b"}, 3211, "username"),
        ({"role": "viewer", "username": "x" * 40}, 3211, "username"),
        ({"role": "viewer", "email": "nobody"}, 3211, "email"),
        ({"role": "viewer", "email": "a@b@c"}, 3211, "email"),
        ({"role": "viewer", "email": 7}, 3211, "email"),
        ({"role": "viewer", "username": "ada"}, 3311, "username"),
        ({"role": "viewer", "email": "ada@example.com"}, 3311, "email"),
    ],
    ids=str,
)
def test_what_is_no_invitation_is_refused(own, body, code, detail):
    owner, app = own

    answer = invite(owner, app, **body)

    problem = answer.json
    assert (answer.status_code, problem["code"], problem.get("detail")) == (400, code, detail)
    assert problem.get("detail") or re.search("email (or|and) username", problem["verbose"])
    assert Invitation.select().count() == 0


def test_an_app_cannot_invite_the_whole_world(own):
    owner, app = own
    rows = [
        {"id": str(number), "app": app["appID"], "inviter": Account.get(), "role": "viewer",
         "username": f"one{number}", "created": PAST, "expires": "2999-01-01T00:00:00.000Z"}
        for number in range(MOST)
    ]
    Invitation.insert_many(rows).execute()

    refused = invite(owner, app, role="viewer", username="onemore")
    again = invite(owner, app, role="developer", username="one7")

    assert (refused.status_code, refused.json["code"]) == (400, 3311)
    assert again.status_code == 201


def test_a_member_is_given_another_role_at_once(own, somebody):
    owner, app = own
    bob = somebody("bob", "viewer", app)
    member = members(owner, app)[-1]
    address = f"/?appID={app['appID']}"
    body = {"title": "Mine", "hexColor": "#000000"}

    refused = bob.put(address, json=body)
    promoted = owner.put(member["_links"]["self"]["href"], json={"role": "maintainer"})
    done = bob.put(address, json=body)
    owner.delete(member["_links"]["self"]["href"])
    gone = bob.put(address, json=body)

    assert (refused.status_code, refused.json["code"]) == (405, 3411)
    assert refused.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert "maintainer" in refused.json["verbose"] and "viewer" in refused.json["verbose"]
    assert (promoted.status_code, promoted.json["role"]) == (200, "maintainer")
    assert (done.status_code, gone.status_code) == (200, 404)


def test_who_belongs_to_an_app_may_leave_it_but_for_its_last_owner(own, somebody):
    owner, app = own
    bob = somebody("bob", "viewer", app)
    ada, mine = members(bob, app)

    others = bob.delete(ada["_links"]["self"]["href"])
    last = owner.delete(ada["_links"]["self"]["href"])
    demoted = owner.put(ada["_links"]["self"]["href"], json={"role": "viewer"})
    left = bob.delete(mine["_links"]["self"]["href"])

    assert (others.status_code, others.json["code"]) == (405, 3411)
    assert (last.status_code, last.json["code"]) == (403, 3470)
    assert "owner" in last.json["verbose"]
    assert (demoted.status_code, demoted.json["code"]) == (403, 3471)
    assert demoted.json["detail"] == "role"
    assert left.status_code == 204
    assert "DELETE" not in owner.get(ada["_links"]["self"]["href"]).headers["Allow"]


def test_two_owners_who_throw_each_other_out_leave_one(own, somebody, at_once):
    owner, app = own
    for _ in range(4):
        other = somebody("bob", "owner", app)
        first, second = members(owner, app)
        clients = [(owner, second), (other, first)]

        def throw_out(number):
            client, member = clients[number]
            return client.delete(member["_links"]["self"]["href"]).status_code

        statuses = at_once(throw_out, times=2)

        assert Member.select().where(Member.role == "owner").count() == 1, statuses
        Member.delete().execute()
        Member.join(app["appID"], Account.get(Account.username == "ada").id, "owner")


def test_when_an_app_goes_nobody_belongs_to_it(own, somebody):
    owner, app = own
    bob = somebody("bob")
    invite(owner, app, role="viewer", username="bob")

    assert owner.delete(f"/?appID={app['appID']}").status_code == 204

    assert offers(bob) == []
    assert owner.get("/member").json["total"] == 0
