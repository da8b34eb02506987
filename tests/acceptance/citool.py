"""A stand-in for the CI command line tool: it sends the same bytes, and ends with the same codes.

The tool itself is a program that cannot be installed everywhere. What it does is known from its
sources and from what others have recorded: the requests, their headers and their order; how it
packs a folder; what it takes for a failure, which is little.
"""

import fnmatch
import http.client
import io
import json
import tarfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

PATIENCE = 60
SUFFIXES = (".tgz", ".tar.gz", ".tar.tgz")
#: Its reader of lines takes no longer ones.
LONGEST = 65_536
OCTETS = "application/octet-stream"
PART = "\n\t<Part>\n\t\t<PartNumber>{}</PartNumber>\n\t\t<ETag>{}</ETag>\n\t</Part>"
AGENT = "speakeasy-sdk/go 0.13.0 2.763.3 0.0.1 github.com/hathora/cloud-sdk-go/hathoracloud"


class Failed(Exception):
    """What the tool ends with code 1 for."""


class Answer:
    """The head of an answer, and its body: at once, or piece by piece."""

    def __init__(self, connection):
        self.connection, self.response = connection, connection.getresponse()
        self.status, self.headers = self.response.status, self.response.headers

    def body(self):
        try:
            return self.response.read()
        finally:
            self.connection.close()

    def lines(self):
        """The lines of a log as they come; ends where the tool's own reader would."""
        rest = b""
        try:
            while piece := self.response.read1(4096):
                *whole, rest = (rest + piece).split(b"\n")
                if any(len(line) >= LONGEST for line in (*whole, rest)):
                    raise ValueError("token too long")
                yield from whole
            yield from [rest] if rest else []
        finally:
            self.connection.close()


def send(method, address, body=None, headers=()):
    """Send one request with these headers and no others; the body may come in pieces."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.netloc, timeout=PATIENCE)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    connection.putrequest(method, target, skip_accept_encoding=True)
    for name, value in headers:
        connection.putheader(name, value)
    if body is None or isinstance(body, bytes):
        if body is not None or method == "POST":
            connection.putheader("Content-Length", str(len(body or b"")))
        connection.endheaders(body)
    else:
        connection.putheader("Transfer-Encoding", "chunked")
        connection.endheaders(body, encode_chunked=True)
    return Answer(connection)


def upload(method, address, body, kind):
    """What goes to the addresses of an upload: without a token, and without the tool's name."""
    headers = [("User-Agent", "Go-http-client/1.1"), ("Content-Type", kind)]
    return send(method, address, body, [*headers, ("Accept-Encoding", "gzip")])


def pack(folder):
    """A folder as the tool packs it: files alone, links as what they lead to."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", dereference=True) as archive:
        for path in sorted(Path(folder).rglob("*")):
            name = path.relative_to(folder).as_posix()
            if path.is_file() and not is_left_out(name, folder):
                archive.add(path, name, recursive=False)
    return packed.getvalue()


def is_left_out(name, folder):
    """Whether it is hidden, or somebody has said that it is not wanted."""
    if any(part.startswith(".") for part in name.split("/")):
        return True
    files = (Path(folder) / each for each in (".dockerignore", ".gitignore"))
    patterns = [line for each in files if each.exists() for line in each.read_text().split()]
    parts = name.split("/")
    heads = ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]
    wanted = (*parts, *heads)
    return any(fnmatch.fnmatch(each, one.strip("/")) for each in wanted for one in patterns)


def read(path):
    """The archive that is sent for a file or a folder."""
    path = Path(path)
    if path.is_dir():
        return pack(path)
    if not path.name.endswith(SUFFIXES):
        raise Failed(f"unsupported archive file extension: {path.name}")
    return path.read_bytes()


def split_image(image, registry=""):
    """What it makes of --image and --registry."""
    host, slash, rest = image.partition("/")
    if not registry and slash and ("." in host or ":" in host):
        host, image = host, rest
    else:
        host = registry
    return {"registryUrl": host, "image": image} if host else {"image": image}


@dataclass
class Ending:
    """What somebody who called the tool has of it."""

    code: int
    result: object
    #: The log and the complaints.
    said: list

    @property
    def text(self):
        return "\n".join(self.said)


class Tool:
    """Version 0.4.1: builds of the third version of the API."""

    def __init__(self, endpoint, token):
        self.endpoint, self.token, self.said = endpoint.rstrip("/"), token, []

    def call(self, command, *arguments, **options):
        """Carry out a command: create, create_with_registry, list, info or delete."""
        self.said = []
        try:
            return Ending(0, getattr(self, command)(*arguments, **options), self.said)
        except Failed as failure:
            return Ending(1, None, [*self.said, f"[ERROR] {failure}"])

    # what it asks of the API

    def ask(self, method, path, expected, body=None, kind="application/json"):
        headers = [
            ("User-Agent", AGENT),
            ("Connection", "close"),
            ("Accept", "application/json"),
            ("Authorization", f"Bearer {self.token}"),
        ]
        if body is not None:
            body = json.dumps(body, separators=(",", ":")).encode()
            headers.append(("Content-Type", kind))
        headers.append(("Accept-Encoding", "gzip"))
        return self.expect(send(method, f"{self.endpoint}{path}", body, headers), expected)

    def expect(self, answer, expected):
        if answer.status != expected:
            raise Failed(f"{answer.status} {answer.body().decode()}")
        return answer

    def get(self, path):
        return json.loads(self.ask("GET", path, 200).body())

    def follow(self, answer):
        """Print a log. What goes wrong on the way is told, and no failure."""
        kind = answer.headers.get("Content-Type", OCTETS).partition(";")[0]
        if kind != OCTETS:
            raise Failed("unknown content-type received")
        try:
            for line in answer.lines():
                self.said.append(line.decode().removesuffix("\r"))
        except (ValueError, http.client.HTTPException, OSError) as error:
            self.said.append(f"[ERROR] failed to stream output to console: {error}")

    # the upload in parts

    def put(self, address, part):
        """Upload one part. Returns its tag, which is empty if it was refused."""
        answer = upload("PUT", address, part, OCTETS)
        body = answer.body()
        if answer.status != 200:
            self.said.append(f"upload failed with status code: {answer.status}, {body.decode()}")
            return ""
        if not answer.headers["ETag"]:
            self.said.append("etag header not found in response")
        return answer.headers["ETag"] or ""

    def put_all(self, created, archive):
        """All parts at the same time. Returns their numbers and tags, in the order received."""
        size = int(created["maxChunkSize"])

        def put(each):
            start = size * (each["partNumber"] - 1)
            return self.put(each["putRequestUrl"], archive[start : start + size])

        parts = created["uploadParts"]
        with ThreadPoolExecutor(max(1, len(parts))) as together:
            tags = list(together.map(put, parts))
        return [(int(each["partNumber"]), tag) for each, tag in zip(parts, tags)]

    def complete(self, created, tags, part=PART):
        text = "".join(part.format(*each) for each in tags)
        body = f"<CompleteMultipartUpload>{text}</CompleteMultipartUpload>".encode()
        answer = upload("POST", created["completeUploadPostRequestUrl"], body, "application/xml")
        answer.body()
        if answer.status != 200:
            self.said.append(f"Complete multipart upload failed with status: {answer.status}")

    # its commands

    def create(self, path, tag="", build_id=""):
        archive = read(path)
        body = {"buildTag": tag, "buildSizeInBytes": len(archive), "buildId": build_id}
        body = {name: value for name, value in body.items() if value != ""}
        created = json.loads(self.ask("POST", "/builds/v3/builds", 201, body).body())
        self.complete(created, self.put_all(created, archive))
        self.follow(self.ask("POST", f"/builds/v3/builds/{created['buildId']}/run", 200))
        build = self.info(created["buildId"])
        if build["status"] == "failed":
            raise Failed("Build failed")
        return build

    def create_with_registry(self, image, registry="", auth="", tag=""):
        body = {"buildTag": tag} if tag else {}
        created = json.loads(self.ask("POST", "/builds/v3/builds/registry", 201, body).body())
        path = f"/builds/v3/builds/{created['buildId']}/runRegistry"
        config = {**({"auth": auth} if auth else {}), **split_image(image, registry)}
        self.follow(self.ask("POST", path, 200, config))
        return self.info(created["buildId"])

    def list(self):
        builds = self.get("/builds/v3/builds")["builds"]
        if not builds:
            raise Failed("no builds found")
        return builds

    def info(self, build_id):
        return self.get(f"/builds/v3/builds/{build_id}")

    def delete(self, build_id):
        deleted = json.loads(self.ask("DELETE", f"/builds/v3/builds/{build_id}", 200).body())
        assert isinstance(deleted, dict)
        return {"success": True, "message": "Build deleted successfully", "code": 200}
