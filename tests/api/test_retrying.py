"""A POST can be sent again when its answer was lost."""

import threading

import pytest

from ec_builds.store.build import Build
from ec_builds.store.database import database
from ec_builds.store.receipt import Receipt

KEY = {"Idempotency-Key": "5c8ff1ea-1"}


@pytest.fixture
def builds(make_platform):
    """The address of the builds of a platform."""
    return make_platform()["_links"]["ec:app/builds"]["href"]


def test_the_same_request_creates_one_build(client, builds):
    first, second = (client.post(builds, headers=KEY) for _ in range(2))

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json["buildID"] == second.json["buildID"]
    assert Build.select().count() == 1


def test_without_a_key_each_request_creates_one(client, builds):
    first, second = (client.post(builds) for _ in range(2))

    assert first.json["buildID"] != second.json["buildID"]


@pytest.mark.parametrize(
    "address, body",
    [
        ("/", {"title": "Bakery", "hexColor": "#d97706"}),
        ("/codesource?appID={app}", {"codeSourceType": "stub", "config": {}}),
    ],
)
def test_everything_that_is_created_can_be_retried(client, app, address, body):
    address = address.format(app=app["appID"])

    first, second = (client.post(address, json=body, headers=KEY) for _ in range(2))

    assert first.headers["Location"] == second.headers["Location"]


def test_a_key_belongs_to_one_request(client, builds):
    client.post(builds, headers=KEY)

    answer = client.post(builds, json={"comment": "other"}, headers=KEY)

    assert (answer.status_code, answer.json["code"]) == (422, 3115)
    assert Build.select().count() == 1


def test_a_request_that_failed_may_be_mended(client, builds):
    failed = client.post(builds, json={"comment": 1}, headers=KEY)
    mended = client.post(builds, json={"comment": "one"}, headers=KEY)

    assert (failed.status_code, mended.status_code) == (400, 201)


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "ä"])
def test_a_strange_key_is_refused(client, builds, key):
    answer = client.post(builds, headers={"Idempotency-Key": key})

    assert (answer.status_code, answer.json["code"]) == (400, 3252)
    assert answer.json["detail"] == "Idempotency-Key"


def test_two_requests_at_once_create_one_build(client, builds, runtime, monkeypatch):
    monkeypatch.setattr(runtime.executor, "ring", lambda: None)
    answers, barrier = [], threading.Barrier(2)

    def post():
        barrier.wait()
        answers.append(client.application.test_client().post(builds, headers=headers))
        database.close()

    headers = {**KEY, "Authorization": client.environ_base["HTTP_AUTHORIZATION"]}
    threads = [threading.Thread(target=post) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json["buildID"] for answer in answers}) == 1
    assert Build.select().count() == 1


def test_after_a_day_the_key_is_forgotten(client, builds, runtime):
    client.post(builds, headers=KEY)
    Receipt.update(created="2000-01-01T00:00:00.000Z").execute()

    runtime.executor.reconciler.turn()

    assert Receipt.select().count() == 0
