"""Tokens, as the official client keeps and drops them (reference 1.8)."""

import pytest


@pytest.fixture
def steps(script):
    return script("tokens")


def test_a_good_token_opens_the_door_and_is_kept(steps):
    assert steps["good token"].value["count"] >= 0
    assert steps["good token: afterwards"].value == {"hasToken": True, "events": []}
    assert steps["another token"].error is None


@pytest.mark.parametrize("what", ["no token", "bad token"])
def test_the_first_request_of_a_connector_fails_with_its_status(steps, what):
    assert steps[what].lines == ["GET /"]
    assert "401" in steps[what].error["message"]


@pytest.mark.parametrize("what, code", [("bad", 3401), ("old", 3402)])
def test_a_dead_token_logs_the_client_out(steps, what, code):
    error = steps[f"token that became {what}"].error

    assert (error["name"], error["status"], error["code"]) == ("Problem", 401, code)
    assert steps[f"token that became {what}: afterwards"].value == {
        "hasToken": False,
        "events": [f"logout {code}"],
    }


def test_the_client_refuses_what_is_no_jwt(steps):
    assert steps["malformed token"].error["message"] == "Malformed token"
    assert steps["malformed token"].lines == []


def test_calls_of_a_new_connector_may_run_side_by_side(steps):
    apps, types, stats = steps["parallel calls"].value

    assert apps["total"] == stats["total"]
    assert types["targetTypes"]
