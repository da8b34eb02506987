"""Cancelling over HTTP: the link is there as long as it works."""

import pytest

from ec_builds.states import SUCCESSFUL, State
from ec_builds.store.build import Build

CANCEL = "ec:app/build/cancel"
#: What a build has as long as it has left nothing.
NOTHING = {"location": None, "result_key": None}


@pytest.fixture
def built(make_platform, build):
    """A build that has ended."""
    return build(make_platform())


def address(document, relation="self"):
    return document["_links"][relation]["href"]


@pytest.mark.parametrize("state", State)
def test_the_link_is_there_exactly_when_it_works(client, built, in_state, state):
    in_state(Build, built["buildID"], state, **({} if state in SUCCESSFUL else NOTHING))
    shown = client.get(address(built)).json
    there = address(built).replace("/build?", "/build/cancel?")

    answer = client.post(there)

    assert (CANCEL in shown["_links"]) is (answer.status_code == 200)
    assert (answer.status_code == 200) is (
        state in (State.CREATED, State.QUEUED, State.RUNNING)
    )
    if answer.status_code != 200:
        assert (answer.json["code"], answer.headers["Allow"]) == (3110, "OPTIONS")
    assert CANCEL not in client.get(address(built)).json["_links"]


@pytest.mark.parametrize("state", [State.CREATED, State.QUEUED])
def test_what_waits_is_cancelled_at_once(client, built, in_state, state):
    in_state(Build, built["buildID"], state, **NOTHING)

    cancelled = client.post(address(client.get(address(built)).json, CANCEL)).json

    assert (cancelled["status"], cancelled["successful"]) == ("CANCELLED", "error")
    assert cancelled["events"][-1]["message"] == "Cancelled before it began"
    assert cancelled["finished"]


def test_what_runs_is_told_to_end(client, built, in_state):
    in_state(Build, built["buildID"], State.RUNNING, **NOTHING)

    cancelled = client.post(address(client.get(address(built)).json, CANCEL)).json

    assert (cancelled["status"], cancelled["successful"]) == ("CANCELLING", "running")
    assert cancelled["events"][-1]["message"] == "Cancelling"
    assert cancelled["events"][-1]["temporary"]


@pytest.mark.parametrize("state", [State.QUEUED, State.RUNNING])
def test_the_event_says_which_request_it_was(client, built, in_state, state):
    in_state(Build, built["buildID"], state, **NOTHING)
    there = address(client.get(address(built)).json, CANCEL)

    cancelled = client.post(there, headers={"X-Request-ID": "from-a-proxy"}).json

    assert cancelled["events"][-1]["info"] == {"requestID": "from-a-proxy"}


def test_two_who_cancel_at_once_are_one_and_one_too_late(client, built, in_state, at_once):
    in_state(Build, built["buildID"], State.QUEUED, **NOTHING)
    there = address(client.get(address(built)).json, CANCEL)

    codes = at_once(lambda number: client.application.test_client().post(
        there, headers={"Authorization": client.environ_base["HTTP_AUTHORIZATION"]}
    ).status_code, times=4)

    assert sorted(codes) == [200, 405, 405, 405]
    assert Build.get_by_id(built["buildID"]).state == State.CANCELLED
