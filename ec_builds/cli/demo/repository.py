"""The repository that ships with the package: a stream of text until git makes it real."""

import os
import re
import subprocess
from importlib.resources import files

from ec_builds.cli.demo.trouble import Trouble

STREAM = files(__package__) / "bakery.fast-export"
#: The first git that can be told how to call the first branch.
OLDEST = (2, 28)


def unpack(folder):
    """Make a bare repository. Returns its branches and how many commits there are."""
    check_version()
    git("init", "--bare", "--quiet", "--template=", "--initial-branch=main", str(folder))
    git("-C", str(folder), "fast-import", "--quiet", text=STREAM.read_text(encoding="utf-8"))
    branches = git("-C", str(folder), "for-each-ref", "--format=%(refname:short)", "refs/heads")
    commits = git("-C", str(folder), "rev-list", "--all", "--count")
    return branches.split(), int(commits)


def check_version():
    told = git("version")
    found = re.search(r"(\d+)\.(\d+)", told)
    if not found or (int(found[1]), int(found[2])) < OLDEST:
        needed = ".".join(map(str, OLDEST))
        raise Trouble(f"{told.strip()} is too old, {needed} or newer is needed")


def git(*arguments, text=None):
    """What a git command prints; nobody's configuration has a say in it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"}
    try:
        ended = subprocess.run(
            ["git", *arguments],
            input=text,
            capture_output=True,
            encoding="utf-8",
            env=environment,
        )
    except FileNotFoundError as error:
        raise Trouble("git is not installed, or not in the PATH") from error
    if ended.returncode:
        said = (ended.stderr.strip().splitlines() or ["it did not say why"])[-1]
        raise Trouble(f"git {arguments[0]} failed: {said}")
    return ended.stdout
