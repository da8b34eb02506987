"""Whether the server lives, and whether it can work."""

from dataclasses import replace

from ec_builds import __version__
from ec_builds.app import create_app
from ec_builds.runtime import assemble, prepare
from ec_builds.store import migrations
from ec_builds.store.account import Account
from ec_builds.store.database import database


def test_a_server_that_lives_says_so(anonymous):
    answer = anonymous.get("/healthz")

    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert answer.json == {"status": "ok", "version": __version__}
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_server_that_works_says_so_and_what_could_be_better(anonymous):
    answer = anonymous.get("/readyz")

    assert (answer.status_code, answer.json["status"]) == (200, "ok")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json["warnings"] == []


STRANGER = {"REMOTE_ADDR": "192.0.2.7"}


def test_strangers_are_told_no_more_than_whether_it_is_well(anonymous, token, config, runtime):
    other = runtime.tokens.issue(Account.named("baker", "baker@example.com"), "baker")[1]
    for path, more in (("/healthz", "version"), ("/readyz", "warnings")):
        for headers, knows in [
            ({}, False), ({"Authorization": f"Bearer {other}"}, False),
            ({"Authorization": f"Bearer {token}"}, True),
        ]:
            answer = anonymous.get(path, headers=headers, environ_overrides=STRANGER)
            assert answer.status_code == 200
            assert answer.json.keys() == ({"status", more} if knows else {"status"})
    (config.home / "storage").rename(config.home / "away")
    answer = anonymous.get("/readyz", environ_overrides=STRANGER)
    assert answer.status_code == 503
    assert not {"verbose", "detail"} & answer.json.keys()


def test_health_is_no_place_to_guess_tokens(anonymous):
    answers = [
        anonymous.get("/healthz", headers={"Authorization": "Bearer x"}, environ_overrides=STRANGER)
        for _ in range(70)
    ]

    assert {answer.status_code for answer in answers} == {200, 429}
    assert answers[0].json == {"status": "ok"}


def test_a_server_without_its_database_lives_for_strangers_as_well(anonymous, token, outage):
    end = outage()
    try:
        known = {"Authorization": f"Bearer {token}"}
        health = anonymous.get("/healthz", headers=known, environ_overrides=STRANGER)
        ready = anonymous.get("/readyz", headers=known, environ_overrides=STRANGER)
    finally:
        end()

    assert (health.status_code, health.json) == (200, {"status": "ok"})
    assert ready.status_code == 503
    assert not {"verbose", "detail"} & ready.json.keys()


def test_a_server_without_a_sandbox_says_so(config, caplog):
    prepare(config)
    app = create_app(assemble(replace(config, sandbox="process")))

    answer = app.test_client().get("/readyz")

    (warning,) = answer.json["warnings"]
    assert "not fenced in" in warning
    assert warning in caplog.text
    database.close()


def test_a_server_without_its_database_says_so_and_recovers(client, app, outage):
    end = outage()
    try:
        health, readiness = client.get("/healthz"), client.get("/readyz")
        reading, writing = client.get("/"), client.post("/", json=app)
    finally:
        end()

    assert health.status_code == 200
    assert (readiness.status_code, readiness.json["code"]) == (503, 3003)
    assert readiness.json["verbose"] == "The database does not answer, or lacks its tables."
    assert readiness.headers["Cache-Control"] == "no-store"
    for answer in (reading, writing):
        assert (answer.status_code, answer.json["code"]) == (503, 3003)
        assert answer.headers["Retry-After"] == "5"
        told = "The database does not answer; try again later."
        assert answer.json["verbose"] == told
        assert "detail" not in answer.json
    assert client.get("/readyz").status_code == 200
    assert client.get(app["_links"]["self"]["href"]).json == app
    assert client.get("/").json["total"] == 1


def test_a_database_without_its_tables_is_none(anonymous, monkeypatch):
    newest = migrations.versions()[-1][0]
    monkeypatch.setattr(migrations, "versions", lambda: [(newest + 1, "next release")])
    assert anonymous.get("/readyz").status_code == 503

    monkeypatch.undo()
    assert anonymous.get("/readyz").status_code == 200


def test_a_server_without_its_storage_says_so_and_recovers(anonymous, config):
    storage, away = config.home / "storage", config.home / "away"
    storage.rename(away)

    missing = anonymous.get("/readyz")
    is_there = storage.exists()
    storage.write_text("in the way")
    hidden = anonymous.get("/readyz")
    storage.unlink()
    storage.mkdir()
    replaced = anonymous.get("/readyz")
    storage.rmdir()
    away.rename(storage)

    for answer, told in ((missing, "is not there"), (hidden, "is not there"),
                         (replaced, "is another one, or empty")):
        assert (answer.status_code, answer.json["code"]) == (503, 3003)
        assert answer.json["verbose"] == f"The storage: its folder {told}."
        assert answer.headers["Retry-After"] == "5"
    assert not is_there
    assert anonymous.get("/readyz").status_code == 200
