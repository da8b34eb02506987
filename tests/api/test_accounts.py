"""Accounts, as a client meets its own and an admin meets all."""

import pytest

from ec_builds.store.account import Account, Token


@pytest.fixture
def ada(client):
    """An account that is no admin's."""
    return Account.named("ada", "ada@example.com")


def test_ones_own_account_is_found_from_the_root(client, token):
    root = client.get("/").json

    mine = client.get(root["_links"]["ec:account"]["href"]).json

    assert (mine["email"], mine["username"], mine["admin"]) == ("admin@localhost", "admin", True)
    assert mine["currentToken"] == {
        "tokenID": Token.get().id, "name": "first token", "scopes": None, "appIDs": None,
        "expires": None,
    }
    assert client.get(mine["_links"]["self"]["href"]).json == mine
    assert client.get(mine["_links"]["ec:apps"]["href"]).json == root
    assert "fingerprint" not in str(mine) and token not in str(mine)


def test_it_tells_what_the_token_in_use_may_do(somebody, app):
    expires = "2099-01-01T00:00:00.000Z"
    limits = {"scopes": ["account:read"], "app_ids": [app["appID"]], "expires": expires}

    mine = somebody("ada", **limits).get("/account").json

    assert mine["currentToken"]["name"] == "test"
    assert mine["currentToken"]["scopes"] == ["account:read"]
    assert mine["currentToken"]["appIDs"] == [app["appID"]]
    assert mine["currentToken"]["expires"] == expires


def test_everybody_else_is_not_there(client, ada, somebody):
    http = somebody("ada")
    admin = Account.get(Account.username == "admin").id

    for account_id in (admin, "00000000-0000-4000-8000-000000000000"):
        answer = http.get(f"/account?accountID={account_id}")
        assert (answer.status_code, answer.json["code"]) == (404, 3102)
    mine = http.get("/account").json
    assert "ec:accounts" not in mine["_links"]
    everybody = http.get(mine["_links"]["collection"]["href"]).json
    assert (everybody["count"], everybody["total"]) == (1, 1)
    assert everybody["_embedded"]["ec:account"][0]["accountID"] == ada.id
    for question in ("username=admin", "email~=localhost", "createdFrom=2000-01-01"):
        found = http.get(f"/account?_list=true&{question}").json
        assert found["total"] == (question == "createdFrom=2000-01-01")


def test_an_admin_reads_all_accounts(client, ada):
    mine = client.get("/account").json

    everybody = client.get(mine["_links"]["ec:accounts"]["href"]).json
    found = everybody["_embedded"]["ec:account"]
    assert [each["username"] for each in found] == ["ada", "admin"]
    assert found[0]["currentToken"] is None
    other = client.get(found[0]["_links"]["self"]["href"])
    assert other.json["email"] == "ada@example.com"
    assert other.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert client.get("/account?email~=EXAMPLE").json["total"] == 1


def test_a_token_for_some_apps_shows_an_admin_no_other_account(somebody, ada, app):
    http = somebody("admin", app_ids=[app["appID"]])

    assert http.get("/account").json["username"] == "admin"
    assert "ec:accounts" not in http.get("/account").json["_links"]
    assert http.get("/account?_list=true").json["total"] == 1
    assert http.get(f"/account?accountID={ada.id}").status_code == 404


def test_without_its_scope_there_is_neither_link_nor_account(somebody):
    http = somebody("ada", scopes=["app:read"])

    assert "ec:account" not in http.get("/").json["_links"]
    answer = http.get("/account")
    assert (answer.status_code, answer.json["code"]) == (401, 3410)
    assert answer.json["detail"] == "account:read"


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_accounts_are_only_read_here(client, method):
    answer = getattr(client, method)("/account")

    assert (answer.status_code, answer.json["code"]) == (405, 3110)
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
