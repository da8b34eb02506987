"""Secrets of a real server: a build uses them, and they are found nowhere."""

import base64
import io
import subprocess
import sys
import zipfile

import pytest

from tests.acceptance.server import Server, address_of, link, wait_until
from tests.plugins import conftest as servers
from tests.serving import serving

PASSWORD, TOKEN, VARIABLE = "swordfish-of-git", "swordfish-of-data", "swordfish-of-shop"
BASIC = base64.b64encode(f"robot:{PASSWORD}".encode()).decode()
#: What a curious build can see: variables and arguments of all processes, and all files.
SPYING = """
mkdir out
env > out/env
cat /proc/*/environ /proc/*/cmdline > out/proc 2>/dev/null || true
grep -rl sword[f]ish "$PWD/.." --exclude-dir=out > out/files || true
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("secrets") / "home").start()
    yield server
    assert server.stop() == 0


@pytest.fixture
def sources(tmp_path):
    """A repository and a document that are shown for a password and for a token."""
    repo = servers.Repo(tmp_path / "repo")
    repo.commit("First", index_html="hello")
    with serving(servers.Server(tmp_path, f"Basic {BASIC}")) as git:
        with serving(servers.Server(tmp_path, f"Bearer {TOKEN}")) as data:
            data.answer("/menu", b"[]")
            yield git.url("/smart/repo"), data.url("/menu")


def make_platform(client, giturl, url):
    """A platform whose parts have a secret each."""
    app = client.make("", title="Bakery", hexColor="#d97706")["appID"]
    code = {"giturl": giturl, "username": "robot", "password": PASSWORD}
    data = {"url": url, "token": TOKEN}
    config = {"commands": SPYING, "buildDir": "out", "secrets": {"SHOP": VARIABLE}}
    parts = {
        "ec:app/codesource": client.make(
            f"codesource?appID={app}", codeSourceType="remoteGit", config=code
        ),
        "ec:app/datasource": client.make(
            f"datasource?appID={app}", dataSourceType="ownDataManager", config=data
        ),
        "ec:app/target": client.make(f"target?appID={app}", targetType="zipDownload", config={}),
    }
    links = {relation: link(part) for relation, part in parts.items()}
    return client.make(
        f"platform?appID={app}", title="Shop", platformType="website", config=config, _links=links
    )


def built(client, platform):
    """A build at its end, and the files of its result."""
    build = client.finished(client.make(address_of(platform, "ec:app/builds")))
    assert build["successful"] == "success", build
    packed = client.get(build["buildLocation"]["config"]["url"]).content
    with zipfile.ZipFile(io.BytesIO(packed)) as result:
        return build, {name: result.read(name).decode() for name in result.namelist()}


def traces(folder):
    """The files in which any of the secrets can be read."""
    secrets = [each.encode() for each in (PASSWORD, TOKEN, VARIABLE, BASIC)]
    return [path for path in folder.rglob("*") if any(each in content(path) for each in secrets)]


def content(path):
    """What is in a file; nothing, if it is none, or has gone meanwhile."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, IsADirectoryError):
        return b""


def test_a_build_uses_secrets_that_nobody_finds(server, sources):
    with server.client() as client:
        platform = make_platform(client, *sources)

        build, files = built(client, platform)

        assert f"SHOP={VARIABLE}" in files["env"]  # the only one that is for the commands
        assert "swordfish" not in files["env"].replace(f"SHOP={VARIABLE}", "")
        for secret in (PASSWORD, TOKEN, BASIC):
            assert secret not in files["proc"]
        assert files["files"] == ""
        assert "swordfish" not in client.get(address_of(build, "ec:app/build/log")).text
        assert "swordfish" not in str(build)
    assert "swordfish" not in server.said()
    wait_until(lambda: not list((server.home / "workspaces").iterdir()))
    assert traces(server.home) == []  # the result is packed, so that the one in `env` is not seen


def test_keys_are_rotated_while_the_server_runs(server, sources):
    with server.client() as client:
        platform = make_platform(client, *sources)
        before = (server.home / "encryption-key").read_text()

        rotated = subprocess.run(
            [sys.executable, "-m", "ec_builds", "keys", "rotate"],
            env=server.environment(), capture_output=True, text=True, timeout=60,
        )

        assert rotated.returncode == 0, rotated.stderr
        assert (server.home / "encryption-key").read_text() != before
        assert built(client, platform)[0]["successful"] == "success"
        edited = client.put(
            address_of(platform),
            json=platform | {"config": platform["config"] | {"hexColor": "#000000"}},
        )
        assert edited.status_code == 200
        assert built(client, platform)[1]["env"].count(VARIABLE) == 1
