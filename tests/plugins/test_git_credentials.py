"""Credentials of code sources: shown to the host that they are for, and found nowhere else."""

import base64
import getpass
import os
import shutil
import socketserver
import subprocess
from pathlib import Path

import pytest

from ec_builds.errors import BuildError
from ec_builds.plugins.codesources.credentials import Credentials
from ec_builds.plugins.codesources.mirrors import Mirrors
from ec_builds.plugins.codesources.remote_git import SHELF, RemoteGit
from ec_builds.plugins.codesources.repository import Repository
from ec_builds.plugins.codesources.zip_file import ZipFile
from tests.lacking import find_sshd
from tests.plugins.conftest import FakeContext, Handler, Server
from tests.serving import serving

PASSWORD = "correct-horse-battery"
BASIC = base64.b64encode(f"robot:{PASSWORD}".encode()).decode()
WHERE = "/info/refs?service=git-upload-pack"
#: What is known as a key by ssh-keygen; none of it opens anything.
KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nQUJDREVGR0g=\n-----END OPENSSH PRIVATE KEY-----\n"


@pytest.fixture
def fetch(context):
    def fetch(**config):
        shutil.rmtree(context.code)
        context.code.mkdir()
        return RemoteGit().fetch(config, context.code, context)["revision"]

    return fetch


@pytest.fixture
def guarded(tmp_path):
    """A server that shows nothing to whoever does not know the password."""
    with serving(Server(tmp_path, f"Basic {BASIC}")) as running:
        yield running


def shown(server):
    """What each request has shown of credentials."""
    headers = [{name.lower(): text for name, text in each.items()} for _, each in server.seen]
    return [each.get("authorization") for each in headers]


def everything(folder):
    """All that lies in a folder, names and contents."""
    paths = sorted(Path(folder).rglob("*"))
    texts = [path.read_bytes() for path in paths if path.is_file()]
    return b"\n".join([*map(bytes, paths), *texts])


def test_a_private_repository_is_fetched_with_its_password(fetch, repo, guarded):
    url = guarded.url("/smart/repo", host="git.example")

    assert fetch(giturl=url, username="robot", password=PASSWORD) == repo.third


@pytest.mark.parametrize(
    "wrong",
    [{}, {"password": PASSWORD}, {"username": "robot", "password": "wrong"}],
    ids=["none", "other user", "other password"],
)
def test_without_the_password_there_is_nothing(fetch, repo, guarded, context, wrong):
    fetch(giturl=guarded.url("/smart/repo"), username="robot", password=PASSWORD)

    with pytest.raises(BuildError, match="needs credentials"):
        fetch(giturl=guarded.url("/smart/repo"), **wrong)
    assert list(context.code.iterdir()) == []


def test_a_password_is_nowhere_when_the_code_is_there(fetch, repo, guarded, context):
    facts = fetch(giturl=guarded.url("/smart/repo"), username="robot", password=PASSWORD)

    traces = [everything(context.workspace), everything(context.cache)]
    traces += [repr((facts, context.commands, context.notes)).encode()]
    for secret in (PASSWORD, BASIC):
        assert not any(secret.encode() in trace for trace in traces)
        assert secret in context.secrets


def test_a_password_is_not_sent_to_where_a_repository_has_moved(
    fetch, repo, server, other_server
):
    server.answer(f"/old{WHERE}", status=301, Location=other_server.url(f"/smart/repo{WHERE}"))

    assert fetch(giturl=server.url("/old"), username="robot", password=PASSWORD) == repo.third
    assert set(shown(server)) == {f"Basic {BASIC}"}
    assert set(shown(other_server)) == {None}


def test_a_password_follows_a_repository_on_its_own_server(fetch, repo, guarded):
    guarded.answer(f"/old{WHERE}", status=301, Location=guarded.url(f"/smart/repo{WHERE}"))

    assert fetch(giturl=guarded.url("/old"), username="robot", password=PASSWORD) == repo.third


def test_a_mirror_is_of_one_app_and_of_one_password(context, tmp_path):
    shelf, repository = context.cache / SHELF, Repository.at("https://git.example/a", ("https",))
    apps = [
        ("app-1", {}),
        ("app-1", {"password": "abcd"}),
        ("app-1", {"password": "efgh"}),
        ("app-1", {"password": "abcd", "username": "robot"}),
        ("app-2", {"password": "abcd"}),
    ]
    own = [Credentials.of(config, repository).mark(app) for app, config in apps]

    paths = {Mirrors(shelf, mark=mark).of(repository).path for mark in own}

    assert len(paths) == len(apps)
    assert Credentials.of({}, repository).mark("app-2") == own[0] == ""


@pytest.mark.parametrize("digits", [9, 40])
def test_nothing_of_a_mirror_comes_to_whoever_has_other_credentials(
    fetch, repo, guarded, network, tmp_path, digits
):
    """The server shows a stranger a part; the rest is in the mirror of whoever may see it all."""
    secret = repo.commit("Secret", plan_txt="secret")
    own = {"username": "robot", "password": PASSWORD}
    fetch(giturl=guarded.url("/smart/repo"), ref=secret[:digits], **own)
    repo.git("reset", "-q", "--hard", repo.third)
    repo.git("reflog", "expire", "--expire=now", "--all")
    repo.git("gc", "-q", "--prune=now")
    guarded.RequestHandlerClass = Handler  # public from now on

    stranger = FakeContext(tmp_path / "stranger", network)  # with the same cache
    config = {"giturl": guarded.url("/smart/repo"), "ref": secret[:digits]}
    with pytest.raises(BuildError, match="no (tag or )?commit|could not be fetched"):
        RemoteGit().fetch(config, stranger.code, stranger)


@pytest.mark.parametrize(
    "config, told",
    [
        ({"giturl": "ssh://git@a.example/b", "password": "abcd"}, "ssh, which does not use `pass"),
        ({"giturl": "git@a.example:b", "username": "me", "password": "abcd"}, "`username`"),
        ({"giturl": "https://a.example/b", "privateKey": KEY}, "does not use `privateKey`"),
        ({"giturl": "https://a.example/b", "knownHosts": "x"}, "does not use `knownHosts`"),
        ({"giturl": "file:///a", "password": "abcd"}, "file, which does not use `password`"),
        ({"giturl": "https://a.example/b", "username": "me"}, "needs a `password`"),
        ({"giturl": "https://256.1.1.1/b", "password": "abcd"}, "no valid host"),
    ],
)
def test_credentials_have_to_fit_the_protocol(config, told):
    with pytest.raises(BuildError, match=told) as refused:
        RemoteGit.check(config)
    assert "abcd" not in str(refused.value)


def test_an_archive_is_downloaded_with_its_token(context, server, other_server):
    server.answer("/a.zip", status=302, Location=other_server.url("/b.zip"))
    other_server.answer("/b.zip", b"no zip")

    with pytest.raises(BuildError, match="not a zip"):
        ZipFile().fetch({"url": server.url("/a.zip"), "token": PASSWORD}, context.code, context)
    assert shown(server) == [f"Bearer {PASSWORD}"]
    assert shown(other_server) == [None]


# --- over ssh, with the server that everybody has


class Sshd(socketserver.ThreadingTCPServer):
    """OpenSSH's own server, a process for each connection."""

    daemon_threads = False

    def __init__(self, folder):
        super().__init__(("127.0.0.1", 0), Session)
        self.config = folder / "sshd_config"
        self.host_key, self.key = keypair(folder / "host"), keypair(folder / "user")
        self.config.write_text(
            f"HostKey {folder}/host\nAuthorizedKeysFile {folder}/user.pub\nStrictModes no\n"
            "PasswordAuthentication no\nKbdInteractiveAuthentication no\nPidFile none\n"
            f"SetEnv PATH={os.environ['PATH']}\n"
        )
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True, mode=0o755)  # as its service would

    def known(self, host):
        return f"[{host}]:{self.server_address[1]} {self.host_key}"

    def url(self, path):
        return f"ssh://{getpass.getuser()}@git.example:{self.server_address[1]}{path}"


class Session(socketserver.BaseRequestHandler):
    def handle(self):
        subprocess.run(
            [find_sshd(), "-i", "-f", self.server.config],
            stdin=self.request,
            stdout=self.request,
            stderr=subprocess.DEVNULL,
        )


def keypair(path):
    """Make a pair of keys. Returns the public one."""
    made = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", path]
    subprocess.run(made, check=True, stdin=subprocess.DEVNULL)
    return path.with_suffix(".pub").read_text().strip()


@pytest.fixture
def sshd(tmp_path):
    with serving(Sshd(tmp_path)) as running:
        running.private = (tmp_path / "user").read_text()
        yield running


@pytest.mark.sshd
def test_a_private_repository_is_fetched_with_its_key(fetch, repo, sshd, context):
    config = {"privateKey": sshd.private, "knownHosts": sshd.known("git.example")}

    assert fetch(giturl=sshd.url(repo.path), **config) == repo.third

    traces = [everything(context.workspace), everything(context.cache)]
    traces += [repr((context.commands, context.environments, context.notes)).encode()]
    middle = sshd.private.splitlines()[2].encode()
    assert not any(middle in trace for trace in traces)


@pytest.mark.sshd
@pytest.mark.parametrize(
    "change, told",
    [
        ({"knownHosts": ""}, "does not know the ssh host key"),
        ({"knownHosts": "other.example"}, "does not know the ssh host key"),
        ({"knownHosts": "wrong"}, "does not know the ssh host key"),
        ({"privateKey": None}, "needs an ssh key"),
        ({"privateKey": KEY}, "needs an ssh key"),
    ],
)
def test_hosts_and_keys_are_checked(fetch, repo, sshd, tmp_path, change, told):
    known = {
        "": None,
        "other.example": sshd.known("other.example"),
        "wrong": sshd.known("git.example").replace(sshd.host_key, keypair(tmp_path / "other")),
        None: sshd.known("git.example"),
    }[change.get("knownHosts")]
    config = {"privateKey": sshd.private, **change, "knownHosts": known}

    with pytest.raises(BuildError, match=told):
        fetch(giturl=sshd.url(repo.path), **{name: each for name, each in config.items() if each})
