"""Figures for Prometheus."""

import re
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ec_builds.store.account import Account


def read(client):
    """All figures by name and labels; every name is explained."""
    answer = client.get("/metrics")
    assert (answer.status_code, answer.mimetype) == (200, "text/plain")
    assert answer.headers["Cache-Control"] == "no-store"
    families = list(text_string_to_metric_families(answer.text))
    assert all(family.documentation.endswith(".") for family in families)
    return {
        (sample.name.removeprefix("ec_builds_"), *sorted(sample.labels.values())): sample.value
        for family in families
        for sample in family.samples
    }


STRANGER = {"REMOTE_ADDR": "192.0.2.7"}


def test_an_operator_may_ask_everybody_for_a_token(anonymous, runtime, token):
    object.__setattr__(runtime.config, "metrics", "admin")  # which is frozen for everybody else

    assert anonymous.get("/metrics").status_code == 401
    assert anonymous.get("/healthz").json == {"status": "ok"}
    assert anonymous.get("/metrics", headers={"Authorization": f"Bearer {token}"}).data


def test_strangers_need_the_token_of_the_admin(anonymous, runtime, token):
    other = runtime.tokens.issue(Account.named("baker", "baker@example.com"), "baker")[1]
    for header, status, code in [
        (None, 401, 3400), ("Bearer x", 401, 3401), (f"Bearer {other}", 401, 3410),
        (f"Bearer {token}", 200, None),
    ]:
        headers = {"Authorization": header} if header else {}
        answer = anonymous.get("/metrics", headers=headers, environ_overrides=STRANGER)
        assert answer.status_code == status, header
        if code:
            assert answer.json["code"] == code
            assert b"ec_builds_" not in answer.data


@pytest.mark.parametrize(
    "headers",
    [{"X-Forwarded-For": "127.0.0.1"}, {"Host": "evil.example"}, {"Origin": "https://evil.example"},
     {"Via": "1.1 x"}, {"Sec-Fetch-Site": "cross-site"}],
)
def test_whoever_may_be_a_stranger_is_one(anonymous, headers):
    assert anonymous.get("/metrics", headers=headers).status_code == 401


def test_a_new_server_has_figures_for_its_own_machine(anonymous):
    found = read(anonymous)

    assert found["database_up",] == 1
    assert found["queue_length", "build"] == found["queue_oldest_seconds", "deployment"] == 0
    assert found["workers_busy",] == 0


def test_builds_are_counted_by_state_and_type(client, make_platform, build, deploy):
    platform = make_platform()
    built = build(platform)
    build(platform)
    build(make_platform("Broken", config={"directory": "nowhere"}))
    deploy(platform, built)

    found = read(client)

    assert found["builds", "SUCCEEDED", "staticWebsite"] == 2
    assert found["builds", "FAILED", "staticWebsite"] == 1
    assert found["deployments", "SUCCEEDED", "staticWebsite"] == 1
    assert found["runs_started_total", "build"] == 3
    assert found["runs_finished_total", "FAILED", "build"] == 1
    assert found["stage_seconds_count", "build", "fetch_code"] == 3
    assert found["stage_seconds_count", "build", "store_result"] == 2
    assert found["stage_seconds_count", "deliver", "deployment"] == 1


def test_requests_are_counted_by_their_pattern(client, app):
    client.get(f"/?appID={app['appID']}")
    client.get("/no/such/page")

    found = read(client)

    assert found["http_request_seconds_count", "/", "2xx", "GET"] == 1
    assert found["http_request_seconds_count", "4xx", "GET", "none"] == 1


def test_nobodys_names_are_told(client, app, make_platform, build):
    build(make_platform("Secret Shop"))

    text = client.get("/metrics").text

    for name in (app["title"], app["appID"], app["shortID"], "Secret", "admin", "localhost"):
        assert name not in text


def test_without_a_database_the_figures_of_processes_are_told(client, app, outage):
    end = outage()
    try:
        found = read(client)
    finally:
        end()

    assert found["database_up",] == 0
    assert found["http_request_seconds_count", "/", "2xx", "POST"] == 1
    assert ("queue_length", "build") not in found
    assert read(client)["database_up",] == 1


def test_the_readme_tells_of_every_figure(client, make_platform, build, runtime):
    build(make_platform())
    runtime.metrics.worker(1, 1)
    runtime.metrics.lease_lost("build")
    readme = (Path(__file__).parents[2] / "README.rst").read_text()
    families = text_string_to_metric_families(client.get("/metrics").text)

    told = {name.removesuffix("_total") for name in re.findall(r"\n``(ec_builds_\w+)`` ", readme)}

    assert told == {family.name for family in families}
