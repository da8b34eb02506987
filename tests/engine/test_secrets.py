"""Commands get secrets, and nothing that is written down has them."""

import base64
import logging
from urllib.parse import quote, quote_plus

import pytest

from ec_builds.errors import BuildError
from ec_builds.plugins.platforms.website import Website
from ec_builds.plugins.registry import Plugins
from ec_builds.storage.folder import FolderStorage
from ec_builds.store import lists
from ec_builds.store.build import Build
from ec_builds.store.database import database
from ec_builds.store.platform import Platform
from ec_builds.store.reach import EVERYTHING
from tests import dummies

SECRET = "hunter2/sésame +'\"\\ $x-0123456789abcdefghijklmnopqrstuvwxyz"
BYTES = SECRET.encode()
SHAPES = [
    BYTES,
    BYTES[3:-3],  # most of it is as bad as all of it
    SECRET.replace("'", "'\\''").encode(),
    *(base64.b64encode(bytes(offset) + BYTES)[4:-4] for offset in range(3)),
    base64.b64encode(BYTES)[:40],
    base64.urlsafe_b64encode(BYTES)[:40],
    BYTES.hex().encode()[:30],
    BYTES.hex().upper().encode()[:30],
    BYTES.hex(" ").encode()[:30],
    quote(SECRET).encode(),
    quote(SECRET, safe="").encode(),
    quote_plus(SECRET).encode(),
]
PYTHON = "python3 -c 'import os, sys, urllib.parse as u; s = os.environ[\"SECRET\"]; %s'"


@pytest.fixture
def logged(monkeypatch):
    """What the storage is given of the log of a run."""
    blocks, put = [], FolderStorage.put

    def hear(storage, key, file):
        if "/log/" in key:
            blocks.append(file.read())
            file.seek(0)
        return put(storage, key, file)

    monkeypatch.setattr(FolderStorage, "put", hear)
    return blocks


@pytest.fixture
def build(make_platform, submit, work, runner):
    """Build a website with a secret. Returns the build."""
    object.__setattr__(
        runner.tools,
        "plugins",
        Plugins.of(dummies.Given, dummies.Nothing, dummies.Obedient, Website),
    )

    def build(*commands, **config):
        platform = make_platform()
        config = {"secrets": {"SECRET": SECRET}, "buildDir": "."} | config
        row = Platform.get_by_id(platform.id)
        row.type, row.config = "website", {"commands": list(commands), **config}
        row.save()
        build_id = submit(platform)
        work()
        return lists.BUILDS.get(build_id, EVERYTHING)

    return build


def stored():
    """All that the tables of runs contain, as bytes."""
    rows = []
    for table in ("build", "event", "litter", "site"):
        rows += database.execute_sql(f"SELECT * FROM {table}").fetchall()
    return repr(rows).replace("\\\\", "\\").replace('\\"', '"').encode() + repr(rows).encode()


def clean(text):
    return [shape for shape in SHAPES if shape in text] == []


@pytest.mark.parametrize(
    "command",
    [
        "env",
        'echo "$SECRET"',
        'printf %s "$SECRET" | base64',
        'echo "$SECRET" | base64 -w0',
        'printf "user:%s@host" "$SECRET" | base64',
        'printf "u:%s" "$SECRET" | base64 -w 30',
        PYTHON % "print(s.encode().hex()); print(s.encode().hex().upper())",
        PYTHON % 'print(s.encode().hex(":")); print(s.encode().hex(" "))',
        PYTHON % 'print(u.quote(s)); print(u.quote(s, safe="")); print(u.quote_plus(s))',
        PYTHON % "print(repr(s)); print(ascii(s)); import json; print(json.dumps(s))",
        PYTHON % "[print(c, end=str(), flush=True) for c in s]",
        PYTHON % "import html; print(html.escape(s))",
        'set -x; : "$SECRET"; A="$SECRET"',
        'printf %s "$SECRET" | od -An -v -tx1',
        'i=0; while [ $i -lt 500 ]; do echo "$i $SECRET"; i=$((i + 1)); done',
    ],
)
@pytest.mark.parametrize("end", ["true", "exit 3"])
def test_what_a_command_prints_is_masked(build, logged, command, end):
    done = build(f"{command}\n{end}")

    assert done.finished
    assert clean(b"".join(logged))
    assert clean(stored())
    assert b"***" in b"".join(logged)
    assert b"***" in stored()


def test_commands_get_the_secret_itself(build):
    assert build(f'[ "$(printf %s "$SECRET" | wc -c)" = {len(BYTES)} ]').state == "SUCCEEDED"


def test_a_command_that_quotes_a_secret_is_masked_in_all_that_tells_of_it(build):
    failed = build(f"echo {quote(SECRET)}; exit 3")

    assert failed.detail == "The command “echo ***; exit 3” failed with exit code 3"
    assert clean(stored())


@pytest.mark.parametrize(
    "error",
    [
        BuildError(f"It is {SECRET}", **{SECRET: [{"a": SECRET}], "b": BYTES}),
        BuildError("It is" + " x" * 20000 + SECRET + " y" * 16370),
        RuntimeError(SECRET),
        OSError(5, SECRET, SECRET),
    ],
)
def test_errors_are_masked(build, monkeypatch, caplog, error):
    def fail(self, config, context):
        try:
            raise ValueError(SECRET)
        except ValueError:
            raise error

    monkeypatch.setattr(Website, "build", fail)

    with caplog.at_level(logging.DEBUG):
        build("true")

    assert Build.get().state == "FAILED"
    assert clean(stored())
    assert clean(caplog.text.encode())


def test_a_secret_that_a_plugin_finds_is_masked_from_then_on(build, monkeypatch):
    def run(self, config, context):
        context.conceal("found later")
        context.note("It is found later", place={"found later": 1})
        return context.code

    monkeypatch.setattr(Website, "build", run)

    build("true")

    events = {event.message: event.info for event in lists.BUILDS.get(1, EVERYTHING).events}
    assert events["It is ***"] == {"place": {"***": 1}}


def test_secrets_are_masked_before_anything_is_written(build):
    done = build("true", secrets={"A": "Build started"})

    assert done.events[0].message == "***"
    assert done.state == "SUCCEEDED"


def test_a_secret_that_is_too_short_ends_the_build(build):
    done = build("true", secrets={"A": "abc"})

    assert done.detail == "A secret has fewer than 4 characters, so it cannot be masked"


def test_results_of_a_deployment_are_masked(make_platform, submit, deploy, work, monkeypatch):
    schema = {"properties": {"place": {"format": "password"}}}
    monkeypatch.setattr(dummies.Listed, "config_schema", schema)
    platform = make_platform(targets=({"place": "https://a/secret-place"},))
    build_id = submit(platform)
    work()
    deployment_id = deploy(platform, build_id)

    work()

    deployment = lists.DEPLOYMENTS.get(deployment_id, EVERYTHING)
    assert deployment.results == ["***"]
    assert clean(stored()) and b"secret-place" not in stored()


def test_a_secret_in_a_command_that_prints_nothing_is_masked(build, logged):
    done = build(f": {SECRET[:5]} --token={SECRET[-36:]}", secrets={"SECRET": SECRET[-36:]})

    assert done.state == "SUCCEEDED"
    assert logged == [b"$ : hunte --token=***\n"]
