"""Things that exist, for requests to be about: else each answer would be that there is nothing."""

import itertools
import random
import re
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

#: What looks like the id of something, in a query or in a path.
ID = re.compile(rf"{PATTERNS['uuid']}|{PATTERNS['integer']}")
#: The header that makes a request the same as another one.
KEY = "Idempotency-Key"
#: Path of lists that are about something: the parameters of which there has to be one. No document
#: of this kind can say so.
OWNED = {
    "/platform/build": ("platformID", "buildID"),
    "/platform/deployment": ("platformID", "targetID", "buildID", "deploymentID"),
}
#: Property of a body that names a type: types that exist, each with a config of which it is glad.
#: None of them reaches out of the machine, or runs anything, should somebody build with it.
TYPES = {
    "codeSourceType": {"stub": {"files": {"index.html": "<h1>Bread</h1>"}}},
    "dataSourceType": {"stub": {}},
    "targetType": {"zipDownload": {}, "localWebServer": {"path": "shop"}},
    "platformType": {"staticWebsite": {}, "website": {"commands": "true", "buildDir": "dist"}},
}


class World:
    """An app with all that apps have, which can be made again when some of it is gone.

    `http` is a client of somebody who may do everything; `idle`, if given, one of a server whose
    builds do not start, so that there is something to cancel.
    """

    def __init__(self, http, idle=None):
        self.http, self.idle = http, idle
        self.chance, self.numbers = random.Random(0), itertools.count()
        self.renew()

    def renew(self):
        """Make everything anew."""
        http, app = self.http, make_app(self.http, "Bakery")
        self.code = make_plugin(http, app, "codesource")
        self.data = make_plugin(http, app, "datasource")
        self.target = make_plugin(http, app, "target", "zipDownload")
        platform = make_platform(http, app, "staticWebsite", None, self.code, self.data,
                                 [self.target])
        build = http.finished(start_build(http, platform))
        deployment = http.finished(start_deployment(http, platform, build, [self.target]))
        self.builds = [build["buildID"]] * 2 + [self.another(platform), self.pinned(platform)]
        self.unused = {
            "codeSourceID": make_plugin(http, app, "codesource")["codeSourceID"],
            "dataSourceID": make_plugin(http, app, "datasource")["dataSourceID"],
            "targetID": make_plugin(http, app, "target", "zipDownload")["targetID"],
        }
        self.ids = {
            "appID": app["appID"],
            "platformID": platform["platformID"],
            "codeSourceID": self.code["codeSourceID"],
            "dataSourceID": self.data["dataSourceID"],
            "targetID": self.target["targetID"],
            "deploymentID": deployment["deploymentID"],
        }
        self.paths = self.places(deployment)

    def another(self, platform):
        """A build that has not ended, where builds do not start; elsewhere any."""
        return start_build(self.idle or self.http, platform)["buildID"]

    def pinned(self, platform):
        build = self.http.finished(start_build(self.http, platform))
        assert self.http.post(address_of(build, "ec:app/build/pin")).status_code == 200
        return build["buildID"]

    def places(self, deployment):
        """What parts of paths may be."""
        place = urlsplit(deployment["results"][0]).path.rsplit("/", 3)
        names = dict(zip(("deployment_id", "target_id", "name"), place[1:], strict=True))
        return {
            "/files/builds/{build_id}.zip": {"build_id": self.builds[0]},
            "/files/deployments/{deployment_id}/{target_id}/{name}":
                {**names, "name": unquote(names["name"])},
            "/schema/{name}": {"name": "platform"},
            "/schema/types/{part}/{type}": {"part": "codesource", "type": "stub"},
        }

    def inhabit(self, case):
        """Put what exists into a case, where it has something of the same form.

        Every eighth case is about what does not exist.
        """
        meta = case.meta
        if not is_negative(meta, "body") and isinstance(case.body, dict):
            self.fill(case.body)
        if not is_negative(meta, "header") and KEY in (case.headers or {}):
            case.headers[KEY] = str(next(self.numbers))
        owners = OWNED.get(case.path) if case.method == "GET" else None
        if owners and not {*owners} & {*(case.query or {})}:
            case.query = {**(case.query or {}), "platformID": self.ids["platformID"]}
        if case.path.endswith("/stream"):
            self.begin(case)
        if self.chance.random() < 1 / 8:
            return
        for name, value in (case.query or {}).items():
            if isinstance(value, str) and ID.fullmatch(value) and name.endswith("ID"):
                case.query[name] = str(self.existing(name, case.method))
        if not is_negative(meta, "path") and case.path_parameters:
            case.path_parameters.update(self.paths.get(case.path, {}))

    def begin(self, case):
        """Watch from the beginning, for no other place is known to be one of the stream."""
        for place, values in (("query", case.query), ("header", case.headers)):
            for name in {"lastEventId", "Last-Event-ID"} & {*(values or {})}:
                if not is_negative(case.meta, place):
                    values[name] = "0-0"

    def existing(self, name, method):
        if name == "buildID":
            return self.chance.choice(self.builds)
        if method in ("DELETE", "PUT") and name in self.unused:
            return self.unused[name]
        return self.ids[name]

    def fill(self, body):
        """Make a body that fits its template fit what its template cannot know."""
        for name, types in TYPES.items():
            if name in body:
                body[name] = self.chance.choice(sorted(types))
                body["config"] = dict(types[body[name]])
        if "platformType" in body:
            body["_links"] = {
                "ec:app/codesource": link(self.code),
                "ec:app/datasource": link(self.data),
                "ec:app/target": [link(self.target)],
            }


def is_negative(meta, place):
    """Whether a case is meant to be refused for what is in one of its places."""
    return meta is not None and any(
        where.value == place and about.mode.is_negative
        for where, about in meta.components.items()
    )
