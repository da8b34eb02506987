"""Webhooks of the Djinn face: made, shown, changed; and told of builds (reference, 5.9)."""

import dataclasses
import hashlib
import hmac
import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from ec_builds.engine.sender import Sender
from ec_builds.faces.djinn import Writer
from ec_builds.network import Network
from ec_builds.states import State
from ec_builds.store.account import Account
from ec_builds.store.app import App
from ec_builds.store.audit import Audit
from ec_builds.store.build import Build
from ec_builds.store.database import database, transaction
from ec_builds.store.member import Member
from ec_builds.store.namespace import Namespace
from ec_builds.store.variable import Secret
from ec_builds.store.webhook import Delivery, Webhook
from tests.receiving import Receiver
from tests.serving import serving

MANIFEST = "namespace: {}\ndriver: {{type: os}}\n"
HOOKS = "/n/ada/games/-/webhooks"
GONE = (404, {"message": "Not Found"})


@pytest.fixture
def config(config):
    """Settings of a server whose builds wait."""
    return dataclasses.replace(config, executor="none")


@pytest.fixture
def receiver():
    with serving(Receiver()) as running:
        yield running


@pytest.fixture
def person(application, anonymous, runtime):
    """A maker of people: their clients return status and document of an answer."""

    def person(username, **token):
        account = Account.named(username, f"{username}@example.com")
        text = runtime.tokens.issue(account, "test", **token)[1]
        client = application.test_client()
        client.__class__ = client.__class__.__mro__[1]  # the schemas are those of the native face

        def ask(method, path, **options):
            path = re.sub("^https?://[^/]+", "", path)
            options.setdefault("headers", {"Authorization": f"Bearer {text}"})
            answer = client.open(path, method=method, **options)
            return answer.status_code, answer.get_json(silent=True)

        return ask

    return person


@pytest.fixture
def ada(person):
    """Somebody with a namespace."""
    ask = person("ada")
    submit(ask)
    return ask


@pytest.fixture
def told(runtime):
    """Tells all webhooks what is due, as a worker does."""
    sender = Sender(Network(private="allow"), Writer(runtime.config, runtime.logs))
    return sender.flush


def submit(ask, namespace="games", prefix="", **more):
    manifest = MANIFEST.format(namespace) if namespace else "driver: {type: os}\n"
    status, build = ask("POST", f"{prefix}/builds", json={"manifest": manifest, **more})
    assert status == 201, build
    return build


def hooked(ask, url, path=HOOKS, **more):
    status, made = ask("POST", path, json={"payload_url": url, "active": True, **more})
    assert status == 201, made
    return made


def test_a_webhook_is_made_shown_and_removed(ada):
    made = hooked(
        ada, "https://example.com/hook?key=1", secret="hush hush", ssl=True,
        events=["build.submitted", "build.tagged", "build.submitted"],
    )

    assert made["url"] == f"http://localhost{HOOKS}/{made['id']}"
    assert made["payload_url"] == "https://example.com/hook?key=1"
    assert (made["ssl"], made["active"], made["last_response"]) == (True, True, None)
    assert made["events"] == ["build.submitted", "build.tagged"]
    assert made["namespace"]["path"] == "games"
    assert made["author_id"] == made["user_id"] == made["user"]["id"]
    assert made["namespace_id"] == made["namespace"]["id"]
    assert "hush" not in json.dumps(made)
    assert ada("GET", made["url"]) == (200, made)
    assert ada("GET", HOOKS) == (200, [made])
    assert ada("DELETE", made["url"]) == (204, None)
    assert ada("GET", made["url"]) == GONE
    assert ada("GET", HOOKS) == (200, [])


def test_what_is_not_said_is_all_events_and_a_checked_certificate(ada):
    made = hooked(ada, "https://example.com/")

    assert made["ssl"] is True
    assert {"build.started", "build.finished", "build.unpinned", "cron"} <= set(made["events"])


def test_only_what_is_given_changes(ada):
    made = hooked(ada, "https://example.com/", secret="hush hush", events=["build.tagged"])

    status, changed = ada("PATCH", made["url"], json={"active": False, "payload_url": ""})

    assert (status, changed) == (200, {**made, "active": False})
    assert Webhook.get().secret.config == "hush hush"
    wanted = {"payload_url": "http://example.com/2", "events": ["build.pinned"], "ssl": False}
    assert ada("PATCH", made["url"], json=wanted) == (200, {**changed, **wanted})
    assert ada("PATCH", made["url"]) == (200, {**changed, **wanted})


def test_a_secret_is_replaced_and_removed(ada):
    made = hooked(ada, "https://example.com/", secret="hush hush")

    ada("PATCH", made["url"], json={"secret": "more hush"})
    assert Webhook.get().secret.config == "more hush"
    ada("PATCH", made["url"], json={"remove_secret": True})
    assert Webhook.get().secret is None
    Secret.purge(datetime.now(UTC) + timedelta(minutes=1))
    assert not Secret.select().count()


#: What no webhook can be, and the field that is to blame.
BAD = [
    ({}, "payload_url"),
    ({"payload_url": "ftp://example.com/"}, "payload_url"),
    ({"payload_url": "example.com"}, "payload_url"),
    ({"payload_url": "https://"}, "payload_url"),
    ({"payload_url": "https://ada:hush@example.com/"}, "payload_url"),
    ({"payload_url": "https://example.com:99999/"}, "payload_url"),
    ({"payload_url": "https://exa mple.com/"}, "payload_url"),
    ({"payload_url": "https://example.com/\r\nX: y"}, "payload_url"),
    ({"payload_url": "https://example.com/" + "x" * 3000}, "payload_url"),
    ({"payload_url": 5}, "payload_url"),
    ({"payload_url": "https://example.com/", "events": ["build.eaten"]}, "events"),
    ({"payload_url": "https://example.com/", "events": "build.pinned"}, "events"),
    ({"payload_url": "https://example.com/", "ssl": "yes"}, "ssl"),
    ({"payload_url": "https://example.com/", "active": 1}, "active"),
    ({"payload_url": "https://example.com/", "secret": "x" * 2000}, "secret"),
    ([], "payload_url"),
]


def test_what_cannot_be_is_refused_by_field(ada):
    made = hooked(ada, "https://example.com/")

    for body, field in BAD:
        status, told = ada("POST", HOOKS, json=body)

        assert (status, list(told)) == (400, [field]), (body, told)
        assert all(isinstance(each, str) for each in told[field])
        assert "hush" not in str(told)
        if body:
            assert ada("PATCH", made["url"], json=body) == (400, told)
    assert ada("GET", HOOKS) == (200, [made])


def test_a_namespace_has_no_end_of_webhooks(ada, monkeypatch):
    monkeypatch.setattr("ec_builds.services.webhooks.MOST", 1)
    hooked(ada, "https://example.com/")

    status, told = ada("POST", HOOKS, json={"payload_url": "https://example.com/2"})

    assert (status, told) == (400, {"payload_url": ["A namespace has at most 1 webhooks"]})


def test_only_those_who_look_after_a_namespace_see_its_webhooks(ada, person):
    made = hooked(ada, "https://example.com/")
    stranger, developer, maintainer = (person(name) for name in ("eve", "dan", "mia"))
    app_id = Namespace.get(Namespace.path == "games").app_id
    for name, role in (("dan", "developer"), ("mia", "maintainer")):
        Member.join(app_id, Account.get(Account.username == name).id, role)
    Namespace.update(visibility="public").execute()

    def nobody(method, path, **options):
        return ada(method, path, headers={}, **options)

    def limited(method, path, **options):
        return scoped(method, path, **options)

    scoped = person("ada", scopes=["build:read", "variable:write"])
    for ask in (stranger, developer, nobody, limited):
        assert ask("GET", HOOKS) == GONE
        assert ask("GET", made["url"]) == GONE
        assert ask("POST", HOOKS, json={"payload_url": "https://example.com/"}) == GONE
        assert ask("PATCH", made["url"], json={"active": False}) == GONE
        assert ask("DELETE", made["url"]) == GONE
    assert maintainer("PATCH", made["url"], json={"active": False})[0] == 200
    reader = person("ada", scopes=["webhook:read"])
    assert reader("GET", HOOKS)[0] == 200
    assert reader("DELETE", made["url"]) == GONE


def test_one_of_another_namespace_is_not_there(ada):
    made = hooked(ada, "https://example.com/")
    submit(ada, "other")

    assert ada("GET", f"/n/ada/other/-/webhooks/{made['id']}") == GONE
    assert ada("GET", f"{HOOKS}/{10**30}") == GONE
    assert ada("GET", "/n/ada/missing/-/webhooks") == GONE
    assert ada("GET", "/n/nobody/games/-/webhooks") == GONE


def test_the_audit_tells_who_did_what_but_no_address(ada):
    made = hooked(ada, "https://example.com/T0/secret-path", secret="hush hush")
    ada("PATCH", made["url"], json={"secret": "more hush", "active": False})
    ada("DELETE", made["url"])

    lines = list(Audit.select().where(Audit.kind == "webhook").order_by(Audit.id))
    assert [line.action for line in lines] == ["create", "edit", "delete"]
    assert lines[1].detail == {"properties": ["active", "secret"]}
    assert not any(word in str(line.detail) for line in lines for word in ("hush", "secret-path"))


def test_each_event_comes_with_a_signature(ada, receiver, told):
    events = ["build.submitted", "build.tagged", "build.pinned", "build.unpinned"]
    made = hooked(ada, receiver.url, secret="hush hush", ssl=False, events=events)
    submitted = submit(ada, tags=["b", "a"])
    _, tags = ada("POST", submitted["tags_url"], json=["new", "a", "newer"])
    _, pinned = ada("PATCH", f"{submitted['url']}/pin")
    ada("PATCH", f"{submitted['url']}/pin")  # it is already
    _, unpinned = ada("PATCH", f"{submitted['url']}/unpin")

    told()

    assert receiver.events == events
    for headers, body in receiver.got:
        signature = hmac.new(b"hush hush", body, hashlib.sha256).hexdigest()
        assert headers["X-Djinn-CI-Signature"] == f"sha256={signature}"
        assert headers["X-Djinn-CI-Hook-ID"] == str(made["id"])
        assert headers["User-Agent"] == "Djinn-CI-Hook"
        assert headers["Content-Type"] == "application/json; charset=utf-8"
    bodies = [json.loads(body) for _, body in receiver.got]
    assert [bodies[0], *bodies[2:]] == [submitted, pinned, unpinned]
    assert list(bodies[1]) == ["build", "user", "tags", "url"]
    assert bodies[1]["url"] == submitted["tags_url"]
    assert bodies[1]["tags"] == [{"name": tag["name"], "url": tag["url"]} for tag in tags]
    assert [tag["name"] for tag in tags] == ["new", "newer"]
    assert bodies[1]["user"]["username"] == "ada"
    assert bodies[1]["build"]["tags"] == ["a", "b", "new", "newer"]
    _, shown = ada("GET", made["url"])
    last = shown["last_response"]
    assert (last["error"], last["code"]) == (None, 200)
    assert isinstance(last["duration"], int) and last["duration"] > 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", last["created_at"])


def test_a_build_is_shown_as_it_was(ada, receiver, told):
    hooked(ada, receiver.url, events=["build.submitted", "build.started", "build.finished"])
    build = submit(ada)
    fence = Build.claim(build["id"], 0, "worker", 0)
    Build.move(build["id"], State.FAILED, held=fence)

    told()

    bodies = [json.loads(body) for _, body in receiver.got]
    assert receiver.events == ["build.submitted", "build.started", "build.finished"]
    assert [body["status"] for body in bodies] == ["queued", "running", "failed"]
    assert [bool(body["started_at"]) for body in bodies] == [False, True, True]
    assert [bool(body["finished_at"]) for body in bodies] == [False, False, True]
    assert [body["output"] for body in bodies] == [None, None, ""]
    assert bodies[0] == build
    assert "X-Djinn-CI-Signature" not in receiver.got[0][0]


def test_a_build_that_is_cancelled_before_it_begins_has_ended(ada, receiver, told):
    hooked(ada, receiver.url, events=["build.finished"])
    build = submit(ada)

    ada("DELETE", build["url"])
    told()

    assert [json.loads(body)["status"] for _, body in receiver.got] == ["killed"]


@pytest.mark.parametrize("prefix", ["", "/api"])
def test_addresses_begin_as_for_whoever_has_made_it(ada, receiver, told, prefix):
    hooked(
        ada, receiver.url, f"{prefix}{HOOKS}", events=["build.submitted"],
    )

    submit(ada, prefix="/api")
    told()

    body = json.loads(receiver.got[0][1])
    assert body["url"] == f"http://localhost{prefix}/b/ada/2"
    assert body["namespace"]["url"] == f"http://localhost{prefix}/n/ada/games"


@pytest.mark.parametrize("prefix", ["", "/api"])
def test_the_configured_address_counts_more(ada, receiver, runtime, prefix):
    hooked(ada, receiver.url, f"{prefix}{HOOKS}", events=["build.submitted"])
    config = dataclasses.replace(runtime.config, public_url="https://builds.example.com/ci/")

    submit(ada)
    Sender(Network(private="allow"), Writer(config, runtime.logs)).flush()

    url = json.loads(receiver.got[0][1])["url"]
    assert url == f"https://builds.example.com/ci{prefix}/b/ada/2"


def test_who_has_not_asked_is_told_nothing(ada, receiver, told):
    hooked(ada, receiver.url, events=["build.tagged"])
    hooked(ada, receiver.url, active=False)
    submit(ada, "other")
    hooked(ada, receiver.url, "/n/ada/other/-/webhooks", events=["cron"])

    for namespace in ("games", "games/chess", "other", ""):
        submit(ada, namespace, tags=["given at once"])
    told()

    assert not receiver.got and not Delivery.select().count()


def test_what_did_not_happen_is_told_to_nobody(ada, receiver, told):
    hooked(ada, receiver.url)
    build = Build.select().where(Build.app_id == Webhook.get().app_id).get()

    with pytest.raises(RuntimeError), transaction():
        Delivery.announce(build.id, "build.pinned")
        raise RuntimeError("undone")
    told()

    assert not receiver.got


def test_what_is_switched_off_is_told_nothing_of_before_either(ada, receiver, told):
    made = hooked(ada, receiver.url)
    submit(ada)

    ada("PATCH", made["url"], json={"active": False})
    ada("PATCH", made["url"], json={"active": True})
    told()

    assert not receiver.got


def test_a_failure_is_shown(ada, told):
    made = hooked(ada, "http://127.0.0.1:1/?key=hidden")
    submit(ada)

    told()

    last = ada("GET", made["url"])[1]["last_response"]
    assert last["code"] == 0
    assert "refused" in last["error"] and "hidden" not in last["error"]


def test_a_build_that_is_gone_is_told_of_if_that_was_written(ada, receiver, told):
    receiver.answer = lambda request: request.send(b"", 500)
    hooked(ada, receiver.url, events=["build.submitted"])
    written, unwritten = submit(ada), None
    told()
    unwritten = submit(ada)
    Build.delete().where(Build.id.in_([written["id"], unwritten["id"]])).execute()
    Delivery.update(due=0).execute()

    told()

    assert [json.loads(body)["number"] for _, body in receiver.got] == [written["number"]] * 2
    assert Delivery.select().count() == 1


def test_they_go_with_their_namespace(ada, receiver):
    hooked(ada, receiver.url, secret="hush hush")
    submit(ada)
    assert Delivery.select().count() == 1
    app_id = Webhook.get().app_id

    Build.delete().where(Build.app_id == app_id).execute()
    App.get_by_id(app_id).delete_instance()

    assert not Webhook.select().count() and not Delivery.select().count()


def test_nobody_who_is_told_nothing_waits_for_it(ada, monkeypatch):
    build, asked = submit(ada), []
    execute = database.obj.execute_sql

    def counted(sql, *arguments, **options):
        asked.append(sql)
        return execute(sql, *arguments, **options)

    monkeypatch.setattr(database.obj, "execute_sql", counted)
    Delivery.announce(build["id"], "build.submitted")

    assert len(asked) == 1


def test_a_webhook_that_is_deleted_at_this_very_moment_undoes_nothing(
    ada, receiver, interrupt
):
    made = hooked(ada, receiver.url)
    build = submit(ada)
    outcome = interrupt(Delivery, "insert_many", lambda: ada("DELETE", made["url"])[0])

    assert ada("PATCH", f"{build['url']}/pin")[0] == 200
    assert outcome() == 204

    assert not Delivery.select().count()
