"""What a real server writes into its log, and what its processes count together."""

import json

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.acceptance.server import wait_until


def line(server, **facts):
    """The line of the log with these facts, as soon as it is there."""

    def look():
        said = [json.loads(each) for each in server.said().splitlines() if each.startswith("{")]
        return next((each for each in said if facts.items() <= each.items()), None)

    return wait_until(look)


def figure(server, name, **labels):
    families = text_string_to_metric_families(httpx.get(f"{server.root}metrics").text)
    samples = [each for family in families for each in family.samples]
    found = [each.value for each in samples if (each.name, each.labels) == (name, labels)]
    return found[0] if found else 0


def test_a_request_has_a_line_in_json_without_its_token(server):
    token = server.token

    httpx.get(f"{server.root}?_token={token}&sort=title", headers={"X-Request-ID": "mine"})

    found = line(server, requestID="mine")
    assert (found["logger"], found["level"]) == ("ec_builds.request", "info")
    assert (found["path"], found["status"]) == ("/?sort=title", 200)
    assert f"_token={token}" not in server.said()


def test_a_build_is_followed_from_its_request_to_its_end(server, good):
    with server.client() as client:
        address = f"/platform/build?platformID={good}"
        build = client.post(address, headers={"X-Request-ID": "nightly"}).json()
        done = client.finished(build)

    assert done["events"][0]["info"] == {"requestID": "nightly"}
    asked = line(server, requestID="nightly")
    end = line(server, buildID=build["buildID"], state="SUCCEEDED")
    assert asked["status"] == 201
    assert end["seconds"] > 0
    assert line(server, message=f"Build {build['buildID']} begins")["worker"] == end["worker"]


def test_processes_count_together(server, good):
    route = {"method": "GET", "route": "/healthz", "status": "2xx"}
    before = figure(server, "ec_builds_http_request_seconds_count", **route)

    for _ in range(20):  # each in a connection of its own, to whichever process takes it
        httpx.get(f"{server.root}healthz")

    after = figure(server, "ec_builds_http_request_seconds_count", **route)
    assert after - before == 20
    assert figure(server, "ec_builds_workers") >= 1
