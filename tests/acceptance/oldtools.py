"""Stand-ins for the command line tools of earlier years, by the ways in which they upload."""

import json
import secrets
from pathlib import Path

from tests.acceptance.citool import AGENT, OCTETS, PART, Failed, Tool, read, send, upload

#: What they complete an upload with, part by part.
OLD_PART = PART.replace("\n\t", "\n\t\t\t")


class OldTool(Tool):
    """What versions 0.1.5 to 0.1.14 have in common: builds of one application, by numbers."""

    def __init__(self, endpoint, token, app):
        super().__init__(endpoint, token)
        self.path = f"/builds/v2/{app}"

    def info(self, build_id):
        return self.get(f"{self.path}/info/{build_id}")

    def begin(self, operation, tag, **more):
        body = {"buildTag": tag, **more}
        return json.loads(self.ask("POST", f"{self.path}/{operation}", 201, body).body())

    def run(self, build_id, *file):
        """Run with the file of an archive, or with a form in which there is nothing."""
        boundary = secrets.token_hex(30)
        body = form(boundary, (), *file) if file else f"\r\n--{boundary}--\r\n".encode()
        headers = [
            ("User-Agent", AGENT),
            ("Connection", "close"),
            ("Accept", OCTETS),
            ("Authorization", f"Bearer {self.token}"),
            ("Content-Type", f"multipart/form-data; boundary={boundary}"),
            ("Accept-Encoding", "gzip"),
        ]
        answer = send("POST", f"{self.endpoint}{self.path}/run/{build_id}", body, headers)
        self.follow(self.expect(answer, 200))


class Direct(OldTool):
    """Version 0.1.5: the archive goes with the run, and the build is told as it was created."""

    def create(self, path, tag=""):
        created = self.begin("create", tag)
        self.run(created["buildId"], Path(path).name, read(path))
        return created


class Form(OldTool):
    """Version 0.1.10: one form with the fields that were asked for; the file is sent again."""

    def create(self, path, tag=""):
        created, archive = self.begin("createWithUploadUrl", tag), read(path)
        boundary = secrets.token_hex(30)
        fields = [(each["key"], each["value"]) for each in created["uploadBodyParams"]]
        body = form(boundary, fields, Path(path).name, archive)
        kind = f"multipart/form-data; boundary={boundary}"
        answer = upload("POST", created["uploadUrl"], body, kind)
        if answer.status != 204 or answer.body():
            raise Failed(f"failed to upload file: {answer.status}")
        self.run(created["buildId"], Path(path).name, archive)
        return self.info(created["buildId"])


class Parts(OldTool):
    """Version 0.1.14: parts, completed in any order, and a run with an empty form."""

    def create(self, path, tag=""):
        archive = read(path)
        created = self.begin("createWithMultipartUploads", tag, buildSizeInBytes=len(archive))
        self.complete(created, reversed(self.put_all(created, archive)), OLD_PART)
        self.run(created["buildId"])
        return self.info(created["buildId"])


class Legacy(Tool):
    """The tool before that, of the first version of the API: the archive as a stream."""

    def __init__(self, endpoint, token, app):
        super().__init__(endpoint, token)
        self.path = f"/builds/v1/{app}"

    def create(self, path):
        created = json.loads(self.ask("POST", f"{self.path}/create", 201, {}).body())
        boundary = f"{'-' * 26}{secrets.randbelow(10**24):024}"
        body = form(boundary, (), "bundle.tgz", read(path))
        headers = [
            ("Authorization", f"Bearer {self.token}"),
            ("Content-Type", f"multipart/form-data;boundary={boundary}"),
            ("Accept", "*/*"),
            ("User-Agent", "node-fetch"),
            ("Accept-Encoding", "gzip,deflate"),
            ("Connection", "close"),
        ]
        pieces = (body[start : start + 700] for start in range(0, len(body), 700))
        address = f"{self.endpoint}{self.path}/run/{created['buildId']}"
        answer = self.expect(send("POST", address, pieces, headers), 200)
        assert answer.headers["Content-Type"].partition(";")[0] == "text/plain"
        self.said = [line.decode() for line in answer.lines()]
        return created["buildId"]


def form(boundary, fields, name, content):
    """A multipart form: fields in their order, and the file last."""
    disposition = "Content-Disposition: form-data; name="
    parts = [f'--{boundary}\r\n{disposition}"{key}"\r\n\r\n{value}\r\n' for key, value in fields]
    head = f'--{boundary}\r\n{disposition}"file"; filename="{name}"\r\nContent-Type: {OCTETS}'
    return f"{''.join(parts)}{head}\r\n\r\n".encode() + content + f"\r\n--{boundary}--\r\n".encode()
