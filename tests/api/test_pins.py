"""Pins: what can be done with a build besides, each at an address of its own."""

import pytest

from ec_builds.states import State
from ec_builds.store.build import Build

PIN, UNPIN = "ec:app/build/pin", "ec:app/build/unpin"


@pytest.fixture
def built(make_platform, build):
    """A build."""
    return build(make_platform())


def address(document, relation="self"):
    return document["_links"][relation]["href"]


def test_a_build_is_pinned_and_unpinned_by_the_link_that_it_shows(client, built):
    assert (built["pinned"], UNPIN in built["_links"]) == (False, False)

    pinned = client.post(address(built, PIN))

    assert (pinned.status_code, pinned.json["pinned"]) == (200, True)
    assert PIN not in pinned.json["_links"]
    assert client.get(address(built)).json == pinned.json
    assert client.get(address(built)).headers["ETag"] == pinned.headers["ETag"]
    assert client.post(address(pinned.json, UNPIN)).json == built


def test_what_makes_no_sense_now_is_not_allowed(client, built):
    unpin = address(client.post(address(built, PIN)).json, UNPIN)

    again = client.post(address(built, PIN))
    client.post(unpin)
    back = client.post(unpin)

    for answer in (again, back):
        assert (answer.status_code, answer.json["code"]) == (405, 3110)
        assert (answer.json["detail"], answer.headers["Allow"]) == ("POST", "OPTIONS")


def test_an_action_cannot_be_read(client, built):
    for method in ("get", "head", "put", "delete"):
        answer = getattr(client, method)(address(built, PIN))
        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST, OPTIONS")


def test_a_build_that_has_not_ended_can_be_pinned(client, built, in_state):
    in_state(Build, built["buildID"], State.RUNNING, location=None, result_key=None)

    assert client.post(address(built, PIN)).json["pinned"]


@pytest.mark.parametrize(
    "query, status, code",
    [
        ("", 400, 3202), ("?buildID=", 400, 3202), ("?buildID=x", 400, 3212),
        ("?buildID=77", 404, 3102), ("?buildID=1,2", 400, 3212), ("?buildID=1&colour=x", 400, 3216),
    ],
)
def test_an_action_is_about_one_build(client, built, query, status, code):
    answer = client.post(f"/platform/build/pin{query}")

    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_a_build_that_has_changed_is_left_alone(client, built):
    old = client.get(address(built)).headers["ETag"]
    client.post(address(built, PIN))
    unpin = address(client.get(address(built)).json, UNPIN)

    refused = client.post(unpin, headers={"If-Match": old})

    assert client.get(address(built)).json["pinned"]
    assert (refused.status_code, refused.json["code"]) == (412, 3112)


def test_a_pinned_build_can_still_be_deleted(client, built):
    client.post(address(built, PIN))

    assert client.delete(address(built)).status_code == 200
    assert client.post(address(built, PIN)).status_code == 404


def test_a_list_shows_what_can_be_done_with_each(client, built):
    client.post(address(built, PIN))

    for size in ("1", "0"):
        listed = client.get(f"{address(built, 'collection')}&_list=true&size={size}").json
        (item,) = listed["_embedded"]["ec:app/build"]
        assert item["pinned"] and UNPIN in item["_links"] and PIN not in item["_links"]
