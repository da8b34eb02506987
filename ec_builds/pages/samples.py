"""Things made up for examples. They are shown as real ones are, so that no example can lie."""

from types import SimpleNamespace as Sample

from ec_builds.api.representations import (
    account, address, app, artifact, audit, build, configured, deployment, image, invitation, job,
    live, material, member, offer, platform, retention, stats, tag, token, types,
)

APP = "3f0b8a52-6d0e-4c57-9a35-0c6b1f6f2d11"
PLATFORM = "8c1d7e90-52a4-4f0b-8f5e-9d2a4b7c6e22"
CODE, DATA, TARGET = (f"b7e2c4d{n}-1f3a-4d5b-a6c7-e8f9a0b1c2d{n}" for n in (3, 4, 5))
MEMBER, INVITATION = (f"5d0e9f7{n}-3a1b-4c2d-9e8f-7a6b5c4d3e2{n}" for n in (6, 7))
SOMEBODY = "d4c3b2a1-0f9e-4d8c-b7a6-95847362514f"
TOKEN = "6f1e2d3c-4b5a-4697-8877-665544332211"
#: Values of parameters.
VALUES = {
    "appID": APP, "platformID": PLATFORM, "codeSourceID": CODE, "dataSourceID": DATA,
    "targetID": TARGET, "buildID": 12, "deploymentID": 34, "memberID": MEMBER,
    "invitationID": INVITATION, "accountID": SOMEBODY, "tokenID": TOKEN, "_list": "true",
    "auditID": 56, "jobID": 61, "artifactID": 62, "tagID": 63, "variableID": 64, "objectID": 65,
}
CREATOR = {"email": "admin@localhost", "accountID": SOMEBODY}


def at(second):
    return f"2026-03-02T08:15:{second:02}.114Z"


def event(number, message, **info):
    return Sample(
        id=number, type="info", timestamp=at(number - 40), message=message, temporary=False,
        info=info,
    )


RUN = {
    "app_id": APP, "platform_id": PLATFORM, "creator": CREATOR, "comment": "nightly",
    "started": at(1), "finished": at(9), "state": "SUCCEEDED", "detail": None,
}
MINE = Sample(id=PLATFORM, title="Shop")
BUILD = {
    **RUN, "id": VALUES["buildID"], "pinned": False, "latest_deployment": VALUES["deploymentID"],
    "is_being_deployed": False, "is_finished": True, "can_be_cancelled": False,
    "has_manifest": True, "has_image": False, "result_key": "builds/12/result.zip",
    "location": {
        "type": "zipFile",
        "config": {"url": "files/builds/12.zip", "size": 48213, "sha256": "0f" * 32},
    },
    "events": [
        event(41, "Build accepted", requestID="5f0c2e7a91b3d468"),
        event(49, "Build succeeded", type="zipFile", size=48213, sha256="0f" * 32),
    ],
}
CANCELLED = {
    "state": "CANCELLING", "finished": None, "location": None, "result_key": None,
    "latest_deployment": None, "is_finished": False,
    "events": [*BUILD["events"][:1], event(45, "Cancelling")],
}
DEPLOYMENT = {
    **RUN, "id": VALUES["deploymentID"], "build_id": VALUES["buildID"], "target_ids": [TARGET],
    "outside_config": None, "results": ["sites/d75fe77f/shop/"], "build_is_there": True,
    "living_target_ids": [TARGET], "kept": {},
    "events": [event(51, "Deployment accepted"), event(53, "Deployment succeeded")],
}
EXCESS = Sample(
    build_id=VALUES["buildID"], platform_id=PLATFORM, finished=at(9), size=48213,
    reason="It is not among the newest 20.",
)
STATS = Sample(
    id=APP, title="Bakery", monthly_builds={"2026-03": 12}, monthly_deployments={"2026-03": 4},
    total_build_size=578556, used_codesources=["remoteGit"], used_datasources=["stub"],
    used_targets=["localWebServer"], used_platforms=["website"],
)
LINE = Sample(
    id=VALUES["auditID"], moment=at(3), account_id=CREATOR["accountID"], email=CREATOR["email"],
    username="admin", token_id="c5d6e7f8-2a4b-4c6d-8e9f-a0b1c2d3e4f5", address="192.0.2.7",
    request_id="5f0c2e7a91b3d468", action="edit", kind="platform", thing=PLATFORM, app_id=APP,
    detail={"properties": ["config"]}, app_is_there=True,
)
OWNER = Sample(
    id=APP, short_id="d75fe77f", created=at(0), title="Bakery", hex_color="#d97706",
    platforms=[MINE], keep_newest=20, keep_days=None, keep_bytes=5000000000,
)

ACCOUNT = Sample(
    id=SOMEBODY, signature=CREATOR, email="ada@example.com", username="ada", created=at(0),
    admin=False,
)
ASKED = {
    "id": INVITATION, "app_id": APP, "app": OWNER, "role": "developer", "inviter": ACCOUNT,
    "created": at(2), "expires": "2026-03-16T08:15:02.114Z",
}


def part(part_id, type, **config):
    return Sample(id=part_id, app_id=APP, type=type, config=config, platforms=[MINE])


#: What belongs to a build.
OF_BUILD = {"app_id": APP, "build_id": VALUES["buildID"]}
PARTS = {
    "job": (
        job,
        Sample(
            **OF_BUILD, id=VALUES["jobID"], name="test.1", stage="test", kind="commands",
            commands="make check", may_fail=False, state="SUCCEEDED", created=at(1),
            started=at(4), finished=at(8), log_start=0, log_end=52,
        ),
    ),
    "artifact": (
        artifact,
        Sample(
            **OF_BUILD, id=VALUES["artifactID"], job_id=VALUES["jobID"], name="report.xml",
            source="out/report.xml", created=at(1), let_go=None, size=8213, md5="1e" * 16,
            sha256="2d" * 32, key="builds/12/artifacts/1",
        ),
    ),
    "tag": (
        tag, Sample(**OF_BUILD, id=VALUES["tagID"], name="v1.2", account=ACCOUNT, created=at(9))
    ),
    "build-variable": (
        material.VARIABLE,
        Sample(**OF_BUILD, id=VALUES["variableID"], key="CC", shown="gcc", masked=False),
    ),
    "build-object": (
        material.OBJECT,
        Sample(
            **OF_BUILD, id=VALUES["objectID"], source="fonts", name="/tmp/fonts.tar", placed=True,
            thing=Sample(type="application/x-tar", size=90112, md5="3c" * 16, sha256="4b" * 32),
        ),
    ),
}
IMAGE = Sample(
    app_id=APP, build_id=VALUES["buildID"], number=7, name=None, tag="1.4.0-rc2",
    source="archive", repository=f"app-{APP}", registry_tag="7", upload=None, received=0,
    facts={
        "digest": f"sha256:{'5a' * 32}", "size": 9437184,
        "references": [
            {"region": "Frankfurt", "reference": f"fra.example.com/games/app-{APP}:7"},
        ],
    },
)
#: Kind: what represents it, and one of it.
KINDS = {
    **PARTS,
    "app": (app, OWNER),
    "platform": (
        platform,
        Sample(
            id=PLATFORM, app_id=APP, title="Shop", type="website", codesource_id=CODE,
            config={"commands": ["npm ci", "npm run build"], "buildDir": "dist"},
            datasource_id=DATA, target_ids=[TARGET], latest_build=VALUES["buildID"],
            latest_deployment=VALUES["deploymentID"],
        ),
    ),
    "codesource": (
        configured.CODE_SOURCE, part(CODE, "remoteGit", giturl="https://git.example.com/shop.git")
    ),
    "datasource": (
        configured.DATA_SOURCE, part(DATA, "ownDataManager", url="https://api.example.com/bread")
    ),
    "target": (configured.TARGET, part(TARGET, "localWebServer", path="shop")),
    "build": (build, Sample(**BUILD)),
    "deployment": (deployment, Sample(**DEPLOYMENT)),
    "retention": (retention, OWNER),
    "member": (
        member,
        Sample(
            id=MEMBER, app_id=APP, account_id=CREATOR["accountID"], account=ACCOUNT,
            role="developer", created=at(3), is_last_owner=False,
        ),
    ),
    "invitation": (invitation, Sample(**ASKED, email="bob@example.com", username=None)),
    "offer": (offer, Sample(**ASKED)),
    "account": (account, ACCOUNT),
    "token": (
        token,
        Sample(
            id=TOKEN, account_id=SOMEBODY, name="CI of the bakery", created=at(4), used=at(5),
            scopes=["build:read", "build:write"], apps=[APP],
            expires="2026-05-31T08:15:04.114Z", text="eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ…",
        ),
    ),
    "image": (image, IMAGE),
    "stats": (stats, STATS),
    "audit": (audit, LINE),
}
#: What an action leaves of a thing.
DONE = {"cancel": CANCELLED, "pin": {"pinned": True}, "unpin": {"pinned": False}, "accept": {}}
#: An address that was made: who may use it, and until when.
SIGNATURE = f"1772439661.{CREATOR['accountID']}.{LINE.token_id}.{'m' * 43}"
WISHES = {"seconds": 300}
PLUGIN = Sample(type="stub", type_config={}, config_schema={}, restrict_to_platform_type=None)
#: What can be read at an address that was made, by the kind of the thing and the verb.
READABLE = {
    ("build", "download"): lambda urls: urls.below("files/builds/12.zip"),
    ("build", "log/address"): lambda urls: urls.log(12),
    ("build", "events/address"): lambda urls: urls.stream(12),
    ("job", "log/address"): lambda urls: urls.action("job", "log", VALUES["jobID"]),
    ("artifact", "download"): lambda urls: urls.action(
        "artifact", "content", VALUES["artifactID"]
    ),
    ("deployment", "download"): lambda urls: urls.below(
        f"files/deployments/34/{TARGET}/d75fe77f-12.zip"
    ),
}
MANIFEST = """driver:
  type: os
stages:
- test
jobs:
- stage: test
  commands:
  - make check
"""
LOG = "$ npm ci\nadded 212 packages in 4s\n$ npm run build\nWrote 48 pages\n"
#: What is no HAL, by where it is below the path of its kind.
TEXTS = {"/log": LOG, "/manifest": MANIFEST, "/content": "(the bytes of the artifact)"}


def one(kind, urls, verb=None):
    """The document of one thing, or of what an action left of it, or has made of it."""
    if (kind, verb) in READABLE:
        where = urls.signed(READABLE[kind, verb](urls), SIGNATURE)
        return address.one(kind, verb, KINDS[kind][1].id, where, at(41), urls)
    if kind == "preview":
        found = Sample(app=OWNER, number=1, size=EXCESS.size, builds=[EXCESS])
        return retention.preview(found, urls)
    if kind == "types":
        return types.types(lambda kind: [PLUGIN], urls)
    look, thing = KINDS[kind]
    if verb == "accept":
        return look.accepted(thing, urls)
    return look.one(Sample(**{**vars(thing), **DONE[verb]}) if verb else thing, urls)


def new(kind, urls):
    """The document of one thing, as it is told to whoever has just made it."""
    look, thing = KINDS[kind]
    return getattr(look, "made", look.one)(thing, urls)


def several(kind, urls, address, owner):
    """The document of a list with one thing in it."""
    look, thing = KINDS[kind]
    document = look.listing(address, Sample(value_of=owner.get), urls)
    document.state = {**document.state, "count": 1, "total": 1}
    return document.embed(look.RELATION, [look.one(thing, urls)])


def stream():
    """What a watcher sees: name, id and data of each message."""
    begun, over = (live.event(each) for each in KINDS["build"][1].events)
    return [
        ("event", "41-0", begun), ("state", None, live.state("RUNNING")),
        ("log", "41-9", "$ npm ci"), ("event", "49-9", over), ("end", "49-9-end", None),
    ]
