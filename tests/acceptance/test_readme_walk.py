"""What the README tells newcomers to type works as it stands there."""

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from textwrap import dedent

import httpx
import pytest

from tests.acceptance.server import Server
from tests.lacking import NODE
from tests.registries import listening

README = Path(__file__).parents[2] / "README.rst"
#: Instead of a pause: the deployment is asked until it is over.
WAIT = """
for _ in $(seq 500); do
    api "${ROOT}platform/deployment?deploymentID=$DEPLOYMENT" | grep -q '"running"' || break
done
"""
WAIT_FOR_JOBS = """
for _ in $(seq 500); do
    api "$HELLO/jobs" | grep -q '"status":"\\(queued\\|running\\)"' || break
done
"""


@pytest.fixture
def settings():
    """What the newcomer's server is told."""
    return {}


@pytest.fixture
def terminal(tmp_path, settings):
    """Runs a script as a newcomer would, beside a server of his own."""
    server = Server(tmp_path / "data", **settings).start()
    program = tmp_path / ".venv/bin/ec-builds"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m ec_builds "$@"\n')
    program.chmod(0o755)
    home = tmp_path / ".local/share"
    home.mkdir(parents=True)
    (home / "ec-builds").symlink_to(server.home)
    environment = {
        **os.environ,
        "HOME": str(tmp_path),
        "EC_BUILDS_HOME": str(server.home),
        "EC_BUILDS_PUBLIC_URL": server.root,
    }

    def run(script):
        script = script.replace("http://127.0.0.1:7470/", server.root).replace("sleep 1\n", WAIT)
        command = ["bash", "-euc", script]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    yield run
    server.stop()


def blocks(begin, end):
    """The lines to type between two headings, block by block."""
    section = README.read_text().partition(f"\n{begin}")[2].partition(f"\n{end}")[0]
    found = re.findall(r"::\n\n((?:(?:    [^\n]*)?\n)+)", section)
    return [re.sub("^    ", "", block, flags=re.M).strip() for block in found]


def typed():
    """The lines to type in the second terminal, in their order."""
    first, *others = blocks("Five minutes with", "Building a real site")
    assert first == ".venv/bin/ec-builds serve"
    return "\n".join(others)


def test_five_minutes_with_a_server(terminal, tmp_path):
    said = terminal(typed() + "\ncurl -s $(echo $SITE | tr -d \"[]'\")")

    assert "Build succeeded" in said
    assert said.endswith("<h1>Fresh bread</h1>")
    assert (tmp_path / "shop.zip").read_bytes().startswith(b"PK")


def test_a_manifest_is_submitted_and_its_jobs_are_shown(terminal, tmp_path):
    abbreviations = blocks("Five minutes with", "Building a real site")[1]
    manifest, submit, api = blocks("Manifests\n---", "The Djinn face\n---")
    (tmp_path / "hello.yml").write_text(manifest)

    said = terminal(submit)
    assert "succeeded with failures" in said
    with zipfile.ZipFile(tmp_path / "hello.zip") as packed:
        assert set(packed.namelist()) == {"hello", "hello-src.tar.gz"}

    said = terminal(f"{abbreviations}\n{api}".replace("sleep 2\n", WAIT_FOR_JOBS))
    states = re.findall(r'"status": "(\w+)"', said)
    assert states == ["passed", "passed", "passed_with_failures", "passed"]
    with tarfile.open(tmp_path / "hello-src.tar.gz") as packed:
        assert packed.getnames() == ["hello.c"]


@pytest.fixture
def registry(tmp_path, settings):
    """The registry that the walk through images begins with, at a free port; its host."""
    how, start = blocks("Container images\n---", "The Hathora face\n---")[0].rsplit("\n", 1)
    script = how.replace("127.0.0.1:5001", "127.0.0.1:0")
    subprocess.run(["bash", "-euc", script], cwd=tmp_path, check=True)
    with (tmp_path / "registry.log").open("wb") as log:
        process = subprocess.Popen(
            start.split(), cwd=tmp_path, stdout=log, stderr=log,
            env={**os.environ, "OTEL_TRACES_EXPORTER": "none"},
        )
    try:
        host = listening(process, tmp_path / "registry.log")
        settings["EC_BUILDS_REGISTRIES"] = f"Seattle={host}"
        yield host
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def images(registry, terminal):
    """Types what the walk through images says, after what came before."""
    _, serve, *walk = blocks("Container images\n---", "The Hathora face\n---")
    for setting in ("Seattle=127.0.0.1:5001", "EC_BUILDS_PRIVATE_NETWORK=allow"):
        assert setting in serve
    before = typed().partition("BUILD=")[0]
    return lambda: terminal("\n".join([before, *walk]).replace("127.0.0.1:5001", registry))


@pytest.mark.registry
@pytest.mark.buildah
def test_an_image_is_built_and_deployed(images, registry):
    said = images()

    assert f'"reference": "{registry}/app-' in said
    assert re.search(rf"{registry}/mirror/server:1@sha256:[0-9a-f]{{64}}\n$", said)


@pytest.mark.registry
@pytest.mark.buildah
def test_an_image_is_built_by_hand(registry, terminal, tmp_path):
    walk, *_ = blocks("The Hathora face\n---", "Accounts and tokens\n---")
    (tmp_path / "server").mkdir()
    (tmp_path / "server/Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
    abbreviations = typed().partition("api $ROOT")[0]

    said = terminal(f"{abbreviations}\n{walk}")

    assert "Build 1 succeeded\n" in said and f'"containerTag":"{registry}/app-' in said


@pytest.mark.registry
@pytest.mark.buildah
@pytest.mark.skipif(bool(NODE), reason="the example is for Node.js")
def test_the_example_with_the_sdk_works(sdk, registry, terminal, tmp_path):
    section = README.read_text().partition("code-block:: javascript\n\n")[2]
    (tmp_path / "build.mjs").write_text(dedent(section.partition("\n\n*")[0]))
    (tmp_path / "node_modules").symlink_to(sdk / "node_modules")
    (tmp_path / "server").mkdir()
    (tmp_path / "server/Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
    abbreviations = typed().partition("api $ROOT")[0]

    said = terminal(
        f"{abbreviations}\nexport TOKEN ROOT; tar -czf server.tgz -C server .; node build.mjs"
    )

    assert "STEP 2/2" in said and said.endswith("\nsucceeded\n")


def test_its_addresses_are_those_of_the_server(terminal):
    root = terminal("printf http://127.0.0.1:7470/")

    for path in re.findall(r"``(/\w+z)``", README.read_text()):
        assert httpx.get(f"{root.rstrip('/')}{path}").status_code == 200
    assert httpx.get(f"{root}docs/").status_code == 200
