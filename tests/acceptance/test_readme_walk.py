"""What the README tells newcomers to type works as it stands there."""

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import httpx
import pytest

from tests.acceptance.server import Server

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
def terminal(tmp_path):
    """Runs a script as a newcomer would, beside a server of his own."""
    server = Server(tmp_path / "server").start()
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


def test_its_addresses_are_those_of_the_server(terminal):
    root = terminal("printf http://127.0.0.1:7470/")

    for path in re.findall(r"``(/\w+z)``", README.read_text()):
        assert httpx.get(f"{root.rstrip('/')}{path}").status_code == 200
    assert httpx.get(f"{root}docs/").status_code == 200
