"""Who gets in: a token in a header or in the query (reference 1.8)."""

import dataclasses

import pytest

from ec_builds.store.account import Token
from ec_builds.store.database import now
from ec_builds.web.current import EXTENSION

GUARDED = ["/", "/platform", "/codesource", "/datasource", "/target", "/platform/build",
           "/platform/deployment", "/stats", "/plugintypes", "/files/builds/1.zip",
           "/files/deployments/1/x/y", "/platform/build/pin", "/platform/build/cancel",
           "/retention", "/retention/preview"]
PUBLIC = ["/schema/app", "/doc/error/", "/doc/relation/", "/openapi.json", "/docs/", "/healthz",
          "/readyz"]
CHALLENGE = 'Bearer realm="ec-builds"'


def problem(answer):
    return answer.status_code, answer.json["code"]


def test_without_a_token_nobody_gets_in(anonymous):
    for path in GUARDED:
        for method in ("GET", "POST", "PUT", "DELETE"):
            answer = anonymous.open(path, method=method)
            if answer.status_code != 405:
                assert problem(answer) == (401, 3400), path
                assert answer.json["title"] == "Missing Access Token"
                assert answer.headers["WWW-Authenticate"] == CHALLENGE


def test_some_pages_are_for_everybody(anonymous):
    for path in PUBLIC:
        assert anonymous.get(path).status_code == 200, path


def test_a_token_may_come_in_the_header(anonymous, token):
    for spelling in ("Bearer {}", "bearer {}", "BEARER {}", "Bearer  {} "):
        answer = anonymous.get("/", headers={"Authorization": spelling.format(token)})
        assert answer.status_code == 200, spelling


def test_a_token_may_come_in_the_query_of_any_request(anonymous, token):
    created = anonymous.post(f"/?_token={token}", json={"title": "x", "hexColor": "#000000"})
    href = created.headers["Location"]

    assert created.status_code == 201
    assert "_token" not in href
    assert anonymous.get(f"{href}&_token={token}").json == created.json
    assert anonymous.get(f"/?_token={token}&_token={token}").status_code == 200
    assert anonymous.get(f"/plugintypes?_token={token}").status_code == 200
    assert anonymous.put(f"{href}&_token={token}", json=created.json).status_code == 200
    assert anonymous.delete(f"{href}&_token={token}").status_code == 204


def test_the_header_wins(anonymous, token):
    good, bad = {"Authorization": f"Bearer {token}"}, {"Authorization": "Bearer x"}

    assert anonymous.get("/?_token=x", headers=good).status_code == 200
    assert problem(anonymous.get(f"/?_token={token}", headers=bad)) == (401, 3401)


def test_a_header_without_a_good_token_is_refused(anonymous, token):
    for header in (
        "Bearer x", "Bearer", "Bearer ", "Basic YWRtaW46YWRtaW4=", "x", "", "Bearer a b",
        "Token {}", "{}", "Bearer {}x", "Bearer {},{}", 'Bearer "{}"', "Bearer \xfc",
    ):
        answer = anonymous.get("/", headers={"Authorization": header.format(token, token)})
        assert problem(answer) == (401, 3401), header
        assert answer.headers["WWW-Authenticate"] == CHALLENGE


def test_a_query_without_a_good_token_is_refused(anonymous):
    for query, code in [
        ("_token=x", 3401), ("_token=%00", 3401), ("_token=%FF", 3401), ("_token=x&_token=y", 3401),
        ("_token=", 3400), ("_token", 3400), ("_token=" + "x" * 9000, 3401), ("token=x", 3400),
    ]:
        answer = anonymous.get(f"/?{query}")
        assert problem(answer) == (401, code), query
        assert "_token" not in answer.json["_links"]["self"]["href"]


def test_a_dead_token_is_told_what_it_died_of(anonymous, runtime):
    expired = runtime.tokens.issue(runtime.operator().account, "expired", -1)[1]
    revoked = runtime.tokens.issue(runtime.operator().account, "revoked")[1]
    Token.update(revoked=now()).where(Token.name == "revoked").execute()

    for text, code in ((expired, 3402), (revoked, 3401)):
        for answer in (
            anonymous.get("/", headers={"Authorization": f"Bearer {text}"}),
            anonymous.get(f"/?_token={text}"),
        ):
            assert problem(answer) == (401, code)
            assert answer.headers["WWW-Authenticate"] == CHALLENGE
            assert text.encode() not in answer.data


def test_a_token_is_never_echoed(client, token, app):
    for path in ("/", f"/?appID={app['appID']}", "/stats", "/?size=0", "/nowhere", "/?size=x",
                 "/platform/build"):
        query = f"{'&' if '?' in path else '?'}_token={token}"
        answer = client.get(path + query)
        assert token.encode() not in answer.data
        assert b"_token" not in answer.data
        assert token not in str(answer.headers)


@pytest.fixture
def visit(anonymous, application, runtime):
    """Asks a server that is open to callers from its own machine."""
    is_open = dataclasses.replace(runtime.config, auth="open")
    application.extensions[EXTENSION] = dataclasses.replace(runtime, config=is_open)

    def visit(address="127.0.0.1", token=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        environment = {"REMOTE_ADDR": address}
        return anonymous.get("/", headers=headers, environ_overrides=environment).status_code

    return visit


def test_an_open_server_asks_nobody_on_its_own_machine(visit):
    for address in ("127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1", ""):
        assert visit(address) == 200, address
        assert visit(address, token="garbage") == 200


def test_an_open_server_asks_everybody_else(visit, token):
    for address in ("192.168.1.7", "10.0.0.1", "8.8.8.8", "::2", "::ffff:8.8.8.8", "fe80::1", "x"):
        assert visit(address) == 401, address
        assert visit(address, token=token) == 200


def test_an_open_server_asks_who_comes_through_a_proxy(visit, token):
    for headers in (
        {"X_Forwarded_For": "127.0.0.1"}, {"X_Forwarded_For": ""}, {"Forwarded": "for=127.0.0.1"},
    ):
        assert visit(**headers) == 401, headers
        assert visit(token=token, **headers) == 200


def test_an_open_server_is_not_open_to_pages_of_others(visit, token):
    for origin, status in [
        ("http://localhost:3000", 200),
        ("http://127.0.0.1", 200),
        ("http://[::1]:8080", 200),
        ("https://evil.example", 401),
        ("http://localhost.evil.example", 401),
        ("http://192.168.1.7", 401),
        ("null", 401),
        ("", 401),
        ("http://[", 401),
    ]:
        assert visit(Origin=origin) == status, origin
        assert visit(Origin=origin, token=token) == 200


def test_a_server_that_is_not_open_asks_everybody(anonymous):
    answer = anonymous.get("/", environ_overrides={"REMOTE_ADDR": "127.0.0.1"})

    assert problem(answer) == (401, 3400)
