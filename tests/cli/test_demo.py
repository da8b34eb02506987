"""`ec-builds demo`: the whole story, told by a program of its own."""

import hashlib
import json
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from ec_builds.cli.demo import called, repository
from ec_builds.cli.demo.story import STEPS

GIT = shutil.which("git")


@pytest.fixture
def environment(environment, tmp_path):
    """Everything temporary goes to a folder of the test."""
    (tmp_path / "tmp").mkdir()
    return {**environment, "TMPDIR": str(tmp_path / "tmp")}


@pytest.fixture
def git(tmp_path):
    """A maker of gits that do something else when they are asked to fetch."""

    def git(instead):
        folder = tmp_path / "bin"
        folder.mkdir()
        program = folder / "git"
        program.write_text(f'#!/bin/sh\ncase "$1" in {instead} esac\nexec {GIT} "$@"\n')
        program.chmod(0o755)
        return {"PATH": f"{folder}:/usr/bin:/bin"}

    return git


def left(tmp_path):
    """The folders that are left, without the random end of their names."""
    return sorted(path.name.rpartition("-")[0] for path in (tmp_path / "tmp").iterdir())


def test_what_it_says_is_true_and_the_zip_holds_what_was_baked(program, tmp_path):
    ended = program("demo", "--json")

    assert (ended.returncode, ended.stderr) == (0, "")
    told = json.loads(ended.stdout)
    content = Path(told["zip"]["path"]).read_bytes()
    assert len(content) == told["zip"]["size"]
    assert hashlib.sha256(content).hexdigest() == told["zip"]["sha256"]
    assert told["site"]["title"] == told["app"]["title"] == "Three Oaks Bakery"
    assert told["buildID"] == 1 and told["events"] > 20
    assert [each["step"] for each in told["steps"]] == [title for title, _ in STEPS]
    assert told["seconds"] < 15
    assert left(tmp_path) == ["ec-builds-bakery"]
    with zipfile.ZipFile(told["zip"]["path"]) as packed:
        page, data = packed.read("index.html").decode(), json.loads(packed.read("data.json"))
        script = packed.read("data.js").decode()
    assert "Baked by Mathilda, build 1, 6 breads." in page
    assert len(data["_embedded"]["breads"]) == 6  # of both pages
    assert json.loads(script.removeprefix("const bakery = ").removesuffix(";\n").strip()) == data


def test_people_are_told_the_story_and_can_keep_it(program, tmp_path):
    ended = program("demo", "--keep")

    assert (ended.returncode, ended.stderr) == (0, "")
    for line in (
        "✓ A git repository with 4 commits  branches main and winter",
        "  ✓ Data fetched  2 pages  6 items",
        "    │ Tastes good.",
        "✓ The site is up: “Three Oaks Bakery”",
        "That was the whole story",
    ):
        assert f"\n{line}" in f"\n{ended.stdout}"
    home = Path(re.search(r"EC_BUILDS_HOME=(\S+) \S+ -m ec_builds serve", ended.stdout)[1])
    assert (home / "ec-builds.db").exists()
    assert left(tmp_path) == ["ec-builds-bakery", "ec-builds-demo"]


@pytest.mark.parametrize(
    "name, told",
    [
        ("/srv/app/.venv/bin/ec-builds", "/srv/app/.venv/bin/ec-builds"),
        ("my venv/bin/ec-builds", "'my venv/bin/ec-builds'"),
        ("/srv/ec_builds/__main__.py", f"{sys.executable} -m ec_builds"),
    ],
)
def test_the_next_command_can_be_copied(monkeypatch, name, told):
    monkeypatch.setattr(sys, "argv", [name, "demo"])

    assert called() == told


def test_a_program_of_the_path_is_called_by_its_name(monkeypatch, tmp_path):
    program = tmp_path / "ec-builds"
    program.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "argv", [str(program), "demo"])

    assert called() == "ec-builds"


def test_without_git_it_says_so(program, tmp_path):
    ended = program("demo", PATH=str(tmp_path))

    assert ended.returncode == 1
    assert ended.stderr == (
        "ec-builds: The demo failed while unpacking a git repository: "
        "git is not installed, or not in the PATH.\n"
    )
    assert left(tmp_path) == []


def test_a_git_that_is_too_old_is_told(program, git):
    ended = program("demo", **git("version) echo git version 2.20.1; exit;;"))

    assert ended.returncode == 1
    assert ended.stderr.endswith("git version 2.20.1 is too old, 2.28 or newer is needed.\n")


def test_a_step_that_fails_is_told_with_the_last_words_of_the_server(program, git, tmp_path):
    ended = program("demo", **git("fetch) echo fatal: no space left; exit 1;;"))

    assert ended.returncode == 1
    first, *words = ended.stderr.splitlines()
    assert first.startswith("ec-builds: The demo failed while building: There was no space left")
    assert words and all(line.startswith("  server: ") for line in words)
    assert "oken" not in ended.stderr
    assert left(tmp_path) == []


@pytest.mark.parametrize("number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_no_server_outlives_it(environment, git, tmp_path, number, code):
    demo = subprocess.Popen(
        [sys.executable, "-m", "ec_builds", "demo"],
        env={**environment, **git("fetch) exec sleep 60;;")},
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    said = []
    for line in demo.stdout:
        said.append(line)
        if "Running: git fetch" in line:
            demo.send_signal(number)

    assert demo.wait(30) == code
    demo.stdout.close()
    folder = str(tmp_path / "tmp")
    assert not [process for process in processes() if folder in process]
    assert left(tmp_path) == []


def processes():
    """What each process of this machine was given as its environment."""
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            yield path.read_text(errors="replace")
        except OSError:
            continue  # it has just ended, or is somebody else's


def test_the_repository_is_the_same_everywhere(tmp_path):
    branches, commits = repository.unpack(tmp_path / "bakery.git")

    assert (branches, commits) == (["main", "winter"], 4)
    heads = repository.git("-C", str(tmp_path / "bakery.git"), "show-ref", "--heads", "--hash=7")
    assert heads.split() == ["b766046", "de7a1a9"]
    repository.git("-C", str(tmp_path / "bakery.git"), "fsck", "--strict")


def test_authors_and_dates_are_made_up(tmp_path):
    repository.unpack(tmp_path / "bakery.git")

    told = repository.git("-C", str(tmp_path / "bakery.git"), "log", "--all", "--format=%ae %aI")
    assert {line.split("@")[1] for line in told.splitlines()} == {
        f"bakery.example 2024-05-0{day}T{hour}:00:00+02:00"
        for day, hour in ((1, "07"), (2, "08"), (3, "08"), (4, "08"))
    }
