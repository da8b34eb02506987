"""The second build of a repository with a long history, beside a full clone of it."""

import os
import random
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from ec_builds.engine.context import Context, Tools
from ec_builds.engine.masking import Masks
from ec_builds.engine.sandbox import choose
from ec_builds.engine.stopping import Brake
from ec_builds.network import Network
from ec_builds.plugins.codesources.remote_git import RemoteGit

COMMITS, FILES, ROUNDS = 20_000, 4_000, 5
WANTED = 1 / 3
QUIET = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}


class Journal:
    """Forgets everything."""

    masks = Masks()

    def write(self, *event, **more):
        """Nobody reads it."""

    note = action = write


class History:
    """A bare repository that grows by small commits, the same in each run."""

    def __init__(self, path):
        self.path, self.number, self.texts = path, 0, {}
        self.random = random.Random(1)
        self.words = [f"{self.random.randrange(1 << 30):x}" for _ in range(3000)]
        self.names = [f"src/{each % 61}/{each % 7}/file{each}.txt" for each in range(FILES)]
        git("init", "--bare", "--initial-branch=main", path)
        self.commit(self.names)

    def grow(self, commits):
        self.commit(*(self.random.sample(self.names, 2) for _ in range(commits)))

    def commit(self, *changes):
        with subprocess.Popen(
            ["git", "-C", self.path, "fast-import", "--quiet"], stdin=subprocess.PIPE, text=True
        ) as importer:
            begin = "from refs/heads/main^0\n" if self.number else ""
            for names in changes:
                self.number += 1
                importer.stdin.write(
                    "commit refs/heads/main\n"
                    f"committer A <a@example.com> {1_600_000_000 + self.number} +0000\n"
                    f"data 1\nx\n{begin}{''.join(map(self.change, names))}\n"
                )
                begin = ""

    def change(self, name):
        lines = self.texts.setdefault(name, [self.line() for _ in range(20)])
        lines[self.random.randrange(len(lines))] = self.line()
        text = "".join(lines)
        return f"M 100644 inline {name}\ndata {len(text)}\n{text}\n"

    def line(self):
        return f"{' '.join(self.random.choices(self.words, k=10))}\n"


def git(*arguments):
    subprocess.run(["git", *arguments], check=True, env=os.environ | QUIET, capture_output=True)


def clone(url, home):
    """A full clone, as one would make it without us."""
    git("clone", "--quiet", url, home / "clone")
    shutil.rmtree(home / "clone")


def build(sandbox, url, home):
    """What a build does with its code source, in a workspace of its own."""
    workspace = Path(tempfile.mkdtemp(dir=home))
    network = Network(git_protocols=("file",))
    tools = Tools(None, None, network, sandbox, cache=home / "cache")
    context = Context(tools, Journal(), Brake(600), workspace, {"appID": "benchmark"})
    context.code.mkdir()
    RemoteGit().fetch({"giturl": url, "branch": "main"}, context.code, context)
    context.close()
    if sum(file.is_file() for file in context.code.rglob("*")) != FILES:
        raise AssertionError("The code is not complete")
    return workspace


def seconds(action, *arguments):
    begun = time.perf_counter()
    action(*arguments)
    return time.perf_counter() - begun


def measure():
    """Rows of: what, beside what, the figure, the wanted one, and whether it is reached."""
    with tempfile.TemporaryDirectory() as folder:
        home, sandbox = Path(folder), choose()
        history = History(home / "long.git")
        history.grow(COMMITS)
        url = f"file://{history.path}"
        first = seconds(build, sandbox, url, home)
        clones, builds = [], []
        for _ in range(ROUNDS):
            history.grow(1)
            clones.append(seconds(clone, url, home))
            builds.append(seconds(build, sandbox, url, home))
    beside, again = statistics.median(clones), statistics.median(builds)
    full = f"a full clone, {beside * 1000:.0f} ms"
    return [
        row("first build of a repository with a long history", full, first / beside, 1.0),
        row("second build of it, after a new commit", full, again / beside, WANTED),
    ]


def row(what, beside, ratio, wanted):
    return what, beside, f"{ratio:.2f} of the time", f"≤ {wanted:.2f}", ratio <= wanted
