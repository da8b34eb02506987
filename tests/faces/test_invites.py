"""Invitations and collaborators: the same that apps have, by numbers and usernames."""

import pytest

from ec_builds.store.account import Account
from ec_builds.store.member import Member

GONE = {"message": "Not Found"}


@pytest.fixture
def config(waiting):
    return waiting


@pytest.fixture
def ada(djinn):
    return djinn("ada")


@pytest.fixture
def bob(djinn):
    return djinn("bob")


@pytest.fixture
def games(ada):
    return ada.namespace("games")


def usernames(client, path="/n/ada/games/-/collaborators"):
    return [each["username"] for each in client.get(path).json]


def apps(client):
    """The apps that somebody sees natively, by their titles."""
    listed = client.client.get("/", headers=client.headers).json
    return {each["title"]: each["appID"] for each in listed.get("_embedded", {}).get("ec:app", [])}


def test_an_invitation_is_sent_seen_and_accepted(ada, bob, games):
    sent = ada.post(games["invites_url"], json={"handle": "Bob"})
    (got,) = bob.get("/invites").json
    theirs = ada.patch(sent.json["url"])
    accepted = bob.patch(got["url"])

    assert sent.status_code == 201
    assert ada.get(games["invites_url"]).json == []
    assert isinstance(got["id"], int) and got["url"] == f"http://localhost/invites/{got['id']}"
    assert got["namespace_id"] == games["id"] == got["namespace"]["id"]
    assert (got["inviter"]["username"], got["inviter_id"]) == ("ada", games["user_id"])
    assert (got["invitee"]["username"], got["invitee_id"]) == ("bob", got["invitee"]["id"])
    # whoever invites a name learns no email by it
    assert sent.json["invitee"] == {**got["invitee"], "email": ""}
    assert got["invitee"]["email"] == "bob@example.com"
    assert (theirs.status_code, theirs.json) == (404, GONE)
    assert (accepted.status_code, accepted.json["namespace"]["path"]) == (200, "games")
    assert usernames(ada) == usernames(bob) == ["bob"]
    assert bob.patch(got["url"]).json == GONE and bob.get("/invites").json == []
    assert bob.submit("games@ada")["namespace_id"] == games["id"]


def test_a_build_of_a_collaborator_counts_as_the_owners(ada, bob, games):
    bob.submit()
    ada.invite(games, bob)
    ada.submit()

    build = bob.submit("games@ada")

    assert (build["number"], build["user"]["username"]) == (2, "ada")
    assert build["trigger"]["data"]["username"] == "bob"
    assert build["url"] == "http://localhost/b/ada/2"
    assert bob.submit()["number"] == 2


@pytest.mark.parametrize(
    "handle, status, told",
    [
        ("ada", 400, {"handle": ["Whoever owns a namespace cannot be invited to it"]}),
        ("ADA@example.com", 400, {"handle": ["Whoever owns a namespace cannot be invited to it"]}),
        ("", 400, {"handle": ["Username or email is required"]}),
        (None, 400, {"handle": ["Username or email is required"]}),
        (7, 400, {"handle": ["handle should be a string"]}),
        ("bob", 400, {"handle": ["Already a collaborator"]}),
        ("bob@", 400, {"handle": ["This is no email"]}),
        ("nobody", 404, GONE),
    ],
)
def test_not_everybody_can_be_invited(ada, bob, games, handle, status, told):
    ada.invite(games, bob)

    answer = ada.post(games["invites_url"], json={"handle": handle})

    assert (answer.status_code, answer.json) == (status, told)


def test_an_invitation_by_email_waits_and_tells_nothing(ada, djinn, games):
    known, later = (
        ada.post(games["invites_url"], json={"handle": f"{name}@example.com"}).json
        for name in ("bob", "later")
    )

    assert known["invitee"] is known["invitee_id"] is later["invitee"] is None
    later = djinn("later")
    (got,) = later.get("/invites").json
    assert later.patch(got["url"]).status_code == 200
    assert usernames(ada) == ["later"]


def test_an_invitation_is_turned_down_or_taken_back(ada, bob, djinn, games):
    eve = djinn("eve")
    for client, other in ((bob, eve), (ada, eve)):
        sent = ada.post(games["invites_url"], json={"handle": "bob"}).json
        assert other.delete(sent["url"]).json == GONE
        assert client.delete(sent["url"]).status_code == 204
        assert client.delete(sent["url"]).json == GONE
    assert usernames(ada) == []
    for number in ("0", str(2**31), "9" * 30):
        for method in ("PATCH", "DELETE"):
            assert bob.ask(method, f"/invites/{number}").json == GONE


def test_native_and_djinn_invitations_are_the_same(ada, bob, games):
    app_id = apps(ada)["games"]
    ada.client.post(
        f"/invitation?appID={app_id}", json={"username": "bob", "role": "viewer"},
        headers=ada.headers,
    )
    (sent,), (got,) = ada.get(games["invites_url"]).json, bob.get("/invites").json
    assert sent["id"] == got["id"]
    offer = bob.client.get("/account/invitation", headers=bob.headers).json
    (offer,) = offer["_embedded"]["ec:account/invitation"]
    accept = offer["_links"]["ec:account/invitation/accept"]["href"]
    assert bob.client.post(accept, headers=bob.headers).status_code == 200

    assert usernames(ada) == ["bob"]
    # who may only look natively may only look here
    assert bob.get("/n/ada/games").status_code == 200
    refused = bob.post("/builds", json={"manifest": "namespace: games@ada\ndriver: {type: os}"})
    assert list(refused.json) == ["manifest", "namespace"]
    other = ada.client.post(
        "/", json={"title": "Plain", "hexColor": "#123456"}, headers=ada.headers
    )
    ada.client.post(
        f"/invitation?appID={other.json['appID']}", json={"username": "bob", "role": "viewer"},
        headers=ada.headers,
    )
    assert bob.get("/invites").json == []  # an app is no namespace


def test_those_below_have_the_members_of_the_topmost(ada, bob, games):
    low = ada.namespace("chess", parent="games")
    before = ada.submit("games/chess")
    sent = ada.post(low["invites_url"], json={"handle": "bob"}).json
    accepted = bob.patch(sent["url"])
    later = ada.submit("games/go")

    assert sent["namespace_id"] == games["id"] and accepted.status_code == 200
    for build in (before, later):
        assert bob.get(build["url"]).status_code == 200
    assert usernames(bob, low["collaborators_url"]) == ["bob"]
    assert bob.patch(f"{before['url']}/pin").json["pinned"] is True

    assert ada.delete(f"{low['collaborators_url']}/bob").status_code == 204
    for build in (before, later):
        assert bob.get(build["url"]).json == GONE
        assert bob.patch(f"{build['url']}/unpin").json == GONE
        assert bob.post(f"{build['url']}/tags", json=["x"]).json == GONE
    assert bob.get("/builds").json == bob.get("/namespaces").json == []


def test_native_roles_hold_below_as_well(ada, bob, games):
    ada.invite(games, bob)
    ada.namespace("chess", parent="games")
    members = ada.client.get(
        f"/member?appID={apps(ada)['games']}&_list=true", headers=ada.headers
    ).json["_embedded"]["ec:app/member"]
    (member,) = [each for each in members if each["username"] == "bob"]
    url = member["_links"]["self"]["href"]
    account = Account.get(Account.username == "bob")

    def roles():
        return sorted(Member.roles(account.id).values())

    assert roles() == ["developer", "developer"]
    changed = ada.client.put(url, json={**member, "role": "maintainer"}, headers=ada.headers)
    assert (changed.status_code, roles()) == (200, ["maintainer", "maintainer"])
    assert ada.client.delete(url, headers=ada.headers).status_code == 204
    assert roles() == []


def test_no_app_below_is_left_to_nobody(ada, bob, games):
    ada.invite(games, bob)
    ada.namespace("chess", parent="games")
    found, account = apps(ada), Account.get(Account.username == "bob")
    Member.join(found["games/chess"], account.id, "owner")
    Member.delete().where(
        Member.app == found["games/chess"], Member.account != account.id
    ).execute()
    members = ada.client.get(
        f"/member?appID={found['games']}&role=developer&_list=true", headers=ada.headers
    ).json["_embedded"]["ec:app/member"]
    url = members[0]["_links"]["self"]["href"]

    changed = ada.client.put(url, json={**members[0], "role": "viewer"}, headers=ada.headers)
    assert changed.status_code == 200
    assert Member.roles(account.id) == {found["games"]: "viewer", found["games/chess"]: "owner"}
    assert ada.delete(f"{games['collaborators_url']}/bob").status_code == 204
    assert Member.roles(account.id) == {found["games/chess"]: "owner"}


def test_the_owner_stays_and_others_take_nobody_out(ada, bob, djinn, games):
    ada.invite(games, bob)
    collaborators = games["collaborators_url"]

    own = ada.delete(f"{collaborators}/ada")
    assert (own.status_code, list(own.json)) == (400, ["collaborator"])
    assert ada.delete(f"{collaborators}/nobody").json == GONE
    assert bob.delete(f"{collaborators}/bob").json == GONE
    assert bob.patch(games["url"], json={"visibility": "public"}).json == GONE
    assert bob.delete(games["url"]).json == GONE
    assert bob.post(games["invites_url"], json={"handle": "eve"}).json == GONE
    parent = bob.post("/namespaces", json={"name": "x", "parent": "games"})
    assert (parent.status_code, parent.json) == (400, {"parent": ["Could not find parent"]})
    (told,) = ada.get(collaborators).json
    assert told["url"] == f"{collaborators}/bob"
    assert set(told) == {"id", "email", "username", "created_at", "url"}


def test_two_who_accept_and_make_at_once_agree(ada, bob, games, at_once):
    for number in range(3):
        sent = ada.post(games["invites_url"], json={"handle": "bob"}).json
        made = [
            lambda: bob.patch(sent["url"]).status_code,
            lambda: ada.post("/namespaces", json={"name": f"n{number}", "parent": "games"})
            .status_code,
        ]
        assert sorted(at_once(lambda which: made[which](), 2)) == [200, 201]
        assert bob.get(f"/n/ada/games/n{number}").status_code == 200
        assert ada.delete(f"{games['collaborators_url']}/bob").status_code == 204
