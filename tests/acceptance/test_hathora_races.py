"""What many clients of the Hathora face do at the same time: each has an answer of its own."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.acceptance.archives import file, hopeless
from tests.acceptance.hathora import Api, completing, message_of, names, piece, send, slots

pytestmark = [pytest.mark.buildah, pytest.mark.registry]
MANY = 8


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def cloud(request, make_cloud):
    return make_cloud(request.param, EC_BUILDS_UPLOAD_CHUNK_SIZE="50")


@pytest.fixture
def api(cloud):
    """A client of somebody who has nothing yet."""
    client = Api(cloud.root, cloud.token_of(f"racer{next(names)}@example.com"))
    yield client
    client.close()


def together(action, number=MANY):
    """What came of an action that many did at the same time."""
    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(action, range(number)))


def statuses(answers):
    for answer in answers:
        if answer.status_code >= 400:
            message_of(answer)
    return Counter(answer.status_code for answer in answers)


def test_9_builds_created_at_the_same_time_have_numbers_of_their_own(api):
    builds = api.builds("v2")
    made = together(lambda number: builds.create(buildTag=f"{number}")["buildId"])

    assert sorted(made) == list(range(1, MANY + 1))
    assert [each["buildId"] for each in builds.list()] == list(range(MANY, 0, -1))


def test_19_one_of_many_gets_a_name(api):
    body = {"buildSizeInBytes": 1, "buildId": "mine"}
    answers = together(lambda _: api.http.post(f"{api.root}/builds/v3/builds", json=body))

    assert statuses(answers) == {201: 1, 422: MANY - 1}


def test_one_of_many_gets_the_name_of_an_application(api):
    body = {"appName": "arena", "authConfiguration": {}}
    answers = together(lambda _: api.http.post(f"{api.root}/apps/v2/apps", json=body))

    assert statuses(answers) == {201: 1, 422: MANY - 1}


@pytest.mark.parametrize("version", ["v2", "v3"])
def test_38_one_of_many_runs_a_build(api, version):
    builds = api.builds(version)
    build_id = builds.uploaded(hopeless())["buildId"]
    path = f"{api.root}{builds.path_of('run', build_id)}"
    answers = together(lambda _: api.http.post(path))

    assert statuses(answers) == {200: 1, 400: MANY - 1}
    assert builds.read(build_id)["status"] == "failed"


def test_38_one_of_many_runs_a_build_with_a_file(api):
    builds = api.builds("v1")
    build_id = builds.create()["buildId"]
    path = f"{api.root}{builds.path_of('run', build_id)}"
    answers = together(lambda _: api.http.post(path, files=file(hopeless())))

    assert statuses(answers) == {200: 1, 400: MANY - 1}
    assert builds.read(build_id)["status"] == "failed"


def test_17_one_of_many_deletes_a_build(api):
    builds = api.builds("v3")
    build_id = builds.create()["buildId"]
    path = f"{api.root}{builds.path_to_delete(build_id)}"
    answers = together(lambda _: api.http.delete(path))

    assert statuses(answers) == {200: 1, 404: MANY - 1}


def test_24_an_upload_is_completed_by_many(api):
    builds, archive = api.builds("v3"), hopeless()
    created = builds.create_parts(len(archive))
    tags = [(each["partNumber"], builds.put(created, each, archive)) for each in slots(created)]
    address = created["completeUploadPostRequestUrl"]
    answers = together(lambda _: send("POST", address, content=completing(tags)))

    assert Counter(answer.status_code for answer in answers) == {200: MANY}
    assert builds.run(created["buildId"]).lines[-1].startswith("Error: Dockerfile")


def test_23_one_part_comes_many_times_at_once(api):
    """Whichever is the last: the upload is of one of them, and whole."""
    builds, archive = api.builds("v3"), hopeless()
    created = builds.create_parts(len(archive))
    first = slots(created)[0]
    content = piece(created, first, archive)
    answers = together(lambda _: send("PUT", first["putRequestUrl"], content=content))

    assert Counter(answer.status_code for answer in answers) == {200: MANY}
    builds.upload(created, archive)
    assert builds.run(created["buildId"]).lines[-1].startswith("Error: Dockerfile")
