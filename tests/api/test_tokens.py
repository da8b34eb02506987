"""Access tokens: made, told once, listed and revoked over HTTP."""

from datetime import UTC, datetime, timedelta

import jwt
import pytest

from ec_builds.auth.rules import SCOPES
from ec_builds.services.tokens import MOST
from ec_builds.store.account import Account, Token, TokenApp
from ec_builds.store.database import database, new_id, now, timestamp

TOKENS = "/account/token"
NOBODY = "00000000-0000-4000-8000-000000000000"
FAR = "2099-01-01T00:00:00.000Z"


@pytest.fixture
def by(client):
    """Makes a client that comes with a token, given by its text or as the answer that told it."""

    def by(told):
        http = client.application.test_client()
        text = told if isinstance(told, str) else told["token"]
        http.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {text}"
        return http

    return by


def refused(answer, code, detail, *words):
    """Whether an answer is a problem about something, in a sentence with some words."""
    assert (answer.json["code"], answer.json["detail"]) == (code, detail), answer.json
    assert answer.json["verbose"].endswith((".", "?")), answer.json
    assert all(word in answer.json["verbose"] for word in words), answer.json
    return answer.status_code


def test_a_token_is_told_once(client, make, by):
    tokens = client.get("/account").json["_links"]["ec:account/tokens"]["href"]
    answer = client.post(tokens, json={"name": "laptop"})

    made = answer.json
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    assert (made["name"], made["scopes"], made["appIDs"], made["expires"]) == (
        "laptop", None, None, None
    )
    assert (made["used"], made["current"]) == (None, False)
    claims = jwt.decode(made["token"], options={"verify_signature": False})
    assert claims.keys() == {"iss", "sub", "jti", "iat"}
    again = client.get(answer.headers["Location"])
    assert again.headers["ETag"] == answer.headers["ETag"]
    del made["token"]
    assert again.json == made
    for page in (TOKENS, f"{TOKENS}?size=0", "/account"):
        told = client.get(page).text
        assert claims["jti"] not in told
        assert Token.get_by_id(made["tokenID"]).fingerprint not in told


def test_it_acts_for_its_account_and_knows_itself(make, by):
    made = make(TOKENS, name="laptop")
    http = by(made)

    assert http.get("/account").json["currentToken"]["tokenID"] == made["tokenID"]
    found = http.get(f"{TOKENS}?tokenID={made['tokenID']}").json
    assert found["current"] is True
    assert found["used"][:10] == now()[:10]
    listed = http.get(f"{TOKENS}?sort=created").json["_embedded"]["ec:account/token"]
    assert [each["current"] for each in listed] == [False, True]


def test_what_it_is_good_for_is_what_it_can_do(make, by, app):
    other = make("/", title="Bar", hexColor="#d97706")
    made = make(TOKENS, name="CI", scopes=["app:read"], appIDs=[app["appID"]], expires=FAR)
    http = by(made)

    assert (made["scopes"], made["appIDs"], made["expires"]) == (["app:read"], [app["appID"]], FAR)
    assert http.get(f"/?appID={app['appID']}").status_code == 200
    assert http.get(f"/?appID={other['appID']}").status_code == 404
    assert http.post("/", json={"title": "x", "hexColor": "#d97706"}).status_code == 401
    told = jwt.decode(made["token"], options={"verify_signature": False})
    assert told["exp"] == datetime.fromisoformat(FAR).timestamp()


@pytest.mark.parametrize(
    "given, kept",
    [
        ("2099-06-01T12:00:00+02:00", "2099-06-01T10:00:00.000Z"),
        ("2099-06-01T12:00:00Z", "2099-06-01T12:00:00.000Z"),
        ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
        (None, None),
    ],
)
def test_expiry_is_a_moment(make, by, given, kept):
    made = make(TOKENS, name="x", expires=given)

    assert made["expires"] == kept
    assert by(made).get("/").status_code == 200


@pytest.mark.parametrize(
    "changes, code, detail, words",
    [
        ({"name": None}, 3211, "name", []),
        ({"name": ""}, 3211, "name", []),
        ({"name": "x" * 201}, 3211, "name", []),
        ({"scopes": "build:read"}, 3211, "scopes", []),
        ({"scopes": ["build:read", "build:read"]}, 3211, "scopes", []),
        ({"scopes": ["*"]}, 3211, "scopes/0", []),
        ({"scopes": ["build:read", "build:wriet"]}, 3311, "scopes/1", ["build:write?"]),
        ({"scopes": ["zzz:qqq"]}, 3311, "scopes/0", ["zzz:qqq", *SCOPES]),
        ({"appIDs": ["x"]}, 3211, "appIDs/0", []),
        ({"appIDs": [NOBODY]}, 3311, "appIDs/0", ["There is no app", NOBODY]),
        ({"expires": "90d"}, 3211, "expires", []),
        ({"expires": "2099-02-30T00:00:00Z"}, 3211, "expires", ["date and time"]),
        ({"expires": "0001-01-01T00:00:00+23:59"}, 3211, "expires", ["date and time"]),
        ({"expires": "2001-01-01T00:00:00Z"}, 3311, "expires", ["past"]),
        # a limit that is misspelt would be none
        ({"scope": ["build:read"]}, 3252, "scope is not a property that is known here", []),
    ],
)
def test_what_cannot_be_given_is_refused_in_a_sentence(client, changes, code, detail, words):
    answer = client.post(TOKENS, json={"name": "x", **changes})

    assert answer.json["verbose"]
    if words:
        refused(answer, code, detail, *words)
    assert (answer.status_code, answer.json["code"], answer.json["detail"]) == (400, code, detail)
    assert Token.select().count() == 1


def test_an_app_of_somebody_else_is_one_that_does_not_exist(somebody, app):
    ada = somebody("ada")

    foreign = ada.post(TOKENS, json={"name": "x", "appIDs": [app["appID"]]})
    missing = ada.post(TOKENS, json={"name": "x", "appIDs": [NOBODY]})

    assert refused(foreign, 3311, "appIDs/0") == refused(missing, 3311, "appIDs/0") == 400
    assert foreign.json["verbose"].replace(app["appID"], NOBODY) == missing.json["verbose"]


# --- nobody gives more than he has


def test_scopes_are_those_of_the_maker_at_most(somebody):
    http = somebody("ada", scopes=["account:write", "build:read"])

    for given, kept in (({}, ["account:write", "build:read"]), ({"scopes": []}, []),
                        ({"scopes": None}, ["account:write", "build:read"]),
                        ({"scopes": ["build:read"]}, ["build:read"])):
        answer = http.post(TOKENS, json={"name": "x", **given})
        assert (answer.status_code, answer.json["scopes"]) == (201, kept)
    answer = http.post(TOKENS, json={"name": "x", "scopes": ["build:read", "build:write"]})
    assert refused(answer, 3471, "scopes/1", "build:write", "does not have") == 403


def test_without_the_scope_none_is_made_listed_or_revoked(somebody):
    http = somebody("ada", scopes=["app:read", "account:read"])
    mine = Token.get(Token.name == "test").id

    for answer, scope in (
        (http.post(TOKENS, json={"name": "x"}), "account:write"),
        (http.delete(f"{TOKENS}?tokenID={mine}"), "account:delete"),
    ):
        assert refused(answer, 3410, scope) == 401
    assert http.get(TOKENS).headers["Allow"] == "GET, HEAD, OPTIONS"
    assert http.get(f"{TOKENS}?tokenID={mine}").headers["Allow"] == "GET, HEAD, OPTIONS"


def test_a_token_for_some_apps_manages_none(somebody, app):
    http = somebody("ada", "developer", app, app_ids=[app["appID"]])
    mine = Token.get(Token.name == "test").id

    account = http.get("/account").json
    assert not [name for name in account["_links"] if name.startswith("ec:account/token")]
    for answer in (
        http.get(TOKENS),
        http.get(f"{TOKENS}?tokenID={mine}"),
        http.post(TOKENS, json={"name": "x"}),
        http.post(TOKENS, json={"name": "x", "appIDs": [app["appID"]]}),
        http.delete(f"{TOKENS}?tokenID={mine}"),
    ):
        assert (answer.status_code, answer.json["code"]) == (401, 3410)
        assert "some apps only" in answer.json["verbose"]


def test_none_outlives_the_one_that_made_it(somebody):
    http = somebody("ada", expires=FAR)

    assert http.post(TOKENS, json={"name": "x"}).json["expires"] == FAR
    assert http.post(TOKENS, json={"name": "x", "expires": FAR}).status_code == 201
    later = http.post(TOKENS, json={"name": "x", "expires": "2099-01-01T00:00:00.001Z"})
    assert refused(later, 3471, "expires", FAR) == 403


@pytest.mark.parametrize("limits", [{"scopes": ["account:write"]}, {"expires": FAR}])
def test_with_a_token_that_has_limits_ends_all_that_it_made(client, somebody, by, limits):
    http = somebody("ada", **limits)
    first = http.post(TOKENS, json={"name": "first"}).json
    second = by(first).post(TOKENS, json={"name": "second"}).json
    maker = Token.get(Token.name == "test")

    assert client.delete(f"{TOKENS}?tokenID={maker.id}").status_code == 204

    for told in (first, second):
        answer = by(told).get("/")
        assert (answer.status_code, answer.json["code"]) == (401, 3401)
    assert client.get(f"{TOKENS}?accountID={maker.account_id}").json["total"] == 0


def test_a_token_without_limits_leaves_what_it_made(client, make, by):
    made = make(TOKENS, name="CI")
    first = client.get("/account").json["currentToken"]["tokenID"]

    assert client.delete(f"{TOKENS}?tokenID={first}").status_code == 204

    assert client.get("/").status_code == 401
    assert by(made).get("/").status_code == 200


def test_a_token_that_was_revoked_meanwhile_makes_none(client, monkeypatch):
    read_body = "ec_builds.api.accounts.read_body"

    def revoke(template):
        Token.update(revoked=now()).execute()
        return {"name": "late"}

    monkeypatch.setattr(read_body, revoke)
    answer = client.post(TOKENS, json={"name": "late"})

    assert (answer.status_code, answer.json["code"]) == (401, 3401)
    assert Token.select().where(Token.name == "late").count() == 0


# --- others


def test_others_have_no_tokens_for_those_who_ask(client, somebody):
    first, admin = Token.get(), Account.get()
    ada = somebody("ada")

    for address in (f"{TOKENS}?tokenID={first.id}", f"{TOKENS}?tokenID={NOBODY}"):
        for method in ("get", "delete"):
            answer = getattr(ada, method)(address)
            assert (answer.status_code, answer.json["code"]) == (404, 3102)
    for account_id in (admin.id, NOBODY):
        assert ada.get(f"{TOKENS}?accountID={account_id}").json["total"] == 0
        answer = ada.post(f"{TOKENS}?accountID={account_id}", json={"name": "x"})
        assert (answer.status_code, answer.json["code"]) == (404, 3102)
    assert ada.get(f"{TOKENS}?name~=first").json["total"] == 0
    assert ada.get(TOKENS).json["total"] == 1
    assert client.get("/").status_code == 200


def test_an_admin_reads_and_revokes_them_and_makes_none(client, somebody):
    ada = somebody("ada")
    account = Account.get(Account.username == "ada")
    theirs = f"{TOKENS}?accountID={account.id}"

    listed = client.get(theirs)
    assert (listed.json["total"], listed.headers["Allow"]) == (1, "GET, HEAD, OPTIONS")
    refusal = client.post(theirs, json={"name": "x"})
    assert (refusal.status_code, refusal.json["code"]) == (405, 3411)
    assert "somebody else" in refusal.json["verbose"]
    assert refusal.headers["Allow"] == "GET, HEAD, OPTIONS"
    [token] = listed.json["_embedded"]["ec:account/token"]
    assert client.get(token["_links"]["ec:account"]["href"]).json["username"] == "ada"
    assert client.delete(token["_links"]["self"]["href"]).status_code == 204
    assert ada.get("/").json["code"] == 3401
    assert client.get(theirs).json["total"] == 0


def test_allow_tells_the_truth(client, somebody):
    ada = somebody("ada")
    account = Account.get(Account.username == "ada")
    mine = Token.get(Token.account == account)

    for address, methods in (
        (TOKENS, "GET, HEAD, POST, OPTIONS"),
        (f"{TOKENS}?accountID={account.id}", "GET, HEAD, POST, OPTIONS"),
        (f"{TOKENS}?accountID={account.id.upper()}", "GET, HEAD, POST, OPTIONS"),
        (f"{TOKENS}?tokenID={mine.id}", "GET, HEAD, DELETE, OPTIONS"),
    ):
        assert ada.get(address).headers["Allow"] == methods
        assert ada.options(address).headers["Allow"] == methods
    assert ada.post(f"{TOKENS}?accountID={account.id.upper()}", json={"name": "x"}).json["name"]
    answer = ada.put(f"{TOKENS}?tokenID={mine.id}", json={})
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, DELETE, OPTIONS")
    answer = ada.post(f"{TOKENS}?tokenID={mine.id}", json={"name": "x"})
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, DELETE, OPTIONS")


# --- revoking, hoarding, repeating


def test_a_revoked_token_is_gone_at_once(client, make, by):
    made = make(TOKENS, name="laptop")
    http = by(made)
    mine = made["_links"]["self"]["href"]

    assert http.get("/").status_code == 200
    assert http.delete(mine).status_code == 204
    for answer in (http.get("/"), http.delete(mine), http.get(f"/?_token={made['token']}")):
        assert (answer.status_code, answer.json["code"]) == (401, 3401)
    assert client.get(mine).status_code == client.delete(mine).status_code == 404
    assert client.get(TOKENS).json["total"] == 1


def test_if_match_is_heeded(client, make):
    mine = make(TOKENS, name="laptop")["_links"]["self"]["href"]

    other = client.delete(mine, headers={"If-Match": '"other"'})
    assert (other.status_code, other.json["code"]) == (412, 3112)
    tag = client.get(mine).headers["ETag"]
    assert client.delete(mine, headers={"If-Match": tag}).status_code == 204


def fill(account, number, **values):
    """Give an account many tokens, without asking anybody."""
    rows = [
        {"id": new_id(), "fingerprint": new_id(), "account": account.id, "name": "many",
         "created": now(), **values}
        for _ in range(number)
    ]
    for start in range(0, number, 50):
        Token.insert_many(rows[start:start + 50]).execute()


def test_an_account_cannot_hoard(client, make):
    admin = Account.get()
    fill(admin, MOST, name="old", expires="2001-01-01T00:00:00.000Z")
    fill(admin, MOST, name="void", revoked=now())
    fill(admin, MOST - 2, name="good", expires=FAR)
    make(TOKENS, name="the last one")

    answer = client.post(TOKENS, json={"name": "too many"})

    assert refused(answer, 3311, "name", str(MOST), "revoke") == 400
    one = Token.get(Token.name == "good")
    Token.update(expires=now()).where(Token.id == one.id).execute()
    make(TOKENS, name="room again")


def test_not_even_many_at_once_can(runtime, client, token, at_once):
    fill(Account.get(), MOST - 2)

    def post(number):
        http = client.application.test_client()
        headers = {"Authorization": f"Bearer {token}"}
        return http.post(TOKENS, json={"name": "x"}, headers=headers).status_code

    statuses = at_once(post)

    assert sorted(statuses) == [201, *[400] * 7]
    assert Token.good(Account.get().id).count() == MOST


def test_a_thousand_tokens_are_a_list(client):
    admin = Account.get()
    fill(admin, 999, expires="2001-01-01T00:00:00.000Z")

    assert client.get(TOKENS).json["total"] == 1000
    everything = client.get(f"{TOKENS}?size=0&sort=name").json
    found = everything["_embedded"]["ec:account/token"]
    assert (everything["count"], len({each["tokenID"] for each in found})) == (1000, 1000)
    assert client.get(f"{TOKENS}?name=first token").json["count"] == 1
    assert client.get(f"{TOKENS}?expiresTo=2002-01-01&size=1").json["total"] == 999
    assert "next" in client.get(f"{TOKENS}?page=99").json["_links"]


def test_repeated_with_its_key_nothing_is_told_again(client, by):
    headers = {"Idempotency-Key": "ci-1"}
    first, second = (client.post(TOKENS, json={"name": "CI"}, headers=headers) for _ in range(2))

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json["tokenID"] == second.json["tokenID"]
    assert second.json["token"] is None
    assert by(first.json).get("/").status_code == 200
    assert client.post(TOKENS, json={"name": "x"}, headers=headers).json["code"] == 3115
    assert Token.select().where(Token.name == "CI").count() == 1


def test_a_limit_to_an_app_that_was_deleted_stays_one(client, make, by, app):
    made = make(TOKENS, name="CI", appIDs=[app["appID"]])

    assert client.delete(app["_links"]["self"]["href"]).status_code == 204

    assert client.get(made["_links"]["self"]["href"]).json["appIDs"] == []
    assert by(made).get("/").json["total"] == 0
    assert by(made).get("/account").json["currentToken"]["appIDs"] == []
    assert TokenApp.select().count() == 1


# --- used


def test_use_is_noted_once_a_minute(client, token, runtime, monkeypatch):
    writes = []
    real = type(database.obj).execute_sql

    def watched(self, sql, *arguments, **options):
        if sql.lstrip().upper().startswith(("UPDATE", "INSERT", "DELETE")):
            writes.append(sql)
        return real(self, sql, *arguments, **options)

    monkeypatch.setattr(type(database.obj), "execute_sql", watched)
    monkeypatch.setattr("ec_builds.store.account.now", lambda: "2099-01-01T08:15:02.114Z")
    for _ in range(5):
        assert client.get("/").status_code == 200
    assert len(writes) == 1
    assert Token.get().used == "2099-01-01T08:15:02.114Z"
    monkeypatch.setattr("ec_builds.store.account.now", lambda: "2099-01-01T08:16:00.000Z")
    for _ in range(5):
        assert client.get("/").status_code == 200
    assert len(writes) == 2


def test_a_database_that_cannot_be_written_can_be_read(client, runtime, caplog):
    read_only, writable = {
        "sqlite": ("PRAGMA query_only = ON", "PRAGMA query_only = OFF"),
        "postgresql": (
            "SET default_transaction_read_only = on", "SET default_transaction_read_only = off"
        ),
    }[database.obj.dialect]
    database.obj.execute_sql(read_only)
    try:
        answer = client.get("/")
    finally:
        database.obj.execute_sql(writable)

    assert answer.status_code == 200
    assert "could not be written down that a token was used" in caplog.text
    assert Token.get().used is None


def test_a_request_that_has_begun_ends_though_its_token_is_revoked(client, make, by, monkeypatch):
    made = make(TOKENS, name="laptop")
    verify = "ec_builds.auth.tokens.note_use"
    monkeypatch.setattr(verify, lambda token: Token.get_by_id(token.id).remove())
    http = by(made)

    assert http.get("/").status_code == 200
    assert http.get("/").json["code"] == 3401


def test_an_expired_token_is_listed_until_it_is_revoked(client, make, by):
    soon = timestamp(datetime.now(UTC) + timedelta(hours=1))
    made = make(TOKENS, name="short", expires=soon)
    Token.update(expires="2001-01-01T00:00:00.000Z").where(Token.name == "short").execute()

    assert by(made).get("/").json["code"] == 3402
    assert client.get(TOKENS).json["total"] == 2
    assert client.delete(made["_links"]["self"]["href"]).status_code == 204
    assert by(made).get("/").json["code"] == 3401


@pytest.mark.parametrize("owner", ["x", "%20", "%00"])
def test_whose_it_is_to_be_has_to_be_an_account(client, owner):
    answer = client.post(f"{TOKENS}?accountID={owner}", json={"name": "x"})

    assert (answer.status_code, answer.json["code"]) == (400, 3212)
