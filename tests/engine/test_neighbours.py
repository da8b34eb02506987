"""Builds of two apps on one machine: neither finds anything of the other."""

import tempfile
from pathlib import Path

import pytest

from ec_builds.engine import process
from ec_builds.engine.masking import Masks
from ec_builds.engine.output import NoLog, Output
from ec_builds.engine.sandbox import Cell, Job, choose

#: Where programs keep what they may need again, and where others could look for it.
PLACES = (
    "$HOME/.npm/_cacache", "$HOME/.cache/pip", "$HOME/.npmrc", "$HOME/.netrc", "/tmp/shared",
    "/dev/shm/shared", "$TMPDIR/shared",
)
LEAVE = "\n".join(
    f'mkdir -p "$(dirname "{place}")" && echo canary > "{place}"' for place in PLACES
)
LOOK = "\n".join(f'ls -d "{place}" 2>/dev/null' for place in PLACES)


@pytest.fixture
def house():
    """Where workspaces are; not below /tmp, which a build has one of its own of."""
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="ec-builds-") as folder:
        yield Path(folder)


@pytest.fixture
def tenant(house):
    """A maker of what runs commands of an app, each in the workspace of a run of its own."""
    made = []

    def tenant(name, environment=()):
        workspace = house / "workspaces" / name
        workspace.mkdir(parents=True)
        cell = Cell(choose("bubblewrap", hidden=[house]), workspace)
        made.append(cell)
        variables = {"EC_BUILDS_APP_ID": f"app of {name}", **dict(environment)}

        def run(script, check=lambda: None):
            wanted = cell.sandbox.environment(workspace, variables)
            job = Job(["/bin/sh", "-c", script], workspace, wanted, workspace)
            output = Output(Masks(), NoLog())
            return process.run(cell, job, 30, check, "script", output, lambda step: None).output

        return run

    yield tenant
    for cell in made:
        cell.close()


@pytest.fixture(params=["bubblewrap"])
def kind(request):
    """What only bubblewrap can stop is tried with bubblewrap alone."""
    return request.param


def test_nothing_that_one_leaves_is_there_for_another(tenant, kind):
    one, other = tenant("builds-1-1-one"), tenant("builds-2-1-other")

    assert len(one(f"{LEAVE}\n{LOOK}").splitlines()) == len(PLACES)
    assert other(LOOK) == ""


def test_two_at_once_see_neither_processes_nor_variables_of_each_other(tenant, house, kind):
    one, other = tenant("builds-1-1-one"), tenant("builds-2-1-other")
    seen = []

    def look():
        if not seen and (house / "workspaces/builds-1-1-one/began").exists():
            seen.append(other("env; cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline"))
            (house / "workspaces/builds-1-1-one/go").touch()

    one("CANARY=canary; export CANARY; touch began; until [ -e go ]; do sleep 0.01; done", look)

    assert "EC_BUILDS_RUN=builds-2-1-other" in seen[0]
    assert "canary" not in seen[0]
    assert "builds-1-1-one" not in seen[0]


def test_nobody_passes_for_another_run(tenant, kind):
    """By its mark a run's processes are found and ended; a config cannot choose it."""
    other = tenant("builds-2-1-other", {"EC_BUILDS_RUN": "builds-1-1-one"})

    assert other("echo $EC_BUILDS_RUN").strip() == "builds-2-1-other"


def test_workspaces_of_others_are_not_there(tenant, house, kind):
    one, other = tenant("builds-1-1-one"), tenant("builds-2-1-other")
    one("echo canary > code")

    told = other(f"ls {house}/workspaces; cat {house}/workspaces/*one/code; cat ../*/code")

    assert "canary" not in told
    assert told.splitlines()[0] == "builds-2-1-other"
