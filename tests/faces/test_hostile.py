"""Whatever is sent to the face, it has an answer of its own: no 500, and nothing half-written."""

import itertools
import random

import pytest

from ec_builds.faces import djinn as face
from ec_builds.store.build import Build
from ec_builds.store.namespace import Namespace

#: What stands for a part of a path.
WORDS = ("ada", "1", "0", "-1", "9" * 19, "9" * 5000, "..", "a%00b", "%2F", "ü", "a b", "%ff")
QUERIES = (
    "", "page=-1", "page=" + "9" * 5000, "search=%00", "search=%25_%27", "status=%ff", "tag=%00",
    "name=a&namespace=%00", "name=%0a", "namespace=a@%00", "pinned", "page=1&page=2", "a[]=1&%",
)
BODIES = (
    b"", b"{", b"[]", b"null", b"5", b'"x"', b'{"manifest": {}}', b'["\\ud800"]', b"[[[[[]]]]]",
    b"[" * 100_000, b"1" * 5000, b'{"tags": null, "manifest": "driver: {type: os}"}', b"\xff\xfe",
    b'{"key": "A", "value": "\\u0000"}', b'{"name": 5}', b'{"handle": null}', b"manifest=a&tags=,",
    b'{"payload_url": "http://[::1", "events": ["x"]}', b'{"visibility": "secret"}', b'["a", 5]',
    b'{"name": "ok", "parent": "../x"}', b'{"events": "a"}', b'{"mask": 1}', b'["' + b"t" * 300,
)
TYPES = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data", "\xff", "")


@pytest.fixture
def asked(application):
    """Every address of the face and every method, with something in the place of its variables."""
    rules = [rule for rule in application.url_map.iter_rules() if is_ours(rule)]
    assert len(rules) > 60

    def asked(chance):
        for rule in rules:
            for method in sorted(rule.methods - {"OPTIONS"}):
                yield method, filled(rule, chance)

    return asked


def is_ours(rule):
    path = filled(rule, random.Random(0))
    return rule.endpoint.startswith("djinn-") and face.PATH.fullmatch(path)


def filled(rule, chance):
    parts = (
        chance.choice(WORDS) if part.startswith("<") else part
        for part in rule.rule.replace("path:", "").replace("int:", "").split("/")
    )
    return "/".join(parts)


def test_no_request_breaks_it(djinn, asked):
    chance, ada = random.Random(7), djinn("ada")
    ada.submit("lab", tags=["t"])
    odds = itertools.cycle(BODIES)

    for method, path in [each for _ in range(3) for each in asked(chance)]:
        ada.ask(
            method, f"{path}?{chance.choice(QUERIES)}", data=next(odds),
            headers={"Content-Type": chance.choice(TYPES), "Accept": chance.choice(TYPES)},
        )


@pytest.mark.parametrize("body", BODIES)
def test_a_body_that_is_refused_has_left_nothing(djinn, body):
    ada = djinn("ada")

    for path in ("/builds", "/namespaces", "/variables"):
        answer = ada.post(path, data=body, headers={"Content-Type": "application/json"})
        if answer.status_code != 201:
            assert answer.status_code == 400
    made = Build.select().count()
    assert made == (b"driver" in body)
    assert Namespace.select().count() <= made + (b'"ok"' in body)
