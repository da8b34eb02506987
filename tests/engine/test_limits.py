"""What happens when a build reaches a limit: it ends, with a sentence that names the limit."""

import os
import shutil
import sys

import pytest

from ec_builds.engine.sandbox import LimitReached, Limits
from ec_builds.engine.sandbox.cgroups import Controller, Groups, controllers
from ec_builds.engine.sandbox.disk import Disk
from ec_builds.engine.sandbox.limits import SETTINGS, size
from ec_builds.engine.workspace import remove
from ec_builds.errors import BuildError

MIB = 1024**2
PYTHON = shutil.which("python3", path="/usr/bin") or sys.executable


@pytest.fixture(params=["groups", "sampled"])
def cell(request, cell):
    """Cells whose limits the kernel keeps to, where it can, and cells where we have to look."""

    def made(**options):
        made = cell(**options)
        if request.param == "sampled":
            made.group.remove()
            made.group = Groups(()).make(made.limits)
        return made

    return made


FORKS = {
    "shell": "b() { b | b & }; b; sleep 30",
    "python": f"exec {PYTHON} -c 'import os\nwhile True:\n try: os.fork()\n except OSError: pass'",
    "threads": f"exec {PYTHON} -c 'import threading, time\nwhile True:\n"
    " threading.Thread(target=time.sleep, args=(30,)).start()'",
}


@pytest.mark.bomb
@pytest.mark.parametrize("cell", ["groups"], indirect=True)
@pytest.mark.parametrize("bomb", FORKS.values(), ids=FORKS)
def test_a_fork_bomb_is_ended(run, bomb):
    with pytest.raises(LimitReached) as reached:
        run(bomb, processes=100)

    told = "The build reached its limit of 100 processes (EC_BUILDS_LIMIT_PROCESSES)"
    assert str(reached.value) == told
    setting = "EC_BUILDS_LIMIT_PROCESSES"
    assert reached.value.info == {"limit": "processes", "setting": setting, "value": 100}


def test_a_command_with_too_many_processes_is_ended(run):
    with pytest.raises(LimitReached, match="limit of 50 processes"):
        run("for i in $(seq 60); do sleep 30 & done; wait", processes=50)


def test_a_command_that_takes_too_much_memory_is_ended(run):
    script = f"exec {PYTHON} -c 'import time\nx = bytearray(200 << 20)\ntime.sleep(30)'"

    with pytest.raises(LimitReached, match=r"limit of 64 MiB of memory \(EC_BUILDS_LIMIT_MEMORY\)"):
        run(script, memory=64 * MIB)


@pytest.mark.parametrize(
    "script",
    [
        "head -c 30000000 /dev/zero > file; sleep 30",
        "head -c 30000000 /dev/zero > file",
        "head -c 30000000 /dev/zero > /tmp/file; mv /tmp/file ~; chmod 0 ~; sleep 30",
        "exec 3> file; rm file; head -c 30000000 /dev/zero >&3; sleep 30",
        "mkdir many; seq -f many/%g 1200 | xargs touch; sleep 30",
    ],
    ids=["working", "ended", "hidden", "unlinked", "many"],
)
def test_a_command_that_fills_the_disk_is_ended(run, script):
    script = script.replace("/tmp", "$TMPDIR")

    with pytest.raises(LimitReached) as reached:
        run(script, workspace=4 * MIB)

    told = "limit of 4 MiB for all files of its workspace (EC_BUILDS_LIMIT_WORKSPACE)"
    assert told in str(reached.value)


@pytest.mark.parametrize(
    "script",
    [
        "head -c 30000000 /dev/zero > file",
        "(head -c 30000000 /dev/zero > file); exit 1",
        f"{PYTHON} -c 'open(\"file\", \"wb\").write(bytes(30000000))'",
    ],
)
def test_a_command_that_writes_too_large_a_file_is_ended(run, script):
    with pytest.raises(LimitReached, match=r"of 2 MiB for one file \(EC_BUILDS_LIMIT_FILE\)"):
        run(script, file=2 * MIB)


def test_what_all_commands_of_a_run_print_is_counted(run, cell):
    within = cell(output=MIB)
    run("head -c 700000 /dev/zero", within=within)

    with pytest.raises(LimitReached, match=r"of 1 MiB of output \(EC_BUILDS_LIMIT_OUTPUT\)"):
        run("yes", within=within)


def test_a_command_within_its_limits_is_not_disturbed(run):
    limits = {"file": 20 * MIB, "workspace": 40 * MIB, "processes": 20, "output": 2 * MIB}

    outcome = run("head -c 19000000 /dev/zero > file; head -c 1000000 /dev/zero", **limits)

    assert outcome.exit_code == 0


def test_groups_are_gone_at_the_end(cell, run):
    within = cell()
    places = within.group.places.values()

    run("true", within=within)
    within.close()
    within.sandbox.groups.close()

    assert not any(place.exists() for place in places)


def test_nothing_of_a_run_is_in_the_group_of_the_next(cell, run):
    within = cell()
    first = list(within.group.places.values())
    run("sleep 60 & setsid sleep 60 &", within=within)
    within.close()

    after = within.sandbox.groups.make(within.limits)

    for place in {*first, *after.places.values()}:
        left = [] if not place.exists() else (place / "tasks").read_text().split()
        assert len(left) <= 1, "more than the thread that starts commands"
    assert after.reached() is None
    after.remove()
    within.sandbox.groups.close()


def test_groups_of_servers_that_died_are_cleared_away(tmp_path):
    for name in ("ec-builds-1-1", "ec-builds-99999999-1", "somebody-elses"):
        (tmp_path / name).mkdir()
    controller = Controller("memory", tmp_path, ("memory.max",), ("memory.events", "oom_kill"))

    Groups([controller]).clear_away()

    assert sorted(os.listdir(tmp_path)) == ["ec-builds-1-1", "somebody-elses"]


@pytest.mark.parametrize("place", ["own", "above"])
def test_groups_of_version_2_are_used_where_they_are_handed_down(tmp_path, place):
    own = tmp_path / "mount" / "service" / "server"
    own.mkdir(parents=True)
    (tmp_path / "mount" / "cgroup.controllers").touch()
    (tmp_path / "cgroup").write_text("0::/service/server\n")
    folder = own if place == "own" else own.parent
    (folder / "cgroup.subtree_control").write_text("cpu memory pids\n")

    found = controllers(tmp_path / "cgroup", tmp_path / "mount")

    assert [(each.limit, each.folder) for each in found] == [
        ("processes", folder), ("memory", folder),
    ]


def test_a_large_workspace_is_measured_bit_by_bit(tmp_path, monkeypatch):
    monkeypatch.setattr("ec_builds.engine.sandbox.disk.SLICE", -1)
    monkeypatch.setattr("ec_builds.engine.sandbox.disk.PAUSE", 0)
    for number in range(500):
        (tmp_path / str(number)).touch()
    os.link(tmp_path / "1", tmp_path / "link")
    disk = Disk(tmp_path)

    assert [disk.look() for _ in range(3)] == [False, False, True]
    assert disk.used == 500 * 4096
    assert disk.look() is False


def test_folders_without_end_are_told(tmp_path):
    name, folder = "x" * 200, os.open(tmp_path, os.O_RDONLY)
    for _ in range(30):  # further down than a path can lead
        os.mkdir(name, dir_fd=folder)
        below = os.open(name, os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = below
    os.close(folder)

    with pytest.raises(BuildError, match="nested too deep"):
        Disk(tmp_path).measure()

    remove(tmp_path / name)


@pytest.mark.parametrize(
    "number, shown", [(4096, "4 KiB"), (1024**3, "1 GiB"), (1536 * MIB, "1.5 GiB"), (7, "7 bytes")]
)
def test_bytes_are_said_as_people_say_them(number, shown):
    assert size(number) == shown


def test_each_limit_can_be_set():
    assert SETTINGS.keys() == vars(Limits()).keys()
