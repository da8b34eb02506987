"""The Hathora face from outside: who is let in, its objects, and its operations.

The numbers are those of the lines of the checklist of its reference (section 11), counted through.
Uploads, runs and copies from registries have files of their own; line 13 is test_sdk_hathora.py.
"""

import re

import httpx
import pytest

from tests.acceptance.archives import hopeless, small
from tests.acceptance.hathora import APP, REGIONS, Api, check, message_of, names, send, told
from tests.acceptance.server import Hosted

pytestmark = [pytest.mark.buildah, pytest.mark.registry]
NOBODY = "app-00000000-0000-4000-8000-000000000000"
UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
#: Every operation of builds, applications and organisations.
OPERATIONS = [
    *(("GET", f"/builds/{version}/{NOBODY}/{rest}")
      for version in ("v1", "v2") for rest in ("list", "info/1")),
    *(("POST", f"/builds/{version}/{NOBODY}/{rest}")
      for version in ("v1", "v2") for rest in ("create", "run/1")),
    *(("DELETE", f"/builds/{version}/{NOBODY}/delete/1") for version in ("v1", "v2")),
    ("POST", f"/builds/v2/{NOBODY}/createWithUploadUrl"),
    ("POST", f"/builds/v2/{NOBODY}/createWithMultipartUploads"),
    ("GET", "/builds/v3/builds"), ("POST", "/builds/v3/builds"),
    ("GET", "/builds/v3/builds/x"), ("DELETE", "/builds/v3/builds/x"),
    ("POST", "/builds/v3/builds/registry"), ("POST", "/builds/v3/builds/x/run"),
    ("POST", "/builds/v3/builds/x/runRegistry"),
    ("POST", "/apps/v1/create"), ("GET", "/apps/v1/list"), ("GET", f"/apps/v1/info/{NOBODY}"),
    ("POST", f"/apps/v1/update/{NOBODY}"), ("DELETE", f"/apps/v1/delete/{NOBODY}"),
    ("POST", "/apps/v2/apps"), ("GET", "/apps/v2/apps"),
    *((method, f"/apps/v2/apps/{NOBODY}") for method in ("GET", "POST", "PATCH", "DELETE")),
    ("GET", "/orgs/v1"),
]


@pytest.fixture(scope="module")
def cloud(make_cloud):
    return make_cloud("sqlite", EC_BUILDS_UPLOAD_LIMIT="1MiB")


@pytest.fixture(scope="module")
def user(cloud):
    """A maker of clients of users who have nothing yet."""
    clients = []

    def user(**options):
        token = cloud.token_of(f"gamer{next(names)}@example.com", **options)
        clients.append(Api(cloud.root, token))
        return clients[-1]

    yield user
    for client in clients:
        client.close()


@pytest.fixture(scope="module")
def api(user):
    """Somebody."""
    return user()


@pytest.fixture(scope="module", params=["v1", "v2", "v3"])
def builds(request, user):
    """The builds of somebody who has none yet, in each version."""
    return user().builds(request.param)


@pytest.fixture(scope="module", params=["v1", "v2"])
def numbered(request, user):
    return user().builds(request.param)


@pytest.fixture(scope="module")
def named(user):
    return user().builds("v3")


@pytest.fixture(scope="module", params=["v1", "v3"])
def history(request, cloud, user):
    """One build as it was told in each of its states, and one that failed."""
    builds, archive = user().builds(request.param), small()
    options = {"files": {"file": archive}} if request.param == "v1" else {}
    created = builds.create() if options else builds.uploaded(archive)
    build_id = created["buildId"]
    found = {"created": builds.read(build_id)}
    with cloud.gate.closed(), builds.running(build_id, **options) as log:
        log.until("Frankfurt")
        found["running"] = builds.read(build_id)
        cloud.gate.open()
        log.end()
    found["succeeded"] = builds.read(build_id)
    _, found["failed"] = builds.outcome(hopeless())
    builds.delete(build_id)
    found["deleted"] = builds.read(build_id)
    assert [each["buildId"] for each in builds.list()] == [found["failed"]["buildId"]]
    return found


# authentication and errors

@pytest.mark.parametrize(
    "given", [{}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Bearer"},
              {"Authorization": "Basic YWRhOng="}, {"Authorization": ""}],
)
def test_1_without_a_good_token_every_operation_is_401(cloud, given):
    with httpx.Client(base_url=cloud.root, headers=given, verify=False) as client:
        for method, path in OPERATIONS:
            answer = client.request(method, path.lstrip("/"))
            assert answer.status_code == 401, f"{method} {path}: {told(answer)}"
            assert message_of(answer)


def test_1_a_token_whose_time_is_over_or_that_may_not_is_401(cloud, user):
    may_read = user(scopes=["build:read"])

    assert may_read.json("GET", "/builds/v3/builds") == {"builds": []}
    may_read.refused("POST", "/builds/v3/builds", 401, json={"buildSizeInBytes": 1})


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_2_the_scheme_of_a_token_is_read_in_any_case(cloud, api, scheme):
    headers = {"Authorization": f"{scheme} {api.token}"}

    assert send("GET", f"{cloud.root}orgs/v1", headers=headers).status_code == 200


def test_3_an_empty_cookie_header_does_not_disturb(api):
    headers = {"cookie": "", "accept-language": "*", "sec-fetch-mode": "cors"}

    assert api.ask("GET", "/orgs/v1", headers=headers)


@pytest.mark.parametrize("method, path", [
    ("GET", "/builds/v3/nothing"), ("GET", "/builds/v4/builds"), ("GET", "/builds/v1"),
    ("PATCH", "/builds/v3/builds"), ("PUT", "/builds/v3/builds/x/run"), ("GET", "/apps/v2/none"),
    ("GET", "/builds/v3/builds/x/run"), ("GET", "/orgs/v2"), ("GET", "/builds/v3/builds/"),
    ("POST", "/builds/v3/builds/a/b/run"), ("GET", f"/builds/V1/{NOBODY}/list"),
])
def test_4_unknown_routes_are_told_in_json(api, method, path):
    api.refused(method, path, 404, 405)


@pytest.mark.parametrize("body", [b"{", b"[]", b"5", b'"x"', b"\xff", b"null"])
def test_4_what_is_no_object_is_told_in_json(api, body):
    headers = {"Content-Type": "application/json"}

    api.refused("POST", "/builds/v3/builds", 422, content=body, headers=headers)


def test_5_an_organisation_is_that_of_the_token_or_is_not_there(user, named):
    org = named.api.json("GET", "/orgs/v1")["orgs"][0]["orgId"]
    foreign = user().json("GET", "/orgs/v1")["orgs"][0]["orgId"]
    build_id = named.create()["buildId"]

    for path in ("/builds/v3/builds", f"/builds/v3/builds/{build_id}"):
        found = named.api.json("GET", path)
        assert named.api.json("GET", path, params={"orgId": org}) == found
        named.api.refused("GET", path, 404, params={"orgId": foreign})
    query = {"params": {"orgId": foreign}}
    named.api.refused("POST", "/builds/v3/builds", 404, json={"buildSizeInBytes": 1}, **query)
    named.api.refused("POST", "/builds/v3/builds/registry", 404, json={}, **query)
    for operation in ("run", "runRegistry"):
        path = f"/builds/v3/builds/{build_id}/{operation}"
        named.api.refused("POST", path, 404, json={"image": "x/y"}, **query)
    named.api.refused("DELETE", f"/builds/v3/builds/{build_id}", 404, **query)
    assert named.read(build_id)["status"] == "created"


def test_5_what_is_of_others_is_not_there(user, api, numbered):
    build_id = numbered.create()["buildId"]
    stranger = type(numbered)(user(), numbered.version, numbered.app)

    for operation in ("list", f"info/{build_id}"):
        stranger.api.refused("GET", stranger.path_of(operation), 404)
    for operation in ("create", f"run/{build_id}"):
        stranger.api.refused("POST", stranger.path_of(operation), 404)
    stranger.api.refused("DELETE", stranger.path_of("delete", build_id), 404)
    stranger.api.refused("GET", f"/apps/v2/apps/{numbered.app}", 404)


def test_6_a_slash_at_the_end_of_the_endpoint_does_not_disturb(cloud, api):
    assert cloud.root.endswith("/")
    headers = {"Authorization": f"Bearer {api.token}"}
    assert send("GET", f"{cloud.root}orgs/v1", headers=headers).status_code == 200


class Below(Hosted):
    """A server that is mounted below a path, as WSGI servers do it."""

    def address(self):
        found = super().address()
        return found and f"{found}pre/"


def test_6_a_server_below_a_path_has_its_uploads_there_too(tmp_path):
    regions = {"EC_BUILDS_REGISTRIES": "Seattle=127.0.0.1:9"}
    server = Below(tmp_path / "home", SCRIPT_NAME="/pre", **regions).start()
    try:
        builds = Api(server.root, server.token_of("below@example.com")).builds("v3")
        created = builds.create_parts(5)
        assert created["completeUploadPostRequestUrl"].startswith(f"{server.root}uploads/")
        builds.upload(created, b"hello")
        assert "gzip" in builds.api.refused("POST", builds.path_of("run", created["buildId"]), 400)
        builds.api.close()
    finally:
        assert server.stop() == 0


# objects; their shapes are looked at whenever one is read

def test_7_8_11_objects_are_of_their_shape_in_every_state(history):
    created, running, done, deleted = (
        history[each] for each in ("created", "running", "succeeded", "deleted")
    )

    assert [each["status"] for each in (created, running, done)] == [
        "created", "running", "succeeded",
    ]
    assert history["failed"]["status"] == "failed"
    assert created["createdAt"] == deleted["createdAt"]
    assert running["startedAt"] == done["startedAt"] == deleted["startedAt"]
    assert done["finishedAt"] == deleted["finishedAt"]
    assert deleted["deletedAt"] and not done["deletedAt"]


def test_8_optional_fields_are_left_out_while_there_is_nothing(named):
    created = named.create()

    assert not {"buildTag", "contentHash", "expiredAt"} & created.keys()
    assert re.fullmatch(f"bld-{UUID}", created["buildId"])
    assert named.create(buildTag="")["buildTag"] == ""


def test_9_builds_are_counted_by_application(user):
    api = user()
    first, second = api.builds("v1"), api.builds("v2")

    assert [first.create()["buildId"] for _ in range(2)] == [1, 2]
    assert second.create()["buildId"] == 1
    first.delete(2)
    assert first.create()["buildId"] == 3
    assert [each["buildId"] for each in first.list()] == [3, 1]


def test_10_the_size_of_an_image_is_there_after_success(history):
    sizes = {name: build["imageSize"] for name, build in history.items()}

    assert sizes["created"] == sizes["running"] == sizes["failed"] == 0
    assert sizes["succeeded"] > 0


def test_12_tags_of_all_regions_are_there_after_success(history):
    tags = {name: build.get("regionalContainerTags", ()) for name, build in history.items()}
    done = tags.pop("succeeded")

    if "orgId" in history["created"]:
        assert {done, *tags.values()} == {()}, "the third version tells none"
    else:
        assert all(each == [] for each in tags.values())
        assert [each["region"] for each in done] == list(REGIONS)
        assert len({each["containerTag"] for each in done}) == 2


# operations

def test_14_15_builds_are_created_with_a_body_and_without(numbered):
    assert numbered.api.ask("POST", numbered.path_of("create"), 201).json()["buildId"]
    headers = {"Content-Type": "application/json"}
    numbered.api.ask("POST", numbered.path_of("create"), 201, content=b"{}", headers=headers)
    assert numbered.create(buildTag="1.4.0-rc2")["buildTag"] == "1.4.0-rc2"


def test_14_a_page_of_the_third_version_is_an_object(user):
    assert user().json("GET", "/builds/v3/builds") == {"builds": []}


def test_14_a_list_has_all_builds(user):
    builds, many = user().builds("v1"), 120
    for _ in range(many):
        builds.api.ask("POST", builds.path_of("create"), 201)

    assert [each["buildId"] for each in builds.list()] == list(range(many, 0, -1))


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "text/plain", None])
def test_16_the_type_of_a_body_does_not_matter(numbered, kind):
    headers = {"Content-Type": kind} if kind else {}
    path = numbered.path_of("create")

    made = numbered.api.json("POST", path, 201, content=b'{"buildTag":"x"}', headers=headers)
    assert made["buildTag"] == "x"


def test_16_a_tag_may_be_null_where_it_may_be_told_so(numbered):
    assert numbered.create(buildTag=None).get("buildTag") is None


@pytest.mark.parametrize("body", [{"orgId": "org-x", "more": {"a": [1]}}, {"buildTag": "x" * 1000}])
def test_16_unknown_members_are_ignored(builds, body):
    assert builds.create(**body)["status"] == "created"


@pytest.mark.parametrize("body", [{"buildTag": 5}, {"buildTag": ["x"]}, {"buildTag": "x" * 1001}])
def test_16_wrong_types_and_long_tags_are_422(builds, body):
    path = builds.path_of("create") if builds.version != "v3" else "/builds/v3/builds"

    builds.api.refused("POST", path, 422, json={"buildSizeInBytes": 1, **body})


@pytest.mark.parametrize("size, status", [
    ("5", 422), (None, 422), ([], 422), (0, 400), (-1, 400), (1_048_577, 400), (1e300, 400),
])
def test_16_impossible_sizes_are_refused(user, size, status):
    api = user()
    numbered = api.builds("v2")
    for path in ("/builds/v3/builds", numbered.path_of("createWithMultipartUploads")):
        api.refused("POST", path, status, json={"buildSizeInBytes": size})
    api.refused("POST", "/builds/v3/builds", 422, json={})


def test_16_a_fraction_of_a_byte_is_a_byte_more(named):
    assert len(named.create_parts(0.5)["uploadParts"]) == 1


def test_16_the_second_version_ignores_a_name(user):
    builds = user().builds("v2")

    assert builds.create_parts(1, buildId="mine")["buildId"] == 1


def test_17_a_deleted_build_is_hidden_and_stays_known(builds):
    build_id = builds.create()["buildId"]
    builds.delete(build_id)

    assert build_id not in [each["buildId"] for each in builds.list()]
    assert builds.read(build_id)["deletedAt"]
    builds.api.refused("POST", builds.path_of("run", build_id), 404)
    builds.api.refused("DELETE", builds.path_to_delete(build_id), 404)


@pytest.mark.parametrize("text", [
    "abc", "0", "1.5", "-1", "99999999999", "2147483648", "2147483647", "%00", "1%2F2", "١", "+1",
])
def test_18_what_is_no_number_of_a_build_is_no_crash(numbered, text):
    for method, operation in (("GET", "info"), ("DELETE", "delete"), ("POST", "run")):
        numbered.api.refused(method, numbered.path_of(operation, text), 404, 422)


def test_19_a_name_of_ones_own_is_taken_once(user, named):
    assert named.create(buildId="mine-1.0_X")["buildId"] == "mine-1.0_X"
    assert named.create(buildId="x" * 128)["buildId"] == "x" * 128
    body = {"buildId": "mine-1.0_X", "buildSizeInBytes": 1}
    named.api.refused("POST", "/builds/v3/builds", 422, json=body)
    named.api.refused("POST", "/builds/v3/builds/registry", 422, json=body)
    named.delete("mine-1.0_X")
    named.api.refused("POST", "/builds/v3/builds", 422, json=body)
    assert user().builds("v3").create(buildId="mine-1.0_X")["status"] == "created"


@pytest.mark.parametrize("name", [
    "..", ".", "a/b", "registry", "", "x" * 129, "a b", "ü", "a\n", "%2e", 5,
])
def test_19_other_names_are_422(named, name):
    body = {"buildId": name, "buildSizeInBytes": 1}

    named.api.refused("POST", "/builds/v3/builds", 422, json=body)
    named.api.refused("POST", "/builds/v3/builds/registry", 422, json=body)


def test_20_registry_is_an_operation_and_no_build(named):
    created = named.create_registry(buildTag="copied")

    assert created["buildTag"] == "copied"
    assert created["buildId"] in [each["buildId"] for each in named.list()]
    named.api.refused("GET", "/builds/v3/builds/registry", 404)
    named.api.refused("POST", "/builds/v3/builds/registry/run", 404)


def test_21_the_first_two_versions_show_the_same_builds(user):
    api = user()
    first, third = api.builds("v1"), api.builds("v3")
    second = api.builds("v2", first.app)

    first.create(), second.create(buildTag="x"), second.create_form(), second.create_parts(5)
    name = third.create()["buildId"]

    assert [each["buildId"] for each in first.list()] == [4, 3, 2, 1]
    assert first.list() == second.list()
    assert first.read(2) == second.read(2)
    assert [each["buildId"] for each in third.list()] == [name]
    listed = [each["appId"] for each in api.json("GET", "/apps/v2/apps")["applications"]]
    assert listed == [first.app]


# applications, for what the clients around builds need

def test_applications_are_the_same_in_both_versions(user):
    api = user()
    body = {"appName": "arena", "authConfiguration": {"nickname": {}}}
    app = check(api.json("POST", "/apps/v1/create", 201, json=body), APP, ())

    assert re.fullmatch(f"app-{UUID}", app["appId"])
    assert api.json("GET", f"/apps/v2/apps/{app['appId']}") == app
    assert api.json("GET", f"/apps/v1/info/{app['appId']}") == app
    assert api.json("GET", "/apps/v1/list") == [app]
    api.refused("POST", "/apps/v2/apps", 422, json=body)
    api.refused("POST", "/apps/v2/apps", 422, json={**body, "appName": 5})
    api.refused("POST", "/apps/v2/apps", 422, json={"appName": "x", "authConfiguration": 5})
    assert api.ask("DELETE", f"/apps/v2/apps/{app['appId']}", 204).content == b""
    api.refused("GET", f"/builds/v1/{app['appId']}/list", 404)
    assert api.json("GET", "/apps/v1/list") == []


def test_an_organisation_has_what_clients_parse(api):
    (org,) = api.json("GET", "/orgs/v1")["orgs"]

    assert org["orgId"].startswith("org-")
    assert (org["isSingleTenant"], org["stripeCustomerId"]) == (False, "")
    assert isinstance(org["scopes"], list)
    assert None not in org.values()
