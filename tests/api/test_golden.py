"""Representations do not change by accident: they are compared with ones found good before.

`pytest --rewrite-golden` writes them anew; the difference is there to be read.
"""

import json
import re
from pathlib import Path

import pytest

from ec_builds import __version__, schema
from ec_builds.states import State
from ec_builds.store.build import Build
from ec_builds.store.image import Image
from ec_builds.store.run import Event
from tests.checking import schema_of, violations

GOLDEN = Path(__file__).parents[1] / "golden"
NAMES = [
    "entry-point", "app", "platform", "codesource", "target", "build-succeeded", "build-failed",
    "build-running", "deployment", "list-of-builds", "list-of-targets", "list-of-deployments",
    "retention", "retention-preview", "types", "stats", "list-of-stats", "error", "errors",
    "member", "list-of-members", "invitation", "list-of-invitations", "offer", "list-of-offers",
    "account", "list-of-accounts", "token", "token-made", "list-of-tokens",
    "audit-line", "list-of-audit", "build-by-manifest", "job", "list-of-jobs", "artifact",
    "list-of-artifacts", "tag", "list-of-tags", "build-variable", "list-of-build-variables",
    "build-object", "list-of-build-objects", "build-of-image", "image", "image-waiting",
]
#: Kind of what belongs to a build: its word in relations.
PARTS = {
    "job": "job", "artifact": "artifact", "tag": "tag", "build-variable": "variable",
    "build-object": "object",
}
APPLICATION = {"appName": "Arena", "authConfiguration": {"anonymous": {}}}
MANIFEST = """
driver:
  type: os
env: [CC=gcc]
objects: [fonts.tar => in/fonts.tar]
stages: [build, check]
allow_failures: [check]
jobs:
- stage: build
  name: compile
  commands: [echo hello > out.txt]
  artifacts: [absent.txt, out.txt => hello.txt]
- stage: check
  commands: ["false"]
"""
#: What differs from run to run: a pattern, and what stands for it.
FLEETING = [
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", "2024-05-02T08:15:02.114Z"),
    (r'"\d{4}-\d\d": ', '"2024-05": '),
    (r'"sha256": "[0-9a-f]{64}"', f'"sha256": "{"0" * 64}"'),
    (r'"size": \d+', '"size": 1234'),
    (r'"folder": "artifacts-\w+"', '"folder": "artifacts-12345678"'),
    (r'"seconds": [\d.]+', '"seconds": 0.05'),
    (r'"totalBuildSize": "\d+"', '"totalBuildSize": "1234"'),
    (r'"key": "builds/(\d+)/[^"]+"', r'"key": "builds/\1/attempt/result.zip"'),
    (r'"requestID": "[0-9a-f]{16}"', f'"requestID": "{"0" * 16}"'),
    (re.escape(f"v{__version__}"), "v1.2.3"),
    (r'"token": "[\w-]+\.[\w-]+\.[\w-]+"', '"token": "head.claims.signature"'),
]
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


def normal(document, names):
    """A document as text, with what differs from run to run replaced by what never does."""
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    for found, name in names.items():
        text = text.replace(found, name)
    for pattern, name in FLEETING:
        text = re.sub(pattern, name, text)
    return text


@pytest.fixture
def documents(client, somebody, make, app, make_plugin, make_platform, build, deploy, in_state):
    """The documents by the names of their golden files."""
    code = make_plugin("codesource", files={"index.html": "<h1>Hello</h1>"}, _title="Bäckerei")
    targets = [
        make_plugin("target", "zipDownload"),
        make_plugin("target", "localWebServer", path="shop"),
    ]
    platform = make_platform(codesource=code, targets=targets)
    built = build(platform, comment="nightly")
    deployment = deploy(platform, built, comment="release", outsideConfig={"channel": "beta"})
    failed = build(make_platform("Broken", config={"directory": "nowhere"}))
    app_id, platform_id = app["appID"], platform["platformID"]

    def get(address):
        return client.get(address).json

    bob = somebody("bob")
    invited = make(f"/invitation?appID={app_id}", username="bob", role="developer")
    make(f"/invitation?appID={app_id}", email="eve@example.com", role="viewer")
    made = make(
        "/account/token", name="CI", scopes=["build:write", "build:read"], appIDs=[app_id],
        expires="2099-01-01T00:00:00Z",
    )
    running = client.post(platform["_links"]["ec:app/builds"]["href"]).json
    known = [app_id, platform_id, code["codeSourceID"], *(each["targetID"] for each in targets)]
    found = {
        "entry-point": get("/"),
        "app": get(f"/?appID={app_id}"),
        "platform": get(f"/platform?platformID={platform_id}"),
        "codesource": get(f"/codesource?codeSourceID={code['codeSourceID']}"),
        "target": get(f"/target?targetID={targets[0]['targetID']}"),
        "build-succeeded": get(f"/platform/build?buildID={built['buildID']}"),
        "build-failed": failed,
        "build-running": running,
        "deployment": deployment,
        "list-of-builds": get(f"/platform/build?platformID={platform_id}&size=1&_list=true"),
        "list-of-targets": get(
            f"/target?appID={app_id}&targetID={','.join(known[3:])}&sort=targetType&size=1&page=2"
        ),
        "list-of-deployments": get(f"/platform/deployment?platformID={platform_id}&_list=true"),
        "retention": client.put(
            f"/retention?appID={app_id}", json={"newest": 1, "days": 30, "bytes": None}
        ).json,
        "retention-preview": get(f"/retention/preview?appID={app_id}"),
        "list-of-members": get(f"/member?appID={app_id}"),
        "invitation": get(f"/invitation?invitationID={invited['invitationID']}"),
        "list-of-invitations": get(f"/invitation?appID={app_id}&size=1&sort=created"),
        "list-of-offers": bob.get("/account/invitation").json,
        "account": get("/account"),
        "list-of-accounts": get("/account?_list=true"),
        "token": get(f"/account/token?tokenID={made['tokenID']}"),
        "token-made": made,
        "list-of-tokens": get("/account/token?sort=name&size=2"),
        "types": get("/plugintypes"),
        "stats": get(f"/stats?appID={app_id}"),
        "list-of-stats": get("/stats"),
        "audit-line": get("/audit?auditID=4"),
        "list-of-audit": get(f"/audit?appID={app_id}&size=1&kind=build"),
        "error": get("/?sort=colour"),
        "errors": client.post("/", json={"hexColor": "red"}).json,
    }
    found["member"] = found["list-of-members"]["_embedded"]["ec:app/member"][0]
    found["offer"] = bob.get(f"/account/invitation?invitationID={invited['invitationID']}").json
    manifested = build(make_platform("CI", "manifest", {"manifest": MANIFEST}))
    make(manifested["_links"]["ec:app/build/tags"]["href"], name="v1")
    found |= {"build-by-manifest": manifested, **parts_of(manifested, get)}
    found |= images(client, make_platform, in_state)
    names = {app["shortID"]: "50793615"}
    everything = json.dumps(found)
    for number, each in enumerate(dict.fromkeys([*known, *re.findall(UUID, everything)]), 1):
        names[each] = f"00000000-0000-4000-8000-{number:012}"
    return {name: normal(document, names) for name, document in found.items()}


def parts_of(build, get):
    """What belongs to a build: the list of each kind, and the last one in it."""
    found = {}
    for kind, word in PARTS.items():
        listed = get(build["_links"][f"ec:app/build/{word}s"]["href"])
        *_, last = listed["_embedded"][f"ec:app/build/{word}"]
        found |= {f"list-of-{kind}s": listed, kind: get(last["_links"]["self"]["href"])}
    return found


def images(client, make_platform, in_state):
    """A build that has left an image, its version, and one that waits for an archive."""
    platform = make_platform("Server", "containerImage")
    made = client.post(platform["_links"]["ec:app/builds"]["href"]).json
    image = {"region": "Seattle", "reference": f"sea.example.com/app-{platform['platformID']}:1"}
    config = {"digest": f"sha256:{'5a' * 32}", "size": 77, "images": [image]}
    location = {"type": "containerImage", "config": config}
    in_state(Build, made["buildID"], State.SUCCEEDED, location=location, size=77, detail=None)
    Event.delete().where(Event.build_id == made["buildID"], Event.type == "error").execute()
    application = client.post("/apps/v2/apps", json=APPLICATION).json["appId"]
    client.post(f"/builds/v1/{application}/create", json={"buildTag": "rc"})
    waiting = Image.get(Image.tag == "rc").build_id
    return {
        "build-of-image": client.get(f"/platform/build?buildID={made['buildID']}").json,
        "image": client.get(f"/platform/build/image?buildID={made['buildID']}").json,
        "image-waiting": client.get(f"/platform/build/image?buildID={waiting}").json,
    }


def test_representations_are_what_they_were(documents, request):
    for name, text in documents.items():
        path = GOLDEN / f"{name}.json"
        if request.config.getoption("--rewrite-golden"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)

        assert text == path.read_text(), name


def test_there_is_a_golden_file_of_each_and_no_other():
    assert {path.stem for path in GOLDEN.glob("*")} == set(NAMES)


def golden(name):
    """The document of a golden file, and the name of its schema."""
    document = json.loads((GOLDEN / f"{name}.json").read_text())
    if name.startswith("error"):
        return document, "error"
    return document, schema_of("/stats" if "stats" in name else None, document)


@pytest.mark.parametrize("name", NAMES)
def test_a_golden_file_fits_its_schema(name):
    document, fitting = golden(name)

    assert schema.violations(fitting, document) == []


@pytest.mark.parametrize("name", [each for each in NAMES if not each.startswith("list-of")])
def test_answers_are_looked_at_as_closely_as_bodies(name):
    """What checks each answer of these tests is another validator than ours, and quicker."""
    document, fitting = golden(name)
    for key in document:
        rest = {name: value for name, value in document.items() if name != key}
        for wrong in (rest, {**document, key: None}, {**document, key: {"wrong": 1}}):
            assert violations(fitting, wrong) == schema.violations(fitting, wrong)
