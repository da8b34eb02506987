"""The Djinn face from outside: what the official client and its tests demand, line by line.

The numbers are those of the checklist of its reference (section 6).
"""

import hashlib
import hmac
import http.server
import itertools
import json
import re

import pytest
import yaml

from tests.acceptance.djinn import (
    ARTIFACT, BUILD, BUILD_VARIABLE, EMPTY, JOB, NAMESPACE, OBJECT, TAG, USER, VARIABLE, WEBHOOK,
    Djinn, integer, of,
)
from tests.acceptance.server import wait_until
from tests.serving import Answering, serving

OS = {"type": "os"}
#: Nobody is asked for this image: there is no such port.
DOCKER = {"type": "docker", "image": "127.0.0.1:9/none", "workspace": "/w"}
numbers = itertools.count()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def djinn(request, make_server):
    """A server that has docker besides os, though there may be none on this machine."""
    return make_server(request.param, EC_BUILDS_DRIVERS="os,docker")


@pytest.fixture
def user(djinn):
    """A maker of clients of users, each with an account of its own that nobody has had."""
    clients = []

    def user(name="gordon.freeman", prefix="", **options):
        name = f"{name}{next(numbers)}"
        token = djinn.token_of(f"{name}@example.com", **options)
        clients.append(Djinn(f"{djinn.root.rstrip('/')}{prefix}", token))
        clients[-1].name = name
        return clients[-1]

    yield user
    for client in clients:
        client.close()


@pytest.fixture
def ada(user):
    """Somebody."""
    return user()


def refused(client, **manifest):
    """The fields of the refusal of a manifest."""
    body = {"manifest": yaml.safe_dump({**EMPTY, **manifest}), "comment": "", "tags": None}
    found = client.refused("POST", "/builds", json=body)
    assert found.status == 400
    return found.fields


@pytest.mark.parametrize("prefix", ["", "/api"])
def test_1_3_6_7_to_13_a_build_right_after_submit(user, prefix):
    client = user(prefix=prefix)

    build = client.submit(
        {"namespace": "Lab2/nightly", "driver": DOCKER}, tags=["Test_BuildSubmit", "build_test"]
    )

    assert build["status"] == "queued"
    assert (build["number"], build["pinned"], build["output"]) == (1, False, None)
    assert build["tags"] == ["Test_BuildSubmit", "build_test"]
    assert (build["started_at"], build["finished_at"]) == (None, None)
    assert build["namespace_id"] == build["namespace"]["id"]
    assert (build["namespace"]["name"], build["namespace"]["path"]) == ("nightly", "Lab2/nightly")
    assert build["namespace"]["user"]["username"] == build["user"]["username"] == client.name
    assert build["url"] == f"{client.endpoint}/b/{client.name}/1"
    data = {"email": f"{client.name}@example.com", "username": client.name}
    assert build["trigger"] == {"type": "manual", "comment": "", "data": data}
    for part in ("jobs", "artifacts", "tags", "objects", "variables"):
        assert isinstance(client.get(build[f"{part}_url"]), list)


def test_2_a_token_of_32_digits_is_good_for_every_call(djinn, user):
    client = user(short=True)

    assert re.fullmatch("[0-9a-f]{32}", client.http.headers["Authorization"].split()[1])
    assert of_user(client)["username"] == client.name
    assert client.submit({"driver": OS})["number"] == 1


def of_user(client):
    return client.get("/user", USER)


def test_4_32_a_build_is_pinned_without_a_body(ada):
    build = ada.submit({"driver": OS})

    answer = ada.ask("PATCH", f"{build['url']}/pin", 200)
    assert "Content-Type" not in answer.request.headers
    assert answer.json()["pinned"] is True
    assert ada.patch(f"{build['url']}/pin", BUILD)["pinned"] is True
    assert ada.get("/builds", BUILD, pinned="")[0]["id"] == build["id"]
    assert ada.patch(f"{build['url']}/unpin", BUILD)["pinned"] is False


def test_5_14_to_17_bad_manifests_are_refused_by_field(ada):
    assert list(refused(ada)) == ["manifest"]
    assert {"Build manifest is required", "Build manifest invalid driver specified"} <= set(
        refused(ada)["manifest"]
    )
    for driver, told in {
        "docker": "Build manifest driver docker requies image",
        "qemu": "unknown driver",
        "foo": "Build manifest invalid driver specified",
    }.items():
        fields = refused(ada, driver={"type": driver})
        assert list(fields) == ["manifest"]
        assert told in fields["manifest"]
    fields = refused(ada, driver={"type": "docker", "image": "golang"})
    assert list(fields) == ["manifest"]
    assert "Build manifest driver docker requires workspace" in fields["manifest"]
    assert ada.get("/builds") == []


@pytest.mark.parametrize(
    "body, field",
    [
        (b"{", "manifest"),
        (b"[]", "manifest"),
        (b"{}", "manifest"),
        (b"", "manifest"),
        (b'{"manifest": 5}', "manifest"),
        (b'{"manifest": null}', "manifest"),
        (b'{"manifest": "driver: ["}', "manifest"),
        (b'{"manifest": "driver: {type: os}", "tags": "a"}', "tags"),
        (b'{"manifest": "driver: {type: os}", "comment": {}}', "comment"),
        (b"\xff", "manifest"),
    ],
)
def test_23_bodies_that_are_no_submission(ada, body, field):
    headers = {"Content-Type": "application/json"}
    found = ada.refused("POST", "/builds", content=body, headers=headers)

    assert (found.status, field in found.fields) == (400, True)


def test_18_19_a_driver_is_enough(ada):
    build = ada.submit({"driver": DOCKER}, comment="", tags=None)
    ada.delete(build["url"])

    assert [each["name"] for each in ada.get(build["jobs_url"], JOB)] == ["create driver"]


def test_a_form_is_a_body_too(ada):
    form = {"manifest": "driver: {type: os}", "comment": "by form", "tags": "a, b,a"}

    build = ada.ask("POST", "/builds", 201, data=form).json()

    assert (build["tags"], build["trigger"]["comment"]) == (["a", "b"], "by form")


def test_27_search_finds_parts_of_tags(ada):
    def found():
        return [each["id"] for each in ada.get("/builds", BUILD, search="centos/7")]

    assert found() == []
    build = ada.submit({"driver": OS}, tags=["centos/7", "anon"])
    other = ada.submit({"driver": OS}, tags=["Anonymous", "%"])
    assert found() == [build["id"]]
    assert [each["id"] for each in ada.get("/builds", BUILD, search="anon")] == [build["id"]]
    assert [each["id"] for each in ada.get("/builds", BUILD, search="%")] == [other["id"]]
    assert [each["id"] for each in ada.get("/builds", BUILD, tag="Anonymous")] == [other["id"]]
    assert ada.get("/builds", BUILD, tag="nonymou") == []


def test_28_to_30_tags(ada):
    build = ada.submit({"driver": OS}, tags=["tag1", "tag1", "tag2", "tag3", ""])
    tags = ada.get(build["tags_url"], TAG)
    assert [tag["name"] for tag in tags] == ["tag1", "tag2", "tag3"]

    given = ada.post(build["tags_url"], TAG, ["z/1", "tag1", "no good!", "a", "a"])
    assert [tag["name"] for tag in given] == ["z/1", "a"]
    assert ada.post(build["tags_url"], TAG, ["a"]) == []
    assert ada.get(f"{build['url']}/tags/z/1", TAG)["build"]["tags"] == [
        "a", "tag1", "tag2", "tag3", "z/1",
    ]
    for tag in [*tags, *given]:
        ada.delete(tag["url"])
        assert ada.refused("DELETE", tag["url"]).status == 404
    assert ada.get(build["url"], BUILD)["tags"] == []
    assert "tags" in ada.refused("POST", build["tags_url"], json={"a": 1}).fields


def test_33_a_running_build_is_killed_within_a_second(ada):
    build = ada.submit({
        "driver": OS, "stages": ["sleep"], "jobs": [{"stage": "sleep", "commands": ["sleep 50"]}]
    })
    ada.wait(build, "running")
    wait_until(lambda: ada.get(build["jobs_url"])[1]["status"] == "running")

    ada.delete(build["url"])

    assert ada.wait(build)["status"] == "killed"
    found = ada.get(build["url"], BUILD)
    assert found["finished_at"] and found["output"].startswith("Running with driver os")
    assert [job["status"] for job in ada.get(build["jobs_url"], JOB)] == ["passed", "killed"]
    ada.delete(build["url"])  # 52: there is nothing to do
    assert ada.get(build["url"], BUILD) == found


def test_a_queued_build_is_killed(ada):
    sleeping = {
        "driver": OS, "stages": ["s"], "jobs": [{"stage": "s", "commands": ["sleep 60"]}] * 2
    }
    builds = [ada.submit(sleeping) for _ in range(6)]
    try:
        last = builds[-1]
        assert ada.get(last["url"])["status"] == "queued"
        ada.delete(last["url"])
        killed = ada.get(last["url"], BUILD)
        assert (killed["status"], killed["started_at"]) == ("killed", None)
        jobs = ada.get(last["jobs_url"], JOB)
        assert {(job["status"], job["started_at"], job["output"]) for job in jobs} == {
            ("killed", None, "")
        }
    finally:
        for build in builds:
            ada.delete(build["url"])
        assert {ada.wait(build)["status"] for build in builds} == {"killed"}


def test_34_46_what_is_not_ones_own_is_not_there(djinn, ada, user):
    build = ada.submit({"driver": OS}, tags=["t"])
    artifacts = f"{build['url']}/artifacts"
    nobody, stranger = Djinn(djinn.root, None), user()

    for client in (nobody, stranger):
        for method, path in [
            ("GET", build["url"]), ("DELETE", build["url"]), ("GET", build["jobs_url"]),
            ("GET", f"{build['jobs_url']}/1"), ("GET", artifacts), ("GET", build["tags_url"]),
            ("POST", build["tags_url"]), ("PATCH", f"{build['url']}/pin"),
            ("DELETE", f"{build['url']}/tags/t"), ("GET", build["objects_url"]),
            ("GET", build["variables_url"]), ("GET", f"{build['url']}/output/raw"),
        ]:
            options = {"json": ["x"]} if method == "POST" else {}
            assert client.refused(method, path, **options).status == 404
    for method in ("GET", "POST"):
        assert nobody.refused(method, "/builds").status == 404
    nobody.close()
    assert ada.get(build["url"], BUILD)["tags"] == ["t"]


def test_47_a_token_without_the_scope_gets_nothing(ada, djinn):
    build = ada.submit({"driver": OS}, tags=["t"])
    email = f"{ada.name}@example.com"
    token = djinn.token_of(email, scopes=["build:read"])
    reader = Djinn(djinn.root, token)

    assert reader.get(build["url"], BUILD)["id"] == build["id"]
    for method, path in [
        ("POST", "/builds"), ("DELETE", build["url"]), ("PATCH", f"{build['url']}/pin"),
        ("POST", build["tags_url"]), ("DELETE", f"{build['url']}/tags/t"),
    ]:
        options = {"json": {"manifest": "driver: {type: os}"}} if path == "/builds" else {}
        options = {"json": ["x"]} if method == "POST" and not options else options
        assert reader.refused(method, path, **options).status == 404
    reader.close()


def test_35_40_a_file_is_printed(ada):
    build = ada.run("cat /etc/os-release")

    assert build["status"] == "passed"
    assert "PRETTY_NAME=" in build["output"]
    setup, job = ada.get(build["jobs_url"], JOB)
    assert (setup["stage"], setup["name"]) == (f"setup - #{build['number']}", "create driver")
    assert (job["name"], job["commands"]) == ("t.1", "cat /etc/os-release")
    assert job["output"].startswith("+ cat /etc/os-release\n")
    assert build["output"].endswith(job["output"])
    assert ada.get(job["url"], JOB)["build"]["id"] == build["id"]
    assert ada.get(f"{build['jobs_url']}/create-driver")["id"] == setup["id"]
    raw = ada.ask("GET", f"{job['url']}/output/raw", 200, headers={"Accept": "text/plain"})
    assert raw.text == job["output"]


def test_36_38_binary_output_and_a_stage_with_slashes(ada):
    commands = [r"printf \n\0\0\0\0", "head -c 1024 /dev/urandom", r"printf '\0\377'"]
    job = {"stage": "/dev/urandom", "commands": commands}

    build = ada.wait(ada.submit({"driver": OS, "stages": ["/dev/urandom"], "jobs": [job]}))

    assert build["status"] == "passed"
    assert "NUL\N{REPLACEMENT CHARACTER}" in build["output"]
    assert ada.get(build["jobs_url"], JOB)[1]["name"] == "/dev/urandom.1"


def test_37_50_artifacts(ada):
    wanted = ["/etc/os-release => ", "/etc/hosts => ", "/etc/shells => ", "nothing"]
    build = ada.run("true", artifacts=wanted)

    found = ada.get(build["artifacts_url"], ARTIFACT)
    assert [each["name"] for each in found] == ["hosts", "nothing", "os-release", "shells"]
    for each in found:
        if each["name"] == "nothing":
            assert (each["size"], each["md5"], each["sha256"]) == (None, None, None)
            assert ada.refused("GET", each["url"], headers=BYTES).status == 404
            continue
        answer = ada.ask("GET", each["url"], 200, headers=BYTES)
        assert len(answer.content) == each["size"]
        part = ada.ask("GET", each["url"], 206, headers={**BYTES, "Range": "bytes=0-3"})
        assert part.content == answer.content[:4]
        again = {**BYTES, "If-None-Match": answer.headers["ETag"]}
        assert ada.http.get(each["url"], headers=again).status_code == 304
        assert ada.get(f"{build['artifacts_url']}/{each['name']}", ARTIFACT)["id"] == each["id"]


BYTES = {"Accept": "application/octet-stream"}


def test_39_41_a_masked_variable_is_seen_by_nobody(ada):
    secret = "correct-horse-battery"
    variable = ada.post(
        "/variables", VARIABLE,
        {"namespace": "safe", "key": "TOKEN", "value": secret, "mask": True},
    )
    assert (variable["value"], variable["masked"]) == ("xxxxxx", True)
    jobs = [
        {"stage": stage, "commands": ["printenv TOKEN", '/bin/sh -c "echo $TOKEN > f; cat f"']}
        for stage in "abc"
    ]

    build = ada.wait(ada.submit({
        "namespace": "safe", "driver": OS, "stages": list("abc"), "jobs": jobs, "env": ["A=1=2"],
    }))

    assert build["status"] == "passed"
    told = build["output"] + "".join(job["output"] for job in ada.get(build["jobs_url"], JOB))
    assert secret not in told and told.count("xxxxxx") >= 18
    assert [(each["key"], each["value"], each["masked"]) for each in ada.get(
        build["variables_url"], BUILD_VARIABLE
    )] == [("A", "1=2", False), ("TOKEN", "xxxxxx", True)]  # 53
    ada.delete(variable["url"])
    assert ada.refused("GET", variable["url"]).status == 404


def test_54_objects_are_listed_at_once_and_placed(ada):
    made = ada.ask(
        "POST", "/objects", 201, params={"name": "seed", "namespace": ""},
        content=b"\x89PNG\r\n\x1a\n\0", headers={"Content-Type": "application/octet-stream"},
    ).json()
    assert made["type"] == "image/png"
    build = ada.submit({
        "driver": OS, "objects": ["seed => in/a", "nothing"], "stages": ["t"],
        "jobs": [{"stage": "t", "commands": ["test -x in/a"], "artifacts": ["in/a => back"]}],
    })

    listed = ada.get(build["objects_url"], OBJECT)
    assert [(each["name"], each["source"], each["placed"]) for each in listed] == [
        ("seed", "in/a", False)
    ]
    assert ada.wait(build)["status"] == "passed"
    assert ada.get(build["objects_url"])[0]["placed"] is True
    assert ada.get(build["artifacts_url"])[0]["sha256"] == made["sha256"]
    assert [each["id"] for each in ada.get(made["builds_url"], BUILD)] == [build["id"]]
    answer = ada.ask("GET", made["url"], 200, headers={"Accept": "image/png"})
    assert answer.content == b"\x89PNG\r\n\x1a\n\0"
    ada.delete(made["url"])
    assert ada.get(build["objects_url"]) == []


def test_48_49_pages_of_builds(ada):
    for _ in range(26):
        ada.submit({"driver": OS}, tags=["many"])

    first = ada.ask("GET", "/builds", 200, params={"tag": "many"})
    assert [each["number"] for each in first.json()] == list(range(26, 1, -1))
    following = re.fullmatch('<([^>]+)>; rel="next"', first.headers["Link"])[1]
    assert following == f"{ada.endpoint}/builds?page=2&tag=many"
    second = ada.http.get(following)
    assert [each["number"] for each in second.json()] == [1]
    assert second.headers["Link"] == f'<{ada.endpoint}/builds?page=1&tag=many>; rel="prev"'
    beyond = ada.ask("GET", "/builds", 200, params={"page": 9})
    assert (beyond.json(), beyond.headers["Link"]) == (
        [], f'<{ada.endpoint}/builds?page=2>; rel="prev"',
    )
    for page in ("0", "-1", "x", ""):
        assert len(ada.get("/builds", page=page)) == 25


def test_51_a_status_that_is_none_finds_nothing(ada):
    failed = ada.run("false", allow_failures=["t"])
    passed = ada.run("true")

    assert failed["status"] == "passed_with_failures"
    assert ada.get("/builds", search="go", status="finished") == []
    assert [each["id"] for each in ada.get("/builds", status="passed")] == [
        passed["id"], failed["id"],
    ]
    assert [each["id"] for each in ada.get("/builds", status="passed_with_failures")] == [
        failed["id"]
    ]


def test_a_failure_skips_what_follows(ada):
    build = ada.wait(ada.submit({
        "driver": OS, "stages": ["a", "b"],
        "jobs": [
            {"stage": "a", "commands": ["exit 7"], "artifacts": ["x"]},
            {"stage": "b", "name": "Unit Tests", "commands": ["true"]},
        ],
    }))

    assert build["status"] == "failed"
    skipped = ada.get(f"{build['jobs_url']}/unit-tests", JOB)
    assert (skipped["status"], skipped["started_at"], skipped["output"]) == ("failed", None, "")


def test_20_a_namespace_is_made_with_all_above_it(ada):
    build = ada.submit({"namespace": "submit/to/namespace", "driver": OS})

    assert (build["namespace"]["name"], build["namespace"]["path"]) == (
        "namespace", "submit/to/namespace",
    )
    paths = ["submit", "submit/to", "submit/to/namespace"]
    found = [ada.get(f"/n/{ada.name}/{path}", NAMESPACE) for path in paths]
    assert [each["parent_id"] for each in found] == [None, found[0]["id"], found[1]["id"]]
    assert {each["root_id"] for each in found} == {found[0]["id"]}
    assert [each["id"] for each in ada.get(found[2]["builds_url"], BUILD)] == [build["id"]]
    assert {each["path"] for each in ada.get("/namespaces", NAMESPACE)} >= set(paths)


def test_21_22_namespaces_that_cannot_be(ada):
    fields = refused(ada, namespace="black-mesa", driver=OS)
    assert "namespace name can only contain letters and numbers" in fields["manifest"]
    fields = refused(ada, namespace="city17@you", driver=OS)
    assert "Could not find namespace" in fields["namespace"]
    assert ada.submit({"namespace": "city17", "driver": OS})["namespace"]["path"] == "city17"
    assert ada.submit({"namespace": f"city17@{ada.name}", "driver": OS})["number"] == 2


def test_23_to_25_31_collaborators(ada, user):
    bob, visibilities = user(), ("private", "internal")
    spaces = [
        ada.post("/namespaces", NAMESPACE, {"name": f"mesa{each}", "visibility": each})
        for each in visibilities
    ]
    assert bob.submit({"namespace": "mesaprivate", "driver": OS})["number"] == 1
    for space in spaces:
        wanted = {"namespace": f"{space['path']}@{ada.name}", "driver": OS}
        assert list(refused(bob, **wanted)) == ["manifest", "namespace"]
        invite = ada.post(space["invites_url"], {"id": integer}, {"handle": bob.name})
        assert ada.refused("PATCH", invite["url"]).status == 404
        bob.patch(invite["url"])

        build = bob.submit(wanted)
        assert build["namespace_id"] == space["id"]
        assert (build["user"]["username"], build["trigger"]["data"]["username"]) == (
            ada.name, bob.name,
        )
        assert bob.patch(f"{build['url']}/pin", BUILD)["pinned"] is True
        assert [tag["user_id"] for tag in bob.post(build["tags_url"], TAG, ["his"])] == [
            of_user(bob)["id"]
        ]
        assert build["id"] in [each["id"] for each in bob.get("/builds", BUILD)]

        ada.delete(f"{space['collaborators_url']}/{bob.name}")
        assert bob.refused("PATCH", f"{build['url']}/unpin").status == 404
        assert bob.refused("POST", build["tags_url"], json=["more"]).status == 404
        assert list(refused(bob, **wanted)) == ["manifest", "namespace"]
        readable = space["visibility"] != "private"
        assert readable or bob.refused("GET", build["url"]).status == 404
        assert not readable or bob.get(build["url"], BUILD)["id"] == build["id"]


def test_43_a_webhook_is_told_with_a_signature(ada):
    heard = []

    class Receiver(Answering):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.append((self.headers, body))
            self.send_response(204)
            self.end_headers()

    with serving(http.server.HTTPServer(("127.0.0.1", 0), Receiver)) as receiver:
        port = receiver.server_port
        events = [f"build.{word}" for word in ("submitted", "tagged", "pinned", "unpinned")]
        space = ada.post("/namespaces", NAMESPACE, {"name": "hooks", "visibility": "private"})
        url = f"http://127.0.0.1:{port}/hook"
        hook = ada.post(space["webhooks_url"], WEBHOOK, {
            "payload_url": url, "secret": "hush hush", "ssl": False, "active": True,
            "events": events,
        })
        build = ada.submit({"namespace": "hooks", "driver": OS})
        ada.post(build["tags_url"], TAG, ["one"])
        ada.patch(f"{build['url']}/pin")
        ada.patch(f"{build['url']}/unpin")
        wait_until(lambda: len(heard) == 4)

    assert [headers["X-Djinn-CI-Event"] for headers, _ in heard] == events
    for headers, body in heard:
        expected = hmac.new(b"hush hush", body, hashlib.sha256).hexdigest()
        assert headers["X-Djinn-CI-Signature"] == f"sha256={expected}"
        assert headers["X-Djinn-CI-Hook-ID"] == str(hook["id"])
        told = json.loads(body)
        assert of(BUILD)(told if "number" in told else told["build"])
    assert json.loads(heard[0][1])["url"] == build["url"]


def test_unknown_addresses_and_methods(ada):
    build = ada.submit({"driver": OS})

    for path in (
        "/b/nobody/1", f"/b/{ada.name}/99", f"/b/{ada.name}/x", "/api/nothing", "/builds/",
        f"/b/{ada.name}/{10**30}", f"{build['jobs_url']}/99999999999999999999",
    ):
        assert ada.refused("GET", path).status == 404
    found = ada.refused("PUT", "/builds")
    assert (found.status, str(found)) == (405, '405 {"message":"Method Not Allowed"}\n')
    assert ada.ask("HEAD", build["url"], 200).content == b""
    assert ada.get(f"/b/{ada.name}/{build['id']}")["id"] == build["id"]  # by its global id


def test_the_other_face_has_the_same_builds(ada, djinn):
    build = ada.run("echo hello > page.html", artifacts=["page.html"])
    root = djinn.root

    native = ada.http.get(f"{root}platform/build", params={"buildID": build["id"]}).json()

    assert (native["status"], native["successful"]) == ("SUCCEEDED", "success")
    packed = ada.http.get(native["buildLocation"]["config"]["url"])
    assert packed.content[:2] == b"PK"
    platform = native["_links"]["ec:app/platform"]["href"].partition("platformID=")[2]
    other = ada.http.post(f"{root}platform/build", params={"platformID": platform}).json()
    listed = ada.get("/builds", BUILD)
    assert [each["id"] for each in listed] == [other["buildID"], build["id"]]
    assert (listed[0]["number"], listed[0]["manifest"]) == (2, "")
    # its platform has no manifest of its own, nor has its code
    assert ada.wait(listed[0])["status"] == "failed"
