"""Commands in both kinds of sandbox: their ends, their output, their children, their deadline."""

import os
import select
import subprocess
import sys
import time

import pytest

from ec_builds.engine.output import TAIL
from ec_builds.engine.process import LOOK, Pipe, Step, TimeUp
from ec_builds.engine.sandbox import choose


@pytest.mark.parametrize(
    "script, exit_code, output",
    [
        ("true", 0, ""),
        ("echo out; echo err >&2; exit 3", 3, "out\nerr"),
        ("kill -9 $$", 137, ""),
        ("exec >&- 2>&-; sleep 0.2; exit 4", 4, ""),
        ("printf 'a\\0b\\377'", 0, "a�b�"),
        ("cat; echo end", 0, "end"),
    ],
)
def test_an_outcome_tells_how_a_command_ended(run, script, exit_code, output):
    outcome = run(script)

    assert (outcome.exit_code, outcome.output) == (exit_code, output)
    assert outcome.failed is (exit_code != 0)


@pytest.mark.parametrize("fenced", [True, False])
def test_a_command_that_does_not_exist_ends_as_in_a_shell(run, fenced):
    outcome = run(["no-such-program", "x"], fenced=fenced)

    assert outcome.exit_code == 127
    assert "no-such-program" in outcome.output
    assert "not found" in outcome.output or "No such file" in outcome.output


def test_a_command_in_a_folder_that_is_gone_does_not_start(run, workspace):
    outcome = run("true", cwd=workspace / "gone")

    assert outcome.exit_code == 127
    assert outcome.output == f"{workspace}/gone: No such file or directory"


def test_only_the_end_of_a_long_output_is_kept_from_a_whole_line(run):
    outcome = run("seq 1 200000")

    lines = outcome.output.splitlines()
    assert len(outcome.output.encode()) <= TAIL
    assert lines[-1] == "200000"
    assert [int(line) for line in lines] == list(range(int(lines[0]), 200001))


#: Ways to outlive whoever has started one.
DAEMONS = {
    "background": "sleep 60 > pipe &",
    "session": "setsid sleep 60 > pipe &",
    "double fork": "(setsid sh -c 'sleep 60 > pipe & exit' &) ; true",
    "deaf": "setsid sh -c 'trap \"\" TERM HUP INT; exec > pipe; while :; do sleep 0.1; done' &",
}


@pytest.fixture
def pipe(workspace):
    """A named pipe in the workspace. Reading it ends when nobody has it open for writing."""
    os.mkfifo(workspace / "pipe")
    reader = os.open(workspace / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    yield reader
    os.close(reader)


@pytest.mark.parametrize("fenced", [True, False])
@pytest.mark.parametrize("daemon", DAEMONS.values(), ids=DAEMONS)
def test_nothing_outlives_a_command_that_ends(run, pipe, daemon, fenced):
    run(f"{daemon}\nsleep 0.2", fenced=fenced)

    assert os.read(pipe, 1) == b""


@pytest.mark.parametrize("daemon", DAEMONS.values(), ids=DAEMONS)
def test_nothing_outlives_a_command_that_is_stopped(run, pipe, daemon):
    class Enough(Exception):
        pass

    begun = time.monotonic()

    def check():
        if time.monotonic() > begun + 0.3:
            raise Enough

    with pytest.raises(Enough):
        run(f"{daemon}\nsleep 60", check=check)

    assert os.read(pipe, 1) == b""


def test_a_deadline_ends_even_what_ignores_it(run):
    with pytest.raises(TimeUp):
        run("trap '' TERM; while :; do sleep 0.1; done", timeout=0.1)


def test_a_command_may_put_things_right_before_it_ends(run, workspace):
    with pytest.raises(TimeUp):
        run("trap 'touch tidied; exit' TERM; echo go; while :; do sleep 0.05; done", timeout=0.5)

    assert (workspace / "tidied").exists()


#: A server that starts a command in each way, and is then killed by it.
SERVER = """
import os, sys
from pathlib import Path
from ec_builds.engine import process
from ec_builds.engine.sandbox import Cell, Job, choose
workspace, kind, fenced = Path(sys.argv[1]), sys.argv[2], sys.argv[3] == "True"
cell = Cell(choose(kind), workspace)
script = "(setsid sh -c 'trap \\"\\" TERM HUP; exec > pipe; while :; do sleep 0.1; done' &)"
job = Job(["/bin/sh", "-c", script + "; sleep 60"], workspace, dict(os.environ), workspace, fenced)
cell.start(job)
print("started", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("fenced", [True, False])
def test_nothing_outlives_a_server_that_is_killed(pipe, kind, fenced, workspace):
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, workspace, kind, str(fenced)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )
    with server:
        assert server.stdout.readline() == "started\n"
        select.select([pipe], [], [], 0.5)
        server.kill()
    os.set_blocking(pipe, True)

    assert os.read(pipe, 1) == b""
    choose(kind).groups.clear_away()


@pytest.mark.parametrize(
    "script, last", [("sleep 60", Step.ENDED), ("trap '' TERM; sleep 60 & wait; wait", Step.KILLED)]
)
def test_each_step_of_a_stop_is_told(run, script, last):
    told = []

    with pytest.raises(TimeUp):
        run(script, timeout=0.3, tell=told.append)

    assert told == [Step.ASKED, last]


def test_a_command_is_ended_even_if_nobody_can_be_told(run, tmp_path, workspace):
    os.mkfifo(workspace / "pipe")
    reader = os.open(workspace / "pipe", os.O_RDONLY | os.O_NONBLOCK)

    def tell(step):
        raise RuntimeError("the database has gone away")

    with pytest.raises(RuntimeError):
        run("exec sleep 60 > pipe", timeout=0.3, tell=tell)

    os.set_blocking(reader, True)
    assert os.read(reader, 1) == b""
    os.close(reader)


@pytest.mark.parametrize("number, code", [("KILL", 137), ("TERM", 143)])
def test_a_signal_to_its_group_ends_the_command_alone(run, number, code):
    assert run(f"kill -{number} 0; sleep 60").exit_code == code


def test_a_command_that_stops_its_group_is_ended_in_time(run):
    with pytest.raises(TimeUp):
        run("kill -STOP 0; sleep 60", timeout=0.3)


class Slow:
    """A cell and an output of which each block takes so many seconds, on a clock of their own."""

    def __init__(self, seconds):
        self.seconds, self.now, self.sizes = seconds, 0.0, []

    def monotonic(self):
        return self.now

    def take(self, block):
        self.sizes.append(len(block))
        self.now += self.seconds

    def print(self, amount):
        """Nothing is limited."""


@pytest.fixture
def printed(tmp_path):
    (tmp_path / "printed").write_bytes(b"x" * 2 * Pipe.MOST)
    with (tmp_path / "printed").open("rb", buffering=0) as file:
        yield file


def test_output_that_is_slow_to_mask_leaves_time_for_a_look_at_the_clock(printed, monkeypatch):
    slow = Slow(2 * LOOK)
    monkeypatch.setattr("ec_builds.engine.process.time", slow)
    pipe = Pipe(printed, slow, slow)

    assert [pipe.drain() for _ in range(6)] == [False] * 6
    assert slow.sizes == [64 * 1024, 32 * 1024, 16 * 1024, 8 * 1024, 4 * 1024, 4 * 1024]


def test_output_that_is_quick_to_mask_is_taken_in_large_blocks(printed, monkeypatch):
    quick = Slow(0)
    monkeypatch.setattr("ec_builds.engine.process.time", quick)
    pipe = Pipe(printed, quick, quick)

    assert [pipe.drain() for _ in range(3)] == [False, False, True]
    assert quick.sizes == [Pipe.BLOCK] * 32 + [0]


def test_what_a_command_printed_last_is_taken_however_slow_it_is(run, monkeypatch):
    monkeypatch.setattr("ec_builds.engine.process.LOOK", 1e-9)

    assert len(run("head -c 60000 /dev/zero | tr '\\0' x").output) == TAIL


def test_what_prints_on_when_its_command_has_ended_is_not_waited_for(run):
    outcome = run("yes & exit 3")

    assert outcome.exit_code == 3
