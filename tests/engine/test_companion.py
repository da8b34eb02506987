"""What works beside the commands of a run is in its cell, keeps to its limits and ends with it."""

import os
import subprocess
import sys

import pytest

from ec_builds.engine import queue
from ec_builds.engine.companion import Companion
from ec_builds.engine.context import Context
from ec_builds.engine.journal import Journal
from ec_builds.engine.masking import Masks
from ec_builds.engine.output import NoLog, Output
from ec_builds.engine.sandbox import Job, LimitReached
from ec_builds.engine.stopping import Brake, Reason, Stopped
from ec_builds.errors import BuildError
from ec_builds.store.build import Build
from tests.conftest import wait_until

#: Says on a pipe in the workspace that it lives; who reads it sees the end of all that hold it.
LIVING = "exec 9> life; echo yes >&9; sleep 97 & wait"
#: A server that starts such a command beside, and waits.
SERVER = """
import sys, time
from pathlib import Path
from ec_builds.engine.companion import Companion
from ec_builds.engine.masking import Masks
from ec_builds.engine.output import NoLog, Output
from ec_builds.engine.sandbox import Cell, Job, choose

kind, folder, script = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
sandbox = choose(kind)
job = Job(["/bin/sh", "-c", script], folder, sandbox.environment(folder, {}), folder, False)
Companion(Cell(sandbox, folder), job, "it", Output(Masks(), NoLog()))
time.sleep(97)
"""


@pytest.fixture
def start(workspace):
    """Starts a shell script beside others, in a cell."""

    def start(cell, script, fenced=True):
        job = Job(
            ["/bin/sh", "-c", script], workspace, cell.sandbox.environment(workspace, {}),
            workspace, fenced,
        )
        return Companion(cell, job, "it", Output(Masks(), NoLog()))

    return start


@pytest.fixture
def life(workspace):
    """A pipe that somebody holds as long as anything of them lives."""
    os.mkfifo(workspace / "life")
    number = os.open(workspace / "life", os.O_RDONLY | os.O_NONBLOCK)
    with open(number, "rb", buffering=0) as file:
        yield file


def begun(life):
    wait_until(lambda: life.read(4))
    os.set_blocking(life.fileno(), True)


@pytest.mark.parametrize("fenced", [True, False])
def test_commands_run_while_it_works_and_it_ends_when_it_is_told_to(
    cell, run, start, life, fenced
):
    cell = cell()
    companion = start(cell, LIVING, fenced)
    begun(life)

    assert run("echo hello", within=cell).output == "hello"
    assert not companion.has_ended()
    ended = companion.end()

    assert life.read(1) == b""  # all of it is gone
    assert (ended.exit_code, companion.end()) == (137, ended)
    assert companion.has_ended()
    assert run("echo hello", within=cell).output == "hello"


def test_it_ends_with_the_run(cell, start, life):
    cell = cell()
    companion = start(cell, LIVING)
    begun(life)

    cell.close()

    assert life.read(1) == b""
    assert companion.has_ended()


def test_it_ends_with_the_server(kind, workspace, life):
    server = subprocess.Popen([sys.executable, "-c", SERVER, kind, str(workspace), LIVING])
    begun(life)

    server.kill()
    server.wait()

    assert life.read(1) == b""


def test_that_it_has_ended_is_seen_with_what_it_said(cell, start):
    companion = start(cell(), "echo bye; exit 3")

    wait_until(companion.has_ended)

    ended = companion.end()
    assert (ended.exit_code, ended.output) == (3, "bye")


def test_what_it_prints_is_taken_while_others_are_waited_for(cell, run, start, workspace):
    cell = cell()
    start(cell, "yes | head -c 1000000; echo > printed")

    assert run("until [ -e printed ]; do sleep 0.02; done", within=cell).exit_code == 0


@pytest.mark.parametrize(
    "name, script, limits",
    [
        ("output", "exec yes", {"output": 2**20}),
        ("workspace", "exec sh -c 'rm held; head -c 9000000 /dev/zero >&9; sleep 97' 9> held",
         {"workspace": 2**22}),
        ("processes", "for n in $(seq 40); do sleep 97 & done; wait", {"processes": 20}),
        ("memory", "exec python3 -c 'x = b\"x\" * 90_000_000; import time; time.sleep(97)'",
         {"memory": 2**26}),
    ],
)
def test_the_limits_of_the_run_count_it_in(cell, run, start, name, script, limits):
    cell = cell(**limits)
    start(cell, script)

    with pytest.raises(LimitReached) as reached:
        run("sleep 20", within=cell)

    assert reached.value.info["limit"] == name


def test_limits_are_seen_by_who_asks_whether_it_has_ended(cell, start):
    companion = start(cell(output=2**20), "exec yes")

    with pytest.raises(LimitReached):
        wait_until(companion.has_ended)


@pytest.fixture
def context(runner, make_platform, submit, tmp_path):
    """A run that somebody has claimed, as plugins see it, and its brake."""
    build_id, brake = submit(make_platform()), Brake(60)
    fence = queue.claim("here").fence
    folder = tmp_path / "workspace"
    folder.mkdir()
    made = Context(runner.tools, Journal(Build, build_id, fence), brake, folder, {})
    yield made
    made.close()


def test_plugins_start_it_and_it_ends_with_their_run(context):
    companion = context.start(["sleep", "97"])
    assert not companion.has_ended()

    context.close()

    assert companion.has_ended()
    assert companion.end().command == "sleep 97"


def test_nothing_is_started_in_a_run_that_has_to_stop(context):
    context.brake.pull(Reason.CANCELLED)

    with pytest.raises(Stopped):
        context.start(["sleep", "97"])


def test_what_cannot_be_started_is_told(context):
    nowhere = context.workspace / "nowhere"
    try:
        said = context.start(["sleep", "97"], cwd=nowhere, fenced=False)
        wait_until(said.has_ended)
        told = said.end().output
    except BuildError as error:
        told = str(error)

    assert "No such file" in told


def test_secrets_are_masked_in_what_it_said(context):
    context.conceal("sesame")
    companion = context.start(["echo", "open sesame"])
    wait_until(companion.has_ended)

    assert companion.end().output == "open ***"
