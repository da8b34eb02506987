"""A context that runs real commands, real repositories, and servers for both."""

import http.server
import os
import shutil
import socketserver
import subprocess
import time
from copy import copy
from pathlib import Path

import pytest

from ec_builds.errors import TimedOut
from ec_builds.network import Network
from ec_builds.plugins.contract import Outcome
from tests.serving import Answering, serving

#: What commands see of the environment, as in a real run.
CLEAN = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
AUTHOR = {
    **CLEAN,
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TEMPLATE_DIR": "",  # no examples of hooks, a dozen files in each repository
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.com",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.com",
}


class Stopped(Exception):
    """The run has to stop."""


class FakeContext:
    """What a plugin is given of a run, with a memory of what it did with it."""

    def __init__(self, workspace, network):
        self.workspace, self.network = workspace, network.watched(self.check)
        self.stop, self.checks, self.is_lost = None, 0, False
        self.code, self.data = workspace / "code", workspace / "data"
        self.artifact = workspace / "result.zip"
        self.code.mkdir(parents=True)
        self.data.mkdir()
        self.artifact.write_bytes(b"a zip")
        self.facts = {"appID": "app-1", "shortID": "50793615", "platformID": "p-1", "buildID": 734}
        self.base = CLEAN | {"HOME": str(workspace)}
        self.cache = workspace.parent / "cache"
        self.secrets, self.notes = [], []
        self.commands, self.environments, self.published, self.kept = [], [], [], []
        self.networks, self.printed, self.outcomes, self.companions = [], [], [], []

    def note(self, message, kind="info", **info):
        self.notes.append(message)

    def conceal(self, secret):
        self.secrets.append(secret)

    def check(self):
        self.checks += 1
        if self.stop and self.stop():
            raise Stopped()

    def confirm(self):
        self.check()
        if self.is_lost:
            raise Stopped()

    def run(
        self, command, cwd=None, environment=None, timeout=None, shown=None, quiet=False,
        fenced=True, network=True, titled=True, nested=False,
    ):
        self.check()
        shown = shown or " ".join(command)
        self.commands.append(list(command))
        self.environments.append(dict(environment or {}))
        self.networks.append(network)
        begun = time.monotonic()
        process = subprocess.Popen(
            command,
            cwd=cwd or self.workspace,
            env=self.base | dict(environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            process_group=0,
        )
        with process:
            try:
                output, _ = process.communicate(timeout=timeout)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)
                process.communicate()
                raise TimedOut(f"The command “{shown}” took longer than {timeout:g} seconds")
        self.outcomes.append(
            Outcome(
                shown,
                process.returncode if process.returncode >= 0 else 128 - process.returncode,
                output.decode(errors="replace")[-16384:],
                time.monotonic() - begun,
            )
        )
        return self.outcomes[-1]

    def print(self, text):
        self.printed.append(text)

    def start(
        self, command, cwd=None, environment=None, shown=None, fenced=True, network=True
    ):
        self.commands.append(list(command))
        companion = FakeCompanion(
            [str(part) for part in command],
            cwd or self.workspace,
            self.base | dict(environment or {}),
        )
        self.companions.append(companion)
        return companion

    def publish(self, path, folder):
        self.published.append((path, folder))
        return f"sites/50793615/{path}/"

    def keep(self, file, name):
        self.kept.append((file.read_bytes(), name))
        return f"files/{name}"


class FakeCompanion:
    """A command that works beside others."""

    def __init__(self, command, cwd, environment):
        self.shown, self.outcome = " ".join(command), None
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            process_group=0,
        )

    def has_ended(self):
        return self.outcome is not None or self.process.poll() is not None

    def end(self):
        if self.outcome is None:
            self.process.kill()
            said, _ = self.process.communicate()
            code = self.process.returncode
            self.outcome = Outcome(self.shown, code if code >= 0 else 128 - code, said.decode(), 0)
        return self.outcome


@pytest.fixture
def network():
    """May reach this machine by any protocol; every name is a name of this machine."""
    return Network(
        private="allow",
        git_protocols=("https", "ssh", "http", "git", "file"),
        timeout=20,
        patience=10,
        lookup=lambda host: ["127.0.0.1"],
        ca_file=None,
        ca_folder=None,
    )


@pytest.fixture
def context(tmp_path, network):
    context = FakeContext(tmp_path / "workspace", network)
    yield context
    for companion in context.companions:
        companion.end()


@pytest.fixture
def files():
    """Lists a folder: texts of files, targets of links, by path."""

    def read(folder):
        found = {}
        for path in sorted(Path(folder).rglob("*")):
            name = str(path.relative_to(folder))
            if path.is_symlink():
                found[name] = f"-> {os.readlink(path)}"
            elif path.is_file():
                found[name] = path.read_text()
        return found

    return read


class Repo:
    """A repository to fetch from."""

    def __init__(self, path):
        self.path = path
        self.git("init", "-q", "-b", "main", str(path), cwd=path.parent)

    def git(self, *arguments, cwd=None, **environment):
        done = subprocess.run(
            ["git", *arguments],
            cwd=cwd or self.path,
            env=AUTHOR | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout.strip()

    def commit(self, message, **files):
        """Commit files, by name with `_` for a dot. Returns the hash."""
        for name, text in files.items():
            (self.path / name.replace("_", ".")).write_text(text)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def import_commits(self, number):
        """Many commits at once, the same in each run."""
        lines = [
            f"commit refs/heads/main\ncommitter A <a@example.com> {each} +0000\ndata 1\nx\n"
            for each in range(number)
        ]
        subprocess.run(
            ["git", "fast-import", "--quiet"],
            input="".join(lines),
            cwd=self.path,
            env=AUTHOR,
            check=True,
            text=True,
        )

    @property
    def url(self):
        return f"file://{self.path}"


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    """The repository that `repo` is a copy of."""
    made = Repo(tmp_path_factory.mktemp("model") / "repo")
    made.first = made.commit("First", index_html="one")
    made.git("tag", "-a", "v1", "-m", "Version 1")
    made.git("checkout", "-q", "-b", "feature/a")
    made.feature = made.commit("Feature", index_html="feature")
    made.git("checkout", "-q", "main")
    made.second = made.commit("Second", index_html="two")
    made.third = made.commit("Third", index_html="three")
    return made


@pytest.fixture
def repo(tmp_path, model):
    """Three commits, the first tagged, and a branch beside."""
    made = copy(model)
    made.path = tmp_path / "repo"
    shutil.copytree(model.path, made.path)
    return made


@pytest.fixture
def make_repo(tmp_path):
    return lambda name: Repo(tmp_path / name)


def tree(repo, *entries):
    """Write a tree that git itself would not. Returns its hash."""
    raw = b"".join(
        f"{mode} {name}\0".encode() + bytes.fromhex(hash) for mode, name, hash in entries
    )
    command = ["git", "hash-object", "-t", "tree", "-w", "--stdin", "--literally"]
    done = subprocess.run(command, input=raw, cwd=repo.path, env=AUTHOR, capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode().strip()


def blob(repo, path, text):
    path.write_text(text)
    return repo.git("hash-object", "-w", str(path))


def push(repo, root):
    repo.git("update-ref", "refs/heads/evil", repo.git("commit-tree", "-m", "Evil", root))


class Server(http.server.ThreadingHTTPServer):
    """Answers with what `routes` says; below `/smart/` as git does, below `/dumb/` with files."""

    daemon_threads = False

    def __init__(self, root, wanted=None):
        super().__init__(("127.0.0.1", 0), Guarded if wanted else Handler)
        self.wanted = wanted
        self.root, self.routes, self.seen, self.protocol = root, {}, [], None

    def url(self, path="/", host="127.0.0.1", scheme="http"):
        return f"{scheme}://{host}:{self.server_port}{path}"

    def answer(self, path, body=b"", status=200, **headers):
        self.routes[path] = lambda request: request.send(body, status, **headers)

    def handle_error(self, request, client_address):
        """A client that hangs up is what some tests are about."""


class Handler(Answering):
    def do_GET(self):
        self.server.seen.append((self.path, dict(self.headers)))
        path, _, query = self.path.partition("?")
        if self.path in self.server.routes:
            return self.server.routes[self.path](self)
        if path.startswith("/smart/"):
            return self.hand_to_git(path.removeprefix("/smart"), query)
        if path.startswith("/dumb/"):
            file = self.server.root / path.removeprefix("/dumb/")
            return self.send(file.read_bytes()) if file.is_file() else self.send(b"", 404)
        return self.send(b"", 404)

    do_POST = do_GET

    def hand_to_git(self, path, query):
        environment = CLEAN | {
            "GIT_PROJECT_ROOT": str(self.server.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.server.protocol or self.headers.get("Git-Protocol", ""),
        }
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        answer = subprocess.run(
            ["git", "http-backend"], input=body, env=environment, capture_output=True
        ).stdout
        head, _, body = answer.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().splitlines())
        self.send(body, int(headers.pop("Status", "200").split()[0]), **headers)


class Guarded(Handler):
    """Answers whoever shows the credentials that the server wants."""

    def do_GET(self):
        if self.headers.get("Authorization") == self.server.wanted:
            return super().do_GET()
        self.server.seen.append((self.path, dict(self.headers)))
        self.send(b"", 401, WWW_Authenticate='Basic realm="x"')

    do_POST = do_GET


@pytest.fixture
def server(tmp_path):
    with serving(Server(tmp_path)) as running:
        yield running


@pytest.fixture
def other_server(tmp_path):
    with serving(Server(tmp_path)) as running:
        yield running


class Daemon(socketserver.ThreadingTCPServer):
    """Speaks git's own protocol."""

    daemon_threads = False

    def __init__(self, root):
        super().__init__(("127.0.0.1", 0), Session)
        self.root = root


class Session(socketserver.BaseRequestHandler):
    def handle(self):
        where = f"--interpolated-path={self.server.root}/%H%D"
        subprocess.run(
            ["git", "daemon", "--inetd", "--export-all", where],
            stdin=self.request,
            stdout=self.request,
            stderr=subprocess.DEVNULL,
            env=CLEAN,
        )


@pytest.fixture
def daemon(tmp_path):
    with serving(Daemon(tmp_path)) as running:
        yield running


SSH = """#!/bin/sh
printf '%s\\n' "$@" > {log}
for last; do :; done
exec /bin/sh -c "$last"
"""


@pytest.fixture
def ssh(tmp_path, context):
    """Stands in for ssh: notes its arguments, and runs the command here."""
    folder, log = tmp_path / "bin", tmp_path / "ssh.log"
    folder.mkdir()
    program = folder / "ssh"
    program.write_text(SSH.format(log=log))
    program.chmod(0o755)
    context.base = context.base | {"PATH": f"{folder}:{context.base['PATH']}"}
    return lambda: log.read_text().splitlines()
