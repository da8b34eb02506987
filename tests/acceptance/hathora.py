"""What the tests of the Hathora face share: the shapes of its objects, and a strict client."""

import contextlib
import itertools
import re
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from tests.acceptance.archives import OCTETS, file
from tests.acceptance.server import PATIENCE, wait_until

STATES = ("created", "running", "succeeded", "failed")
#: What servers of these tests push images to, in this order.
REGIONS = ("Seattle", "Frankfurt")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
#: What a run of each version has to be answered as.
KINDS = {"v1": "text/plain", "v2": OCTETS, "v3": OCTETS}


def text(value):
    return isinstance(value, str)


def filled(value):
    return text(value) and value != ""


def integer(value):
    return type(value) is int


def moment(value):
    return text(value) and bool(MOMENT.fullmatch(value))


def maybe_moment(value):
    return value is None or moment(value)


def address(value):
    return text(value) and urlsplit(value).scheme in ("http", "https")


def state(value):
    return value in STATES


def number(value):
    return integer(value) and 0 < value < 2**31


def tags(value):
    """One tag of each region or none; each is told as two texts."""
    regions = [each["region"] for each in value]
    assert all(set(each) == {"region", "containerTag"} for each in value), value
    return regions in ([], list(REGIONS)) and all(filled(each["containerTag"]) for each in value)


def fields(value):
    return isinstance(value, list) and all(
        set(each) == {"key", "value"} and filled(each["key"]) and text(each["value"])
        for each in value
    )


def parts(value):
    numbers = [each["partNumber"] for each in value]
    assert numbers == list(range(1, len(value) + 1)), numbers
    assert all(set(each) == {"partNumber", "putRequestUrl"} for each in value), value
    return all(address(each["putRequestUrl"]) for each in value)


DATES = ("createdAt", "startedAt", "finishedAt", "deletedAt")
#: What both kinds of builds have.
COMMON = {
    "createdAt": moment, "createdBy": filled, "startedAt": maybe_moment,
    "finishedAt": maybe_moment, "deletedAt": maybe_moment, "imageSize": integer, "status": state,
}
NUMBERED = {"appId": filled, "buildId": number, "regionalContainerTags": tags, **COMMON}
NAMED = {"orgId": filled, "buildId": filled, **COMMON}
#: What they may have, and never as null; `buildTag` of the first two versions may be null.
OPTIONAL = {"expiredAt": moment, "buildTag": text}
NAMED_OPTIONAL = {**OPTIONAL, "contentHash": filled, "shareUrl": filled}
FORM = {"uploadUrl": address, "uploadBodyParams": fields}
PARTS = {"uploadParts": parts, "maxChunkSize": integer, "completeUploadPostRequestUrl": address}
APP = {
    "appId": filled, "appName": filled, "appSecret": text,
    "authConfiguration": lambda value: isinstance(value, dict),
    "serviceConfig": lambda value: value is None or isinstance(value, dict),
    "orgId": filled, "createdAt": moment, "createdBy": filled, "deletedAt": maybe_moment,
    "deletedBy": lambda value: value is None or text(value),
}


def check(found, shape, optional):
    """Whether an object is of a shape: all of it, and nothing else that is null."""
    for name, kind in shape.items():
        assert name in found, f"{name} is missing: {found}"
        assert kind(found[name]), f"{name}: {found[name]!r}"
    for name in found.keys() - shape.keys():
        assert name in optional, f"{name} is unknown: {found}"
        assert optional[name](found[name]), f"{name}: {found[name]!r}"
    return found


def check_build(found, more=()):
    """A build as it may be told in its state. `more` is what came with its creation."""
    shape, optional = (NAMED, NAMED_OPTIONAL) if "orgId" in found else (NUMBERED, OPTIONAL)
    if found.get("buildTag", "") is None and shape is NUMBERED:
        found = {name: value for name, value in found.items() if name != "buildTag"}
    check(found, {**shape, **dict(more)}, optional)
    dates = [found[each] for each in DATES]
    assert [each for each in dates if each] == sorted(each for each in dates if each), dates
    is_over = found["status"] in ("succeeded", "failed")
    assert (found["startedAt"] is not None) == (found["status"] != "created"), found
    assert (found["finishedAt"] is not None) == is_over, found
    is_there = found["status"] == "succeeded" and not found["deletedAt"]
    if "regionalContainerTags" in found:
        assert bool(found["regionalContainerTags"]) == is_there, found
    if found["status"] != "succeeded":
        assert found["imageSize"] == 0, found
    elif is_there:
        assert found["imageSize"] > 0, found
    return found


names = itertools.count(1)


class Api:
    """One user's client of the face: it looks at whatever is answered."""

    def __init__(self, root, token, **headers):
        bearer = {"Authorization": f"Bearer {token}"} if token else {}
        self.root, self.token = root.rstrip("/"), token
        self.http = httpx.Client(headers={**bearer, **headers}, verify=False, timeout=PATIENCE)

    def close(self):
        self.http.close()

    def ask(self, method, path, expected=200, **options):
        """An answer with the status that is expected."""
        answer = self.http.request(method, f"{self.root}{path}", **options)
        assert answer.status_code == expected, f"{method} {path}: {told(answer)}"
        if expected >= 400:
            message_of(answer)
        return answer

    def refused(self, method, path, *statuses, **options):
        """The message of a refusal."""
        answer = self.http.request(method, f"{self.root}{path}", **options)
        assert answer.status_code in statuses, f"{method} {path}: {told(answer)}"
        return message_of(answer)

    def json(self, method, path, expected=200, **options):
        answer = self.ask(method, path, expected, **options)
        assert answer.headers["Content-Type"].partition(";")[0] == "application/json"
        return answer.json()

    def make_app(self, name=None):
        """A new application; its id."""
        body = {"appName": name or f"app{next(names)}", "authConfiguration": {"anonymous": {}}}
        return check(self.json("POST", "/apps/v2/apps", 201, json=body), APP, ())["appId"]

    def builds(self, version, app=None):
        """The builds of a version of the API: of an application, or of the organisation."""
        return Named(self) if version == "v3" else Numbered(self, version, app or self.make_app())


def told(answer):
    return f"{answer.status_code} {answer.headers.get('Content-Type')} {answer.text[:500]}"


def message_of(answer):
    """The message of a refusal, which has to be there in the one shape that clients read."""
    assert answer.headers["Content-Type"].partition(";")[0] == "application/json", told(answer)
    assert filled(answer.json()["message"]), told(answer)
    return answer.json()["message"]


@dataclass
class Log:
    """A log that was read to its end."""

    headers: httpx.Headers
    lines: list

    @property
    def text(self):
        return "\n".join(self.lines)


class Following:
    """A log that is read line by line while the build runs."""

    def __init__(self, answer):
        self.answer, self.pieces, self.rest = answer, answer.iter_raw(), b""
        self.headers, self.lines = answer.headers, []

    def __iter__(self):
        return self

    def __next__(self):
        while b"\n" not in self.rest:
            piece = next(self.pieces, None)
            if piece is None:
                assert self.rest == b"", f"the last line has no end: {self.rest!r}"
                raise StopIteration
            self.rest += piece
        line, self.rest = self.rest.split(b"\n", 1)
        self.lines.append(line.decode())
        return self.lines[-1]

    def until(self, text):
        """Read up to a line that contains a text."""
        for line in self:
            if text in line:
                return line
        raise AssertionError(f"{text} did not come: {self.lines}")

    def end(self):
        """Read the rest. Returns all of it."""
        for _ in self:
            pass
        return Log(self.headers, self.lines)


class Builds:
    """The builds of a version: what both kinds have."""

    def uploaded(self, archive, **body):
        """A build to which an archive was uploaded, so that it can be run without one."""
        created = self.create_parts(len(archive), **body)
        self.upload(created, archive)
        return created

    def upload(self, created, archive):
        """All parts of an archive, and their completion."""
        tags = [(each["partNumber"], self.put(created, each, archive)) for each in slots(created)]
        answer = send("POST", created["completeUploadPostRequestUrl"], content=completing(tags))
        assert answer.status_code == 200, told(answer)

    def put(self, created, part, archive):
        """Upload one part. Returns its tag."""
        answer = send("PUT", part["putRequestUrl"], content=piece(created, part, archive))
        assert answer.status_code == 200, told(answer)
        return answer.headers["ETag"]

    @contextlib.contextmanager
    def running(self, build_id, **options):
        """Run a build, and follow it until the end of the block."""
        path = self.path_of("run", build_id)
        with self.api.http.stream("POST", f"{self.api.root}{path}", **options) as answer:
            if answer.status_code != 200:
                answer.read()
            assert answer.status_code == 200, f"{path}: {told(answer)}"
            assert answer.headers["Content-Type"].partition(";")[0] == KINDS[self.version]
            assert answer.headers["Transfer-Encoding"] == "chunked"
            yield Following(answer)

    def run(self, build_id, **options):
        """Run a build to its end. Returns its log."""
        with self.running(build_id, **options) as following:
            return following.end()

    def outcome(self, archive):
        """Upload an archive, and run it. Returns the log, and the build right after its end."""
        created = self.uploaded(archive) if self.version != "v1" else self.create()
        options = {"files": file(archive)} if self.version == "v1" else {}
        log = self.run(created["buildId"], **options)
        return log, self.read(created["buildId"])

    def wait(self, build_id, *states):
        """The build as soon as it is in one of some states; in a final one without."""
        wanted = states or ("succeeded", "failed")

        def look():
            found = self.read(build_id)
            return found if found["status"] in wanted else None

        return wait_until(look)


class Numbered(Builds):
    """Builds of an application, of the first two versions."""

    def __init__(self, api, version, app):
        self.api, self.version, self.app = api, version, app

    def path_of(self, operation, *rest):
        return "/".join((f"/builds/{self.version}/{self.app}/{operation}", *map(str, rest)))

    def create(self, **body):
        return check_build(self.api.json("POST", self.path_of("create"), 201, json=body))

    def create_form(self, **body):
        made = self.api.json("POST", self.path_of("createWithUploadUrl"), 201, json=body)
        return check_build(made, FORM)

    def create_parts(self, size, **body):
        path, body = self.path_of("createWithMultipartUploads"), {"buildSizeInBytes": size, **body}
        return check_build(self.api.json("POST", path, 201, json=body), PARTS)

    def read(self, build_id):
        return check_build(self.api.json("GET", self.path_of("info", build_id)))

    def list(self):
        found = self.api.json("GET", self.path_of("list"))
        return [check_build(each) for each in found]

    def path_to_delete(self, build_id):
        return self.path_of("delete", build_id)

    def delete(self, build_id):
        assert self.api.ask("DELETE", self.path_to_delete(build_id), 204).content == b""


class Named(Builds):
    """Builds of an organisation, of the third version."""

    version = "v3"

    def __init__(self, api):
        self.api = api

    def path_of(self, operation, build_id):
        return f"/builds/v3/builds/{build_id}/{operation}"

    def create(self, **body):
        return self.create_parts(**{"size": 1, **body})

    def create_parts(self, size, **body):
        body = {"buildSizeInBytes": size, **body}
        return check_build(self.api.json("POST", "/builds/v3/builds", 201, json=body), PARTS)

    def create_registry(self, **body):
        return check_build(self.api.json("POST", "/builds/v3/builds/registry", 201, json=body))

    def read(self, build_id):
        return check_build(self.api.json("GET", f"/builds/v3/builds/{build_id}"))

    def list(self):
        page = self.api.json("GET", "/builds/v3/builds")
        return [check_build(each) for each in page["builds"]]

    def path_to_delete(self, build_id):
        return f"/builds/v3/builds/{build_id}"

    def delete(self, build_id):
        assert self.api.json("DELETE", self.path_to_delete(build_id)) == {}

    def copy(self, **config):
        """Copy an image out of a registry. Returns the log, and the build after its end."""
        created = self.create_registry()
        path = self.path_of("runRegistry", created["buildId"])
        answer = self.api.ask("POST", path, json=config)
        assert answer.headers["Content-Type"].partition(";")[0] == OCTETS
        return Log(answer.headers, answer.text.splitlines()), self.read(created["buildId"])


def send(method, address, **options):
    """Ask whatever an address leads to, as somebody who has no token."""
    with httpx.Client(verify=False, timeout=PATIENCE) as client:
        return client.request(method, address, **options)


def slots(created):
    return created["uploadParts"]


def piece(created, part, archive):
    """The bytes of one part of an archive."""
    size = created["maxChunkSize"]
    return archive[(part["partNumber"] - 1) * size : part["partNumber"] * size]


def completing(tags, part="<Part><PartNumber>{}</PartNumber><ETag>{}</ETag></Part>"):
    """The document that completes an upload."""
    text = "".join(part.format(*each) for each in tags)
    return f"<CompleteMultipartUpload>{text}</CompleteMultipartUpload>"


def exchange(root, request):
    """Send bytes to a server, and read all that it answers."""
    parts = urlsplit(root)
    with socket.create_connection((parts.hostname, parts.port), PATIENCE) as connection:
        connection.sendall(request)
        answer = b""
        while received := connection.recv(65536):
            answer += received
    return answer
