"""A process is stopped after each statement and each file operation of a build and its deployment.

Whatever the moment: after the next start all has happened, and has happened once.
`--every 1` tries each of them, which takes a few minutes.
"""

import json
import subprocess
import sys

import pytest


@pytest.fixture
def story(tmp_path, database_url):
    """Plays the story; see `stopper.py`."""
    command = [sys.executable, "-m", "tests.durability.stopper", str(tmp_path / "home")]
    with subprocess.Popen(
        [*command, database_url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:

        def play(at, key):
            print(json.dumps({"at": at, "key": key}), file=process.stdin, flush=True)
            told = json.loads(process.stdout.readline())
            assert told["trouble"] == "", f"at {key}: {told['trouble']}"
            return told["stopped"]

        yield play
        process.stdin.close()


def test_wherever_it_is_stopped_all_happens_once(story, request, database_url):
    every = request.config.getoption("every")
    points = 0
    while story(at=1 + points * every, key=points):
        assert not story(at=None, key=points)
        points += 1
    assert points * every > 150, "the story has more operations than that"
