"""Things that exist, for requests to be about: else each answer would be that there is nothing."""

import itertools
import random
import re
from collections import Counter
from urllib.parse import unquote, urlsplit

from ec_builds.lists.kinds import PATTERNS
from tests.acceptance.making import (
    address_of,
    link,
    make_app,
    make_platform,
    make_plugin,
    start_build,
    start_deployment,
)
from tests.fuzz.people import People

#: What looks like the id of something, in a query or in a path.
ID = re.compile(rf"{PATTERNS['uuid']}|{PATTERNS['integer']}")
#: The header that makes a request the same as another one.
KEY = "Idempotency-Key"
#: Path of lists that are about something: the parameters of which there has to be one. No document
#: of this kind can say so.
OWNED = {
    "/platform/build": ("platformID", "buildID"),
    "/platform/deployment": ("platformID", "targetID", "buildID", "deploymentID"),
    "/platform/build/job": ("buildID", "jobID"),
    "/platform/build/artifact": ("buildID", "artifactID"),
    "/platform/build/tag": ("buildID", "tagID"),
    "/platform/build/variable": ("buildID", "variableID"),
    "/platform/build/object": ("buildID", "objectID"),
}
#: Path: what ids are called here that are called there as others are elsewhere.
CALLED = {
    "/account/invitation": {"invitationID": "offerID", "appID": "friendlyID"},
    "/account/invitation/accept": {"invitationID": "offerID"},
    "/platform/build/unpin": {"buildID": "pinnedID"},
    "/platform/build/manifest": {"buildID": "manifestID"},
    "/platform/build/image": {"buildID": "imageID"},
    **{
        f"/platform/build/{word}": {"buildID": "manifestID"}
        for word in ("job", "artifact", "tag", "variable", "object")
    },
}
#: Path: where what was done there is undone.
UNDONE = {"/platform/build/pin": "unpin", "/platform/build/unpin": "pin"}
#: Property of a body that names a type: types that exist, each with a config of which it is glad.
#: None of them reaches out of the machine, or does harm, should somebody build with it.
TYPES = {
    "codeSourceType": {"stub": {"files": {"index.html": "<h1>Bread</h1>"}}},
    "dataSourceType": {"stub": {}},
    "targetType": {"zipDownload": {}, "localWebServer": {"path": "shop"}},
    "platformType": {
        "staticWebsite": {},
        "website": {"commands": "true", "buildDir": "dist"},
    },
}
#: What a build is made by that has one of all that belongs to builds.
MANIFEST = """
driver: {type: os}
env: [FLOUR=rye]
objects: [fonts.tar]
stages: [bake]
jobs:
- stage: bake
  commands: [echo bread > bread.txt]
  artifacts: [bread.txt]
"""
#: Of what there can be only so many, so that what a case has made is ended at once.
FEW = {"/account/token", "/invitation"}
#: A moment that is not past.
LATER = "2099-01-31T12:00:00Z"
#: Every how many cases of an operation one is about what does not exist.
RARELY = 8


class World:
    """An app with all that apps have, and of each thing another one that may be ended.

    `http` is a client of somebody who may do everything, and `friend` one of another account;
    `idle`, if given, one of a server whose builds do not start, so that there is something to
    cancel.
    """

    def __init__(self, http, friend, idle=None):
        self.http, self.idle = http, idle or http
        self.chance, self.numbers, self.turns = random.Random(0), itertools.count(), Counter()
        app = self.app = make_app(http, "Bakery")
        parts = [make_plugin(http, app, "codesource"), make_plugin(http, app, "datasource"),
                 make_plugin(http, app, "target", "zipDownload")]
        self.platform = self.make_platform(*parts)
        build = http.finished(start_build(http, self.platform))
        deployment = http.finished(start_deployment(http, self.platform, build, parts[2:]))
        self.links = [link(part) for part in parts]
        known = [app, self.platform, *parts, deployment]
        names = ["appID", "platformID", "codeSourceID", "dataSourceID", "targetID", "deploymentID"]
        self.ids = {name: each[name] for name, each in zip(names, known, strict=True)}
        self.ids |= {"buildID": build["buildID"], "pinnedID": self.pinned()}
        self.ids |= {**self.parts(), "imageID": self.image()}
        self.paths = places(build, deployment)
        self.people, self.spares = People(http, friend, app), {}
        self.ids |= {"memberID": self.people.member(app), "invitationID": self.people.invitation()}
        lines = http.read("audit?size=1")["_embedded"]["ec:audit/line"]
        self.ids["auditID"] = lines[0]["auditID"]
        for name in names[:-1] + ["buildID", "memberID", "invitationID", "tokenID", "tagID"]:
            self.replace(name)
        self.welcome(http)

    def welcome(self, caller):
        """Make what only the one has who asks, of whom `caller` is a client."""
        self.people.welcome(caller)
        token = caller.read("account/token")["_embedded"]["ec:account/token"][-1]
        self.ids |= {"accountID": self.people.caller["accountID"], "tokenID": token["tokenID"]}
        offer = caller.read(f"account/invitation?invitationID={self.people.offer()}")
        self.ids |= {"offerID": offer["invitationID"], "friendlyID": offer["appID"]}
        self.replace("offerID")

    def make_platform(self, code=None, data=None, target=None):
        targets = [target] if target else None
        return make_platform(self.http, self.app, "staticWebsite", None, code, data, targets)

    def pinned(self):
        """The id of a build that is pinned."""
        build = self.http.finished(start_build(self.http, self.platform))
        assert self.http.post(address_of(build, "ec:app/build/pin")).status_code == 200
        return build["buildID"]

    def parts(self):
        """The ids of a build that is made by a manifest, and of what belongs to it."""
        config = {"manifest": MANIFEST}
        platform = make_platform(self.http, self.app, "manifest", config)
        self.manifested = build = self.http.finished(start_build(self.http, platform))
        found = {"manifestID": build["buildID"], "tagID": self.tag()["tagID"]}
        for word in ("job", "artifact", "variable", "object"):
            parts = self.http.get(address_of(build, f"ec:app/build/{word}s")).json()["_embedded"]
            found[f"{word}ID"] = parts[f"ec:app/build/{word}"][-1][f"{word}ID"]
        return found

    def image(self):
        """The id of a build that makes an image."""
        platform = make_platform(self.http, self.app, "containerImage")
        return start_build(self.idle, platform)["buildID"]

    def tag(self):
        """A tag that the build does not have yet."""
        tags = address_of(self.manifested, "ec:app/build/tags")
        return self.http.make(tags, name=f"v{next(self.numbers)}")

    def replace(self, name):
        """Make another thing that may be ended, by the name of its id."""
        of_people = {
            "memberID": self.people.member, "invitationID": self.people.invitation,
            "offerID": self.people.offer, "tokenID": self.people.token,
        }
        self.spares[name] = of_people[name]() if name in of_people else self.another(name)[name]

    def another(self, name):
        """Another thing of the app, or another app, by the name of its id."""
        return {
            "appID": lambda: make_app(self.http, "Spare"),
            "platformID": self.make_platform,
            "buildID": lambda: start_build(self.idle, self.platform),
            "codeSourceID": lambda: make_plugin(self.http, self.app, "codesource"),
            "dataSourceID": lambda: make_plugin(self.http, self.app, "datasource"),
            "tagID": self.tag,
            "targetID": lambda: make_plugin(self.http, self.app, "target", "zipDownload"),
        }[name]()

    def inhabit(self, case):
        """Put what exists into a case, where it has something of the same form."""
        if not is_negative(case, "body") and isinstance(case.body, dict):
            self.fill(case.body)
        self.lead(case)
        self.turns[case.method, case.path] += 1
        if self.turns[case.method, case.path] % RARELY == 0 and not is_end(case):
            return
        for name, value in (case.query or {}).items():
            if name.endswith("ID") and isinstance(value, str) and ID.fullmatch(value):
                case.query[name] = str(self.existing(name, case))
        if not is_negative(case, "path") and case.path_parameters:
            case.path_parameters.update(self.paths.get(case.path, {}))

    def existing(self, name, case):
        """The id of something; it is another one if the case would end it."""
        name = called(name, case)
        if is_end(case) and name in self.spares:
            return self.spares[name]
        return self.ids.get(name, self.app["appID"])

    def fill(self, body):
        """Make a body that fits its template fit what its template cannot know."""
        for name, value in body.items():
            if isinstance(value, float) and value.is_integer():
                body[name] = int(value)  # 2.0 is no integer to draft-04, by which bodies are read
        for name, types in TYPES.items():
            if name in body:
                body[name] = self.chance.choice(sorted(types))
                body["config"] = dict(types[body[name]])
        for name, own in (("scopes", "build:read"), ("appIDs", self.ids["appID"])):
            if body.get(name):
                body[name] = [own]
        if body.get("expires") is not None:
            body["expires"] = LATER
        for name in ("email", "username"):
            if str(body.get(name)).lower() in self.people.names:  # who cannot be asked in again
                body[name] = f"not-{body[name]}"
        if "platformType" in body:
            names = ("ec:app/codesource", "ec:app/datasource", "ec:app/target")
            body["_links"] = dict(zip(names, self.links, strict=True))

    def lead(self, case):
        """Keep a case from being refused for what no document of this kind can say."""
        headers, query = case.headers or {}, case.query or {}
        if not is_negative(case, "header"):
            if KEY in headers:  # which names one request, and no other
                headers[KEY] = str(next(self.numbers))
            if "Last-Event-ID" in headers:  # of messages there have been, only this is known
                headers["Last-Event-ID"] = "0-0"
        if "lastEventId" in query and not is_negative(case, "query"):
            query["lastEventId"] = "0-0"
        owners = OWNED.get(case.path, ()) if case.method == "GET" else ()
        if owners and not {*owners} & {*query}:
            owner = owners[0]
            case.query = {**query, owner: str(self.ids[called(owner, case)])}

    def mourn(self, case, answer):
        """Undo what a case has done: what it has ended is replaced.

        What it has made is ended, where there can be a few only.
        """
        if case.method == "POST" and answer.status_code == 200 and case.path in UNDONE:
            undo = f"platform/build/{UNDONE[case.path]}?buildID={answer.json()['buildID']}"
            assert self.http.post(undo).status_code == 200
        if answer.status_code == 201 and case.path in FEW:
            self.http.delete(address_of(answer.json()))
        if is_end(case) and answer.status_code < 300:
            for name, value in (case.query or {}).items():
                name = called(name, case)
                if value == str(self.spares.get(name)):
                    self.replace(name)


def places(build, deployment):
    """What the parts of paths may be."""
    place = urlsplit(deployment["results"][0]).path.rsplit("/", 3)[1:]
    parts = dict(zip(("deployment_id", "target_id", "name"), map(unquote, place), strict=True))
    return {
        "/files/builds/{build_id}.zip": {"build_id": build["buildID"]},
        "/files/deployments/{deployment_id}/{target_id}/{name}": parts,
        "/schema/{name}": {"name": "platform"},
        "/schema/types/{part}/{type}": {"part": "code-source", "type": "stub"},
    }


def called(name, case):
    """The name of an id by which the world knows what a case is about."""
    return CALLED.get(case.path, {}).get(name, name)


def is_end(case):
    """Whether something will not be what it was when a case has been."""
    return case.method == "DELETE" or case.path.endswith(("/cancel", "/accept"))


def is_negative(case, place):
    """Whether a case is meant to be refused for what is in one of its places."""
    components = case.meta.components if case.meta else {}
    return any(where.value == place and about.mode.is_negative
               for where, about in components.items())
