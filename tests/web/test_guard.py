"""Who gets in: a token in a header or in the query (reference 1.8)."""

import dataclasses

import pytest

from ec_builds.runtime import make_provider
from ec_builds.store.account import Token
from ec_builds.store.database import now
from ec_builds.web.current import EXTENSION
from tests.issuing import AUDIENCE, issuing

GUARDED = ["/", "/platform", "/codesource", "/datasource", "/target", "/platform/build",
           "/platform/deployment", "/stats", "/plugintypes", "/files/builds/1.zip",
           "/files/deployments/1/x/y", "/platform/build/pin", "/platform/build/cancel",
           "/retention", "/retention/preview", "/audit"]
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
                assert answer.headers["WWW-Authenticate"].startswith(CHALLENGE)


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
        assert answer.headers["WWW-Authenticate"].startswith(CHALLENGE)


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
            assert answer.headers["WWW-Authenticate"].startswith(CHALLENGE)
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
    for address in ("127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"):
        assert visit(address) == 200, address
        assert visit(address, token="garbage") == 200


def test_an_open_server_asks_everybody_else(visit, token):
    for address in ("192.168.1.7", "10.0.0.1", "8.8.8.8", "::2", "::ffff:8.8.8.8", "fe80::1", "x",
                    "0.0.0.0", ""):  # a Unix socket may be a proxy's
        assert visit(address) == 401, address
        assert visit(address, token=token) == 200


def test_an_open_server_asks_who_comes_through_a_proxy(visit, token):
    for headers in (
        {"X_Forwarded_For": "127.0.0.1"}, {"X_Forwarded_For": ""}, {"Forwarded": "for=127.0.0.1"},
        {"X_Forwarded_Proto": "http"}, {"x_forwarded_host": "localhost"}, {"X_Forwarded": "x"},
        {"X_FORWARDED_PORT": "80"}, {"X_Real_IP": "127.0.0.1"}, {"Via": "1.1 x"},
        {"CF_Connecting_IP": "127.0.0.1"}, {"True_Client_IP": "127.0.0.1"},
        {"X_Original_URL": "/"}, {"X_Client_IP": "127.0.0.1"},
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


def test_an_open_server_is_not_open_to_what_a_page_loads(visit, token):
    for headers, status in [
        ({"Sec_Fetch_Site": "none"}, 200),
        ({"Sec_Fetch_Site": "same-origin"}, 200),
        ({"Sec_Fetch_Site": "same-origin", "Referer": "http://localhost/docs/"}, 200),
        ({"Sec_Fetch_Site": "same-site", "Origin": "http://localhost:3000"}, 200),
        ({"Sec_Fetch_Site": "same-site"}, 401),
        ({"Sec_Fetch_Site": "same-site", "Referer": "http://evil.localhost/"}, 401),
        ({"Sec_Fetch_Site": "same-site", "Origin": "http://evil.localhost"}, 401),
        ({"Sec_Fetch_Site": "cross-site"}, 401),
        ({"Sec_Fetch_Site": "cross-site", "Origin": "http://localhost"}, 401),
        ({"Referer": "https://evil.example/"}, 401),
        ({"Origin": "http://localhost", "Referer": "https://evil.example/"}, 401),
        ({"Origin": "file://"}, 401),
    ]:
        assert visit(**headers) == status, headers
        assert visit(token=token, **headers) == 200


def test_an_open_server_is_not_open_to_names_that_were_made_to_lead_here(visit, token):
    for host, status in [
        ("localhost", 200), ("127.0.0.1:7470", 200), ("[::1]", 200), ("LOCALHOST:80", 200),
        ("localhost.evil.example", 401), ("127.0.0.1.nip.io", 401), ("evil.example", 401),
        ("2130706433", 401), ("127.1", 401), ("0177.0.0.1", 401), ("0x7f.0.0.1", 401),
        ("localhost.", 401), ("127.0.0.1.", 401), ("0.0.0.0", 401), ("[::]", 401),
        ("[::ffff:10.0.0.1]", 401), ("192.168.1.7", 401),
    ]:
        assert visit(Host=host) == status, host
        assert visit(Host=host, token=token) == 200


def test_an_open_server_with_a_public_name_is_open_to_nobody(visit, application):
    opened = application.extensions[EXTENSION]
    for url, status in [
        ("https://builds.example.com/", 401), ("http://192.168.1.7/", 401),
        ("http://localhost:7470/", 200), ("http://[::1]/", 200),
    ]:
        config = dataclasses.replace(opened.config, public_url=url)
        application.extensions[EXTENSION] = dataclasses.replace(opened, config=config)
        assert visit() == status, url


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"],
)
def test_a_form_of_another_page_does_nothing_on_an_open_server(visit, anonymous, content_type):
    """These are what a page may send without asking first."""
    data = '{"title": "Bakery", "hexColor": "#d97706", "x": "="}'
    for browser in (
        {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
        {"Referer": "https://evil.example/form"}, {"Host": "evil.example"},
    ):
        answer = anonymous.post("/", data=data, headers=browser, content_type=content_type)
        assert answer.status_code == 401, browser
    assert visit() == 200 and anonymous.get("/").json["total"] == 0


def test_a_server_that_is_not_open_asks_everybody(anonymous):
    answer = anonymous.get("/", environ_overrides={"REMOTE_ADDR": "127.0.0.1"})

    assert problem(answer) == (401, 3400)


@pytest.fixture
def issuer(runtime):
    """An identity provider whose tokens the server accepts."""
    with issuing() as issuer:
        settings = {"jwt_issuer": issuer.issuer, "jwt_audience": (AUDIENCE,)}
        runtime.tokens.provider = make_provider(dataclasses.replace(runtime.config, **settings))
        yield issuer


def bearer(text):
    return {"Authorization": f"Bearer {text}"}


def test_a_token_of_an_identity_provider_opens_the_door(anonymous, issuer):
    body = {"title": "x", "hexColor": "#000000"}

    created = anonymous.post("/", json=body, headers=bearer(issuer.token()))

    assert created.status_code == 201
    assert {"ec:app/codesources", "ec:app/platforms"} <= created.json["_links"].keys()
    seen = anonymous.get("/", headers=bearer(issuer.token()))
    assert seen.json["total"] == 1
    other = issuer.token(sub="2", email="joe@example.com")
    assert anonymous.get("/", headers=bearer(other)).json["total"] == 0


def test_an_identity_providers_bad_token_is_told_what_is_wrong_with_it(anonymous, issuer):
    for text, code, told in (
        (issuer.token(aud="x"), 3401, "EC_BUILDS_JWT_AUDIENCE"),
        (issuer.token(exp=1), 3402, "exp"),
        (issuer.token(sub="a\0"), 3401, "sub"),
        (issuer.token(headers={"kid": "../x"}), 3401, "kid"),
    ):
        answer = anonymous.get("/", headers=bearer(text))

        assert problem(answer) == (401, code)
        assert told in answer.json["verbose"]
        assert answer.headers["WWW-Authenticate"].startswith(CHALLENGE)


def test_without_the_providers_keys_nobody_can_tell(anonymous, issuer, token):
    issuer.routes["/keys"] = lambda request: request.send(b"", 500)

    answer = anonymous.get("/", headers=bearer(issuer.token()))

    assert problem(answer) == (503, 3003)
    assert 1 <= int(answer.headers["Retry-After"]) <= 10
    assert anonymous.get("/", headers=bearer(token)).status_code == 200
