"""Whatever is sent to the Hathora face, it has an answer of its own: no 500."""

import dataclasses
import itertools
import random

import pytest

from ec_builds.faces import hathora as face
from ec_builds.store.build import Build
from tests.faces.test_hostile import TYPES, WORDS

QUERIES = ("", "orgId=", "orgId=%00", "orgId=org-" + "0" * 36, "orgId=a&orgId=b", "orgId=%ff", "&%")
BODIES = (
    b"", b"{", b"[]", b"null", b"5", b'"x"', b"{}", b"[" * 100_000, b"\xff\xfe", b"1" * 5000,
    b'{"buildTag": 5}', b'{"buildTag": "\\u0000"}', b'{"buildTag": "\\ud800"}', b'{"buildTag": 0}',
    b'{"buildSizeInBytes": NaN}', b'{"buildSizeInBytes": Infinity}', b'{"buildSizeInBytes": true}',
    b'{"buildSizeInBytes": 1' + b"0" * 400 + b"}", b'{"buildSizeInBytes": -1.5}',
    b'{"buildSizeInBytes": 1e400}', b'{"buildSizeInBytes": "1"}', b'{"buildSizeInBytes": 1.5}',
    b'{"buildSizeInBytes": 1, "buildId": "registry"}', b'{"buildId": "a/b"}', b'{"buildId": []}',
    b'{"appName": "", "authConfiguration": {}}', b'{"appName": "x", "authConfiguration": []}',
    b'{"appName": "y", "authConfiguration": {"a": 12345678901234567890123}}',
    b'{"appName": "z", "authConfiguration": {"a": {"\\ud800": 1}}}', b'{"appName": "\\u0000"}',
    b'{"image": "x", "registryUrl": "xn--a"}', b'{"image": "", "auth": 5}', b'{"image": "A B"}',
    b'{"image": "x", "registryUrl": "http://[::1"}', b'{"image": "x:y:z@sha256:0", "auth": "\\n"}',
    b'<?xml version="1.0" encoding="nope"?><a/>', b"<a>", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>",
    b"<CompleteMultipartUpload><Part><PartNumber>-1</PartNumber></Part></CompleteMultipartUpload>",
    b"<CompleteMultipartUpload><Part/></CompleteMultipartUpload>",
)


@pytest.fixture
def config(config):
    """Settings of a server with a region that nobody reaches, and whose builds wait."""
    regions = (("Seattle", "127.0.0.1:1"),)
    return dataclasses.replace(config, executor="none", registries=regions)


@pytest.fixture
def things(runtime):
    """What stands for a part of a path besides: things that are there."""
    me = runtime.operator()
    organisation = runtime.organisations.find(me)
    app = runtime.applications.create(me, organisation, "Arena", {})
    _, parts = runtime.images.create_numbered(me, app.id, None, "parts", 10)
    _, form = runtime.images.create_numbered(me, app.id, None, "form")
    runtime.images.create_named(me, organisation, "mine")
    runtime.images.create_named(me, organisation, "yours", size=5)
    return (f"app-{app.id}", app.id, "1", "2", "mine", "yours", parts.secret, form.secret)


def addresses(application, chance, words):
    """Every address of the face with each of its methods."""
    for rule in application.url_map.iter_rules():
        if not rule.endpoint.startswith("hathora-"):
            continue
        path = "/".join(
            chance.choice(words) if part.startswith("<") and "any" not in part
            else chance.choice(("v1", "v2")) if part.startswith("<") else part
            for part in rule.rule.split("/")
        )
        for method in sorted(rule.methods - {"OPTIONS"}):
            yield method, path


def test_no_request_breaks_it(application, runtime, client, token, things):
    chance, odds = random.Random(11), itertools.cycle(BODIES)
    words = things * 4 + WORDS
    before = Build.select().count()

    for _ in range(len(BODIES)):
        for method, path in addresses(application, chance, words):
            headers = {"Authorization": f"Bearer {token}", "Content-Type": chance.choice(TYPES)}
            if chance.random() < 0.1:
                del headers["Authorization"]
            answer = client.open(
                f"{path}?{chance.choice(QUERIES)}", method=method, data=next(odds),
                headers=headers,
            )
            assert answer.status_code < 500, (method, path, answer.data)
            if answer.status_code >= 400 and method != "HEAD":
                assert answer.json["message"].strip(), (method, path)
            answer.close()
    assert Build.select().count() > before


def test_the_face_has_its_addresses(application):
    rules = [each for each in application.url_map.iter_rules() if "hathora" in each.endpoint]
    assert len(rules) > 20
    for rule in rules:
        path = rule.rule.replace("<any(v1, v2):version>", "v1")
        assert face.owns(path), path
