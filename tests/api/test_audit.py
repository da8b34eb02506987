"""The audit: who did what with what, when, from where, by which token."""

import json
from dataclasses import replace

import pytest

from ec_builds.auth.roles import Role
from ec_builds.services.audit import REFUSALS
from ec_builds.states import State
from ec_builds.store.account import Account
from ec_builds.store.audit import Audit
from ec_builds.store.build import Build
from ec_builds.store.database import Unreachable
from ec_builds.store.member import Member
from tests.api.conftest import link

SECRET = "5d8f0c2e7a91b3d4"
PATH = "/platform/build"


@pytest.fixture
def make_client(application, runtime, client):
    """A maker of clients of other accounts, by their names, with a role in an app."""

    def make_client(name, app=None, role=Role.VIEWER, **limits):
        account = Account.named(name, f"{name}@example.com")
        if app is not None:
            Member.join(app["appID"], account.id, role.word)
        token, text = runtime.tokens.issue(account, name, **limits)
        made = application.test_client()
        made.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {text}"
        made.account, made.token = account, token
        return made

    return make_client


@pytest.fixture
def lines(client):
    """A reader of the lines that a query finds, oldest first."""

    def lines(query=""):
        listed = client.get(f"/audit?_list=true&size=0&sort=auditID&{query}")
        assert listed.status_code == 200, listed.json
        return listed.json.get("_embedded", {}).get("ec:audit/line", [])

    return lines


def told(line):
    return line["action"], line["kind"], line["thing"], line["detail"]


def test_a_line_says_who_did_what_when_from_where_and_by_which_token(make_client, lines):
    jo = make_client("jo")
    made = jo.post(
        "/", json={"title": "Bakery", "hexColor": "#d97706"}, headers={"X-Request-ID": "r-1"}
    ).json

    (line,) = lines(f"appID={made['appID']}")
    del line["_links"]["self"], line["_links"]["collection"]

    assert line == {
        "auditID": line["auditID"],
        "moment": line["moment"],
        "accountID": jo.account.id,
        "email": "jo@example.com",
        "username": "jo",
        "tokenID": jo.token.id,
        "address": "127.0.0.1",
        "requestID": "r-1",
        "action": "create",
        "kind": "app",
        "thing": made["appID"],
        "appID": made["appID"],
        "detail": None,
        "_links": {"ec:app": made["_links"]["self"]},
    }
    assert made["created"] <= line["moment"]


def test_every_verb_leaves_a_line(client, app, make_plugin, make_platform, build, deploy, lines):
    plugins = [make_plugin(kind) for kind in ("codesource", "datasource")]
    target, other = (make_plugin("target", "zipDownload") for _ in range(2))
    platform = make_platform(codesource=plugins[0], datasource=plugins[1], targets=[target])
    built = build(platform)
    deployed = deploy(platform, built)
    build_id, deployment_id = str(built["buildID"]), str(deployed["deploymentID"])
    for verb in ("pin", "unpin"):
        assert client.post(f"{PATH}/{verb}?buildID={build_id}").status_code == 200
    edits = [
        (f"/?appID={app['appID']}", {"title": "Bakery", "hexColor": "#000000"}),
        (f"/retention?appID={app['appID']}", {"newest": 3, "days": None, "bytes": None}),
        (link(target)["href"], {"targetType": "folder", "config": {"path": SECRET}}),
        (
            link(platform)["href"],
            {
                "title": "Shops", "platformType": "staticWebsite", "config": {},
                "_links": {"ec:app/target": [link(other)]},
            },
        ),
    ]
    for address, body in edits:
        assert client.put(address, json=body).status_code == 200
    for address in (f"{PATH}?buildID={build_id}", link(target)["href"], f"/?appID={app['appID']}"):
        assert client.delete(address).status_code in (200, 204)

    platform_id, target_id = platform["platformID"], target["targetID"]
    found = [told(line) for line in lines(f"appID={app['appID']}")]

    assert found == [
        ("create", "app", app["appID"], None),
        ("create", "codesource", plugins[0]["codeSourceID"], None),
        ("create", "datasource", plugins[1]["dataSourceID"], None),
        ("create", "target", target_id, None),
        ("create", "target", other["targetID"], None),
        ("create", "platform", platform_id, None),
        ("create", "build", build_id, {"platformID": platform_id}),
        (
            "create", "deployment", deployment_id,
            {
                "platformID": platform_id, "buildID": built["buildID"], "targetIDs": [target_id],
            },
        ),
        ("pin", "build", build_id, {"platformID": platform_id}),
        ("unpin", "build", build_id, {"platformID": platform_id}),
        ("edit", "app", app["appID"], {"properties": ["hexColor"]}),
        ("edit", "retention", app["appID"], {"properties": ["newest"]}),
        ("edit", "target", target_id, {"properties": ["targetType", "config"]}),
        (
            "edit", "platform", platform_id,
            {"properties": ["title"], "targetIDs": [other["targetID"]]},
        ),
        ("delete", "build", build_id, {"platformID": platform_id}),
        ("delete", "target", target_id, None),
        ("delete", "app", app["appID"], None),
    ]
    assert SECRET not in json.dumps(lines())


def test_a_cancelled_build_leaves_a_line(client, make_platform, in_state, build, lines):
    built = build(make_platform())
    in_state(Build, built["buildID"], State.QUEUED, location=None, result_key=None)
    assert client.post(f"{PATH}/cancel?buildID={built['buildID']}").status_code == 200

    assert [told(line)[:3] for line in lines("action=cancel")] == [
        ("cancel", "build", str(built["buildID"]))
    ]


def test_who_belongs_to_an_app_is_told(client, app, make_client, lines):
    jo, app_id = make_client("jo"), app["appID"]
    asked = client.post(
        f"/invitation?appID={app_id}", json={"email": "jo@example.com", "role": "viewer"}
    )
    invitation_id = asked.json["invitationID"]
    accept = f"/account/invitation/accept?invitationID={invitation_id}"
    assert jo.post(accept).status_code == 200
    members = client.get(f"/member?appID={app_id}&_list=true").json["_embedded"]["ec:app/member"]
    (member,) = (each for each in members if each["role"] == "viewer")
    href = member["_links"]["self"]["href"]
    assert client.put(href, json={"role": "owner"}).status_code == 200
    assert jo.delete(href).status_code in (200, 204)

    whom, member_id = {"email": "jo@example.com", "role": "viewer"}, member["memberID"]
    jo_is = {"accountID": jo.account.id, "email": "jo@example.com", "role": "owner"}
    assert [(line["username"], *told(line)) for line in lines(f"appID={app_id}")][1:] == [
        ("admin", "create", "invitation", invitation_id, whom),
        ("jo", "accept", "offer", invitation_id, {"role": "viewer"}),
        ("admin", "edit", "member", member_id, {**jo_is, "properties": ["role"]}),
        ("jo", "delete", "member", member_id, jo_is),
    ]


def test_tokens_are_told_and_what_they_are_is_not(client, make_client, lines):
    jo = make_client("jo")
    made = jo.post("/account/token", json={"name": "ci"}).json
    href = made["_links"]["self"]["href"]
    assert jo.delete(href).status_code == 204

    found = lines(f"thing={made['tokenID']}")

    limits = {"name": "ci", "scopes": None, "appIDs": None, "expires": None}
    facts = {"accountID": jo.account.id, **limits}
    assert [(line["username"], *told(line)) for line in found] == [
        ("jo", verb, "token", made["tokenID"], facts)
        for verb in ("create", "delete")
    ]
    assert made["token"] not in json.dumps(found)


def test_what_did_not_happen_leaves_no_line(client, app, make_plugin, make_platform, lines):
    before = len(lines())
    used = make_platform()["_links"]["ec:app/codesource"]["href"]
    made = len(lines())

    client.delete(used)
    client.put(f"/?appID={app['appID']}", json={"title": ""})
    stale = {"If-Match": '"x"'}
    client.put(f"/?appID={app['appID']}", json={"title": "x", "hexColor": "#000000"}, headers=stale)
    client.post(f"/target?appID={app['appID']}", json={"targetType": "x", "config": {}})

    assert (made - before, len(lines())) == (4, made)


def test_what_is_sent_again_is_told_once(client, lines):
    for _ in range(2):
        body, key = {"title": "x", "hexColor": "#000000"}, {"Idempotency-Key": "1"}
        assert client.post("/", json=body, headers=key).status_code == 201

    assert [line["action"] for line in lines()] == ["create"]


def test_sweeps_are_told_with_their_number(client, runtime, app, make_platform, build, lines):
    platform = make_platform()
    for _ in range(4):
        build(platform)
    rule = {"newest": 2, "days": None, "bytes": None}
    client.put(f"/retention?appID={app['appID']}", json=rule)
    operator = runtime.operator()

    swept = runtime.retention.sweep(operator, runtime.retention.get(operator, app["appID"]))

    assert len(list(swept)) == 2
    (line,) = lines("action=sweep")
    assert told(line) == ("sweep", "retention", app["appID"], {"builds": 2})
    assert (line["username"], line["tokenID"], line["address"]) == ("admin", None, "local")


# --- who may read it


def test_the_admin_finds_it_from_the_root(client, app):
    href = client.get("/").json["_links"]["ec:audit"]["href"]

    listed = client.get(href)

    assert listed.headers["Allow"] == "GET, HEAD, OPTIONS"
    (line,) = listed.json["_embedded"]["ec:audit/line"]
    one = client.get(line["_links"]["self"]["href"])
    assert {**one.json["_links"], "curies": None} == {**line["_links"], "curies": None}
    assert one.headers["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("role", [None, Role.VIEWER, Role.OWNER])
def test_nobody_else_does(make_client, app, role):
    other = make_client("jo", role and app, role)

    root = other.get("/").json
    answers = [other.get(f"/audit{query}") for query in ("", "?auditID=1", "?auditID=99")]

    assert "ec:audit" not in root["_links"]
    for answer in answers:
        assert (answer.status_code, answer.json["code"]) == (401, 3410)
        assert other.options(answer.request.path).headers["Allow"] == "OPTIONS"


@pytest.mark.parametrize("limits", [{"scopes": ["app:read"]}, {"app_ids": []}])
def test_an_admins_token_has_to_be_good_for_it(anonymous, runtime, client, app, limits):
    limited = runtime.tokens.issue(runtime.operator().account, "limited", **limits)[1]
    headers = {"Authorization": f"Bearer {limited}"}

    assert "ec:audit" not in anonymous.get("/", headers=headers).json["_links"]
    for query in ("", "?auditID=1"):
        answer = anonymous.get(f"/audit{query}", headers=headers)
        assert (answer.status_code, answer.json["code"]) == (401, 3410)
        assert answer.json["detail"] == "audit:read"
        assert 'scope="audit:read"' in answer.headers["WWW-Authenticate"]


def test_it_cannot_be_changed(client, app):
    for address in ("/audit", "/audit?auditID=1"):
        for method in ("POST", "PUT", "DELETE"):
            answer = client.open(address, method=method, json={})
            assert (answer.status_code, answer.json["code"]) == (405, 3110)


# --- as a list


def test_every_filter_finds_its_lines(client, make_client, make, lines):
    jo = make_client("jo")
    app = make("/", title="x", hexColor="#000000")
    jo.post("/", json={"title": "y", "hexColor": "#000000"}, headers={"X-Request-ID": "r-2"})
    first, second = lines()

    for query, found in [
        (f"accountID={jo.account.id}", [second]),
        ("email=jo@example.com", [second]),
        (f"tokenID={jo.token.id}", [second]),
        (f"appID={app['appID']}", [first]),
        (f"thing={app['appID']}", [first]),
        ("kind=app", [first, second]),
        ("kind=build", []),
        ("action=create", [first, second]),
        ("address=127.0.0.1", [first, second]),
        ("requestID=r-2", [second]),
        (f"momentFrom={first['moment']}&momentTo={second['moment']}", [first, second]),
        ("momentFrom=2999-01-01", []),
        (f"moment={first['moment']}&requestID={first['requestID']}", [first]),
        (f"auditID={second['auditID']}", [second]),
    ]:
        assert lines(query) == found, query


def test_it_can_be_sorted_by_everything_and_read_to_its_end(client, make, lines):
    for title in "abc":
        make("/", title=title, hexColor="#000000")
    Audit.note(None, "sweep", "retention")
    properties = lines()[0].keys() - {"detail", "_links"}

    for name in sorted(properties):
        for sign in ("", "-"):
            pages = [
                client.get(f"/audit?sort={sign}{name}&size={size}&page={page}").json
                for size, page in ((3, 1), (3, 2), (0, 1))
            ]
            found = [
                [line["auditID"] for line in page["_embedded"]["ec:audit/line"]] for page in pages
            ]
            assert found[0] + found[1] == found[2], (sign, name)
            assert {(page["total"]) for page in pages} == {4}
    newest = client.get("/audit?size=1").json
    assert newest["_embedded"]["ec:audit/line"][0]["action"] == "sweep"
    assert "next" in newest["_links"]


@pytest.mark.parametrize(
    "query, code",
    [
        ("sort=detail", 3215), ("detail=x", 3216), ("kindFrom=a", 3217), ("accountID=x", 3212),
        ("momentFrom=x", 3212), ("auditID=x", 3212),
    ],
)
def test_what_makes_no_sense_is_refused(client, query, code):
    answer = client.get(f"/audit?_list=true&{query}")

    assert (answer.status_code, answer.json["code"]) == (400, code)


def test_a_line_outlasts_the_app_that_it_tells_of(client, app, lines):
    client.delete(f"/?appID={app['appID']}")

    for line in lines(f"appID={app['appID']}"):
        assert "ec:app" not in line["_links"]


# --- what was refused


def test_who_is_refused_something_is_told(make_client, app, make_platform, build, lines):
    built = build(make_platform())
    viewer = make_client("jo", app)
    scoped = make_client("sam", app, Role.OWNER, scopes=["app:read"])

    assert viewer.post(f"{PATH}/pin?buildID={built['buildID']}").status_code == 405
    assert viewer.post(f"/target?appID={app['appID']}", json={}).status_code == 405
    assert scoped.put(f"/?appID={app['appID']}", json={}).status_code == 401

    assert [(line["username"], line["appID"], *told(line)) for line in lines("action=refuse")] == [
        (
            "jo", app["appID"], "refuse", "build", str(built["buildID"]),
            {"verb": "pin", "code": 3411},
        ),
        ("jo", app["appID"], "refuse", "target", None, {"verb": "create", "code": 3411}),
        ("sam", None, "refuse", "app", None, {"verb": "edit", "code": 3410}),
    ]


def test_of_a_flood_of_refusals_only_the_first_ones_are(
    make_client, app, lines, runtime, monkeypatch
):
    minute = [0]
    monkeypatch.setattr("ec_builds.services.audit.time.monotonic", lambda: minute[0])
    jo, sam = make_client("jo", app), make_client("sam", app)

    for _ in range(REFUSALS + 5):
        jo.delete(f"/?appID={app['appID']}")
    assert len(lines("action=refuse")) == REFUSALS
    sam.delete(f"/?appID={app['appID']}")
    assert len(lines("action=refuse")) == REFUSALS + 1
    minute[0] = 60
    jo.delete(f"/?appID={app['appID']}")
    assert len(lines("action=refuse")) == REFUSALS + 2


def test_a_refusal_that_cannot_be_written_down_is_one_all_the_same(
    make_client, app, monkeypatch, caplog
):
    def silent(*arguments, **options):
        raise Unreachable[0]("away")

    monkeypatch.setattr(Audit, "note", silent)

    answer = make_client("jo", app).delete(f"/?appID={app['appID']}")

    assert (answer.status_code, answer.json["code"]) == (405, 3411)
    assert "could not be written down that somebody was refused" in caplog.text


def test_a_change_that_cannot_be_told_is_not_made(client, app, monkeypatch):
    def silent(*arguments, **options):
        raise Unreachable[0]("away")

    monkeypatch.setattr(Audit, "note", silent)
    edited = client.put(f"/?appID={app['appID']}", json={"title": "x", "hexColor": "#000000"})
    monkeypatch.undo()

    assert edited.status_code == 503
    assert client.get(f"/?appID={app['appID']}").json["title"] == app["title"]


def test_whoever_runs_the_server_is_local(runtime):
    operator = runtime.operator()

    assert (operator.address, replace(operator, address="x").address) == ("local", "x")
