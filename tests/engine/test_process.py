"""Commands: their ends, their output, their children, their deadline."""

import os

import pytest

from ec_builds.engine import process
from ec_builds.engine.masking import Masks
from ec_builds.engine.output import TAIL, NoLog, Output
from ec_builds.engine.process import TimeUp


def output():
    return Output(Masks(), NoLog())


@pytest.fixture
def run(tmp_path):
    def run(script, timeout=20, check=lambda: None):
        command = ["sh", "-c", script]
        environment = {"PATH": os.environ["PATH"]}
        return process.run(command, tmp_path, environment, timeout, check, script, output())

    return run


@pytest.mark.parametrize(
    "script, exit_code, output",
    [
        ("true", 0, ""),
        ("echo out; echo err >&2; exit 3", 3, "out\nerr"),
        ("kill -9 $$", -9, ""),
        ("exec >&- 2>&-; sleep 0.2; exit 4", 4, ""),
        ("printf 'a\\0b\\377'", 0, "a�b�"),
    ],
)
def test_an_outcome_tells_how_a_command_ended(run, script, exit_code, output):
    outcome = run(script)

    assert (outcome.exit_code, outcome.output) == (exit_code, output)
    assert outcome.failed is (exit_code != 0)


def test_a_command_that_does_not_exist_ends_as_in_a_shell(tmp_path):
    outcome = process.run(
        ["no-such-program"], tmp_path, {}, 5, lambda: None, "no-such-program", output()
    )

    assert outcome.exit_code == 127
    assert outcome.output == "no-such-program: No such file or directory"


def test_only_the_end_of_a_long_output_is_kept_from_a_whole_line(run):
    outcome = run("seq 1 200000")

    lines = outcome.output.splitlines()
    assert len(outcome.output.encode()) <= TAIL
    assert lines[-1] == "200000"
    assert [int(line) for line in lines] == list(range(int(lines[0]), 200001))


def test_a_child_in_the_background_does_not_outlive_the_command(run, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)

    run("sleep 60 > pipe & sleep 0.1")

    os.set_blocking(reader, True)
    assert os.read(reader, 1) == b""
    os.close(reader)


def test_a_deadline_ends_even_what_ignores_it(run):
    with pytest.raises(TimeUp):
        run("trap '' TERM; while :; do sleep 0.1; done", timeout=0.1)


def test_a_check_that_raises_stops_the_command(run):
    class Enough(Exception):
        pass

    def check():
        raise Enough

    with pytest.raises(Enough):
        run("sleep 60", check=check)


def test_standard_input_is_empty(run):
    assert run("cat; echo end").output == "end"
