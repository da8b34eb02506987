"""A line of the log for each request, and its id."""

import logging
import re

import pytest


@pytest.fixture
def lines(caplog):
    """The facts of the lines so far."""
    caplog.set_level(logging.INFO, "ec_builds.request")
    return lambda: [each.facts for each in caplog.records if each.name == "ec_builds.request"]


def test_each_request_has_its_line(client, lines):
    answer = client.get("/?sort=title&_list=true")

    [line] = lines()
    assert line.pop("durationMs") > 0
    assert re.fullmatch("[0-9a-f-]{36}", line.pop("accountID"))
    assert line == {
        "method": "GET",
        "path": "/?sort=title&_list=true",
        "status": 200,
        "bytes": len(answer.data),
        "requestID": answer.headers["X-Request-ID"],
        "address": "127.0.0.1",
    }


def test_what_fails_has_its_line_too(anonymous, lines):
    for method, address in (("GET", "/"), ("GET", "/no/such"), ("PATCH", "/healthz")):
        anonymous.open(address, method=method)

    assert [(line["method"], line["status"]) for line in lines()] == [
        ("GET", 401), ("GET", 404), ("PATCH", 405),
    ]
    assert not any("accountID" in line for line in lines())


@pytest.mark.parametrize("name", ["_token", "%5Ftoken", "_toke%6E"])
def test_a_token_is_not_written_down(anonymous, token, caplog, lines, name):
    assert anonymous.get(f"/?{name}={token}&sort=title").status_code == 200

    assert [line["path"] for line in lines()] == ["/?sort=title"]
    assert token not in caplog.text


def test_nobody_forges_a_line(anonymous, lines):
    anonymous.get("/a%0A%1B[31mb?c=%0A")

    assert [line["path"] for line in lines()] == ["/a%0A%1B%5B31mb?c=%0A"]


@pytest.mark.parametrize("wanted", ["abc", "A-1_2.3" + "x" * 57])
def test_a_client_may_name_its_request(client, wanted):
    answer = client.get("/no/such", headers={"X-Request-ID": wanted})

    assert answer.headers["X-Request-ID"] == answer.json["requestID"] == wanted


@pytest.mark.parametrize("wanted", ["", "a b", "x" * 65, "ü", "<b>", "a\tb"])
def test_not_every_name_is_taken(client, wanted):
    answer = client.get("/", headers={"X-Request-ID": wanted})

    assert re.fullmatch("[0-9a-f]{16}", answer.headers["X-Request-ID"])
