"""A client of the Djinn face that is as strict as the official one: it decodes into types.

It knows an endpoint and a token. Like the official client it goes to the path of a `url` below its
endpoint, and takes one /api away if there are two.
"""

import re
import time
from datetime import datetime
from urllib.parse import urlsplit

import httpx
import yaml

WORDS = ("queued", "running", "passed", "passed_with_failures", "failed", "killed", "timed_out")
FINAL = WORDS[2:]
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
PATIENCE = 60


def integer(value):
    return type(value) is int and -(2**63) <= value < 2**63


def text(value):
    return isinstance(value, str)


def boolean(value):
    return type(value) is bool


def moment(value):
    return text(value) and bool(MOMENT.fullmatch(value)) and bool(datetime.fromisoformat(value))


def url(value):
    return text(value) and urlsplit(value).scheme in ("http", "https")


def status(value):
    return value in WORDS


def texts(value):
    return isinstance(value, list) and all(map(text, value))


def nullable(kind):
    return lambda value: value is None or kind(value)


def of(shape):
    """Whether a value is an object with the fields of a shape, each of its kind."""

    def matches(value):
        assert isinstance(value, dict), value
        for name, kind in shape.items():
            assert name in value, f"{name} is missing"
            assert kind(value[name]), f"{name}: {value[name]!r}"
        return True

    return matches


def string_map(value):
    return isinstance(value, dict) and all(map(text, value.values()))


USER = {"id": integer, "email": text, "username": text, "created_at": moment}
NAMESPACE = {
    "id": integer, "user_id": integer, "root_id": integer, "parent_id": nullable(integer),
    "name": text, "path": text, "description": text,
    "visibility": lambda value: value in ("private", "internal", "public"),
    "created_at": moment, "url": url, "builds_url": url, "namespaces_url": url,
    "images_url": url, "objects_url": url, "variables_url": url, "keys_url": url,
    "collaborators_url": url, "webhooks_url": url, "user": of(USER),
}
TRIGGER = {
    "type": lambda value: value in ("manual", "push", "pull", "schedule"), "comment": text,
    "data": string_map,
}
BUILD = {
    "id": integer, "user_id": integer, "namespace_id": nullable(integer), "number": integer,
    "manifest": text, "status": status, "output": nullable(text), "tags": texts,
    "pinned": boolean, "created_at": moment, "started_at": nullable(moment),
    "finished_at": nullable(moment), "url": url, "objects_url": url, "variables_url": url,
    "jobs_url": url, "artifacts_url": url, "tags_url": url, "user": of(USER),
    "trigger": of(TRIGGER), "namespace": nullable(of(NAMESPACE)),
}
JOB = {
    "id": integer, "build_id": integer, "name": text, "stage": text, "commands": text,
    "status": status, "output": nullable(text), "created_at": moment,
    "started_at": nullable(moment), "finished_at": nullable(moment), "url": url,
}
ARTIFACT = {
    "id": integer, "user_id": integer, "build_id": integer, "job_id": integer, "source": text,
    "name": text, "size": nullable(integer), "md5": nullable(text), "sha256": nullable(text),
    "created_at": moment, "deleted_at": nullable(moment), "url": url,
}
TAG = {
    "id": integer, "user_id": integer, "build_id": integer, "name": text, "created_at": moment,
    "url": url,
}
OBJECT = {
    "id": integer, "author_id": integer, "user_id": integer, "namespace_id": nullable(integer),
    "name": text, "type": text, "size": integer, "md5": text, "sha256": text,
    "created_at": moment, "url": url,
}
VARIABLE = {
    "id": integer, "author_id": integer, "user_id": integer, "namespace_id": nullable(integer),
    "key": text, "value": text, "masked": boolean, "created_at": moment, "url": url,
}
BUILD_VARIABLE = {"id": integer, "build_id": integer, "key": text, "value": text, "masked": boolean}
WEBHOOK = {
    "id": integer, "author_id": integer, "user_id": integer, "namespace_id": nullable(integer),
    "payload_url": url, "ssl": boolean, "active": boolean, "url": url, "events": texts,
}

#: What an empty manifest looks like as the official client writes it.
EMPTY = {
    "namespace": "", "driver": {}, "env": [], "objects": [], "sources": [], "stages": [],
    "allowfailures": [], "jobs": [],
}


class Refused(Exception):
    """An answer that is no success; `fields` are those of a 400."""

    def __init__(self, answer):
        super().__init__(f"{answer.status_code} {answer.text[:500]}")
        self.status, self.fields = answer.status_code, {}
        if answer.status_code == 400:
            self.fields = answer.json()
            assert all(texts(each) for each in self.fields.values()), self.fields
        else:
            assert texts([answer.json()["message"]])


class Djinn:
    """One user's client of an endpoint."""

    def __init__(self, endpoint, token):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.endpoint = endpoint.rstrip("/")
        self.http = httpx.Client(headers=headers, timeout=PATIENCE)
        del self.http.headers["Accept"], self.http.headers["User-Agent"]

    def close(self):
        self.http.close()

    def ask(self, method, path, expected, **options):
        """An answer with the status that is expected; raises Refused for any other."""
        if "://" in path:
            path = urlsplit(path).path
        address = f"{self.endpoint}{path}".replace("/api/api/", "/api/")
        answer = self.http.request(method, address, **options)
        if answer.status_code != expected:
            raise Refused(answer)
        if answer.status_code == 204:
            assert answer.content == b""
        elif method != "HEAD" and not options.get("headers", {}).get("Accept"):
            assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
            assert answer.text.endswith("\n")
        return answer

    def get(self, path, shape=None, **query):
        """What is at a path: an object of a shape, or a list of such."""
        found = self.ask("GET", path, 200, params=query or None).json()
        for each in found if isinstance(found, list) else [found]:
            assert shape is None or of(shape)(each)
        return found

    def post(self, path, shape, body):
        made = self.ask("POST", path, 201, json=body).json()
        for each in made if isinstance(made, list) else [made]:
            assert of(shape)(each)
        return made

    def patch(self, path, shape=None, body=None):
        options = {"json": body} if body is not None else {}
        changed = self.ask("PATCH", path, 200, **options).json()
        assert shape is None or of(shape)(changed)
        return changed

    def delete(self, path):
        self.ask("DELETE", path, 204)

    def submit(self, manifest, comment="", tags=None):
        """A new build; a manifest that is a mapping is written with all its keys."""
        if isinstance(manifest, dict):
            manifest = yaml.safe_dump({**EMPTY, **manifest})
        body = {"manifest": manifest, "comment": comment, "tags": tags}
        return self.post("/builds", BUILD, body)

    def run(self, *commands, driver=None, artifacts=(), **manifest):
        """A build of one job, when it is over."""
        job = {"stage": "t", "name": "", "commands": list(commands), "artifacts": list(artifacts)}
        whole = {"driver": driver or {"type": "os"}, "stages": ["t"], "jobs": [job], **manifest}
        return self.wait(self.submit(whole))

    def wait(self, build, *words):
        """A build as soon as it has one of some states; a final one without."""
        deadline = time.monotonic() + PATIENCE
        while (found := self.get(build["url"], BUILD))["status"] not in (words or FINAL):
            assert time.monotonic() < deadline, found
            time.sleep(0.03)
        return found

    def refused(self, method, path, **options):
        """The refusal of a request that has to be refused."""
        try:
            self.ask(method, path, 0, **options)
        except Refused as refused:
            assert refused.status >= 400, refused
            return refused
