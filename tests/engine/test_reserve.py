"""What stays free on the disk of the workspaces, and who is ended so that it does."""

import os

import pytest

from ec_builds.engine.output import Output
from ec_builds.engine.sandbox import LimitReached, Limits, Room
from ec_builds.engine.sandbox.limits import GIB, MIB
from ec_builds.engine.sandbox.reserve import DiskFull, reserve
from ec_builds.engine.stopping import Reason, Stopped
from ec_builds.store.build import Build
from tests.lacking import mounted


@pytest.mark.parametrize(
    "total, kept",
    [
        (40 * MIB, 4 * MIB),
        (GIB, 16 * MIB),
        (20 * GIB, 20 * GIB // 100),
        (500 * GIB, GIB),
        (0, 0),  # some file systems do not tell
    ],
)
def test_the_reserve_makes_sense_on_disks_of_all_sizes(total, kept):
    assert reserve(total) == kept


def test_a_disk_that_takes_no_more_files_is_full(tmp_path, monkeypatch):
    found = [4096, 4096, 10**6, 10**6, 10**6, 5000, 3, 3, 0, 255]
    monkeypatch.setattr(os, "statvfs", lambda folder: os.statvfs_result(found))
    assert Room.at(tmp_path).free == 3 * 4096

    found[5:8] = [0, 0, 0]  # it knows no such number
    assert Room.at(tmp_path).free == 10**6 * 4096


@pytest.mark.parametrize(
    "free, used, is_taken",
    [
        (101, 5000, False),  # there is enough
        (99, 5000, True),
        (99, 90, False),  # the largest go first
        (50, 90, True),
        (0, 26, True),
        (0, 25, False),  # its end would not help
    ],
)
def test_only_those_are_ended_who_have_much_of_the_disk(free, used, is_taken):
    assert Room(free, reserve=100).is_taken_by(used) is is_taken


@pytest.fixture
def disk(tmp_path):
    """A disk of 40 MiB."""
    with mounted(tmp_path / "disk", 40) as disk:
        yield disk


@pytest.fixture
def workspace(disk):
    """A workspace on that disk."""
    folder = disk / "workspaces/builds-1-1-mine"
    folder.mkdir(parents=True)
    return folder


FILL = "dd if=/dev/zero of=file bs=64k"
TOLD = r"^The disk of the server is nearly full: .+ are left, and the build has [34]\d.* MiB of it$"


@pytest.mark.mount
@pytest.mark.parametrize(
    "script",
    [
        f"{FILL}; true",
        f"{FILL} || true; sleep 300",
        f"{FILL} || true; while true; do echo hello; done",
        f"exec 3> file; rm file; {FILL.replace('file', '/dev/fd/3')}; sleep 300",
        f"{FILL} count=590; sleep 300",
    ],
    ids=["ended", "sleeping", "printing", "unlinked", "almost"],
)
def test_a_command_that_fills_the_disk_is_ended(run, script):
    with pytest.raises(LimitReached, match=TOLD) as reached:
        run(script)

    assert reached.value.info["limit"] == "disk"


@pytest.mark.mount
def test_a_command_on_a_disk_that_others_have_filled_goes_on(run, disk):
    with (disk / "filler").open("wb", buffering=0) as file:
        while takes(file):
            pass

    assert run("sleep 0.2; echo hello").exit_code == 0


def takes(file):
    try:
        return file.write(bytes(MIB)) == MIB
    except OSError:
        return False


@pytest.mark.mount
def test_a_full_disk_is_seen_before_a_wish_to_stop(run, cell, monkeypatch):
    def leave_room(processes=()):
        raise DiskFull(1, 0)

    def check():
        raise Stopped(Reason.CANCELLED)  # which could not be written down

    within = cell()
    monkeypatch.setattr(within, "leave_room", leave_room)
    with pytest.raises(DiskFull):
        run("sleep 60", within=within, check=check)


@pytest.fixture
def told(monkeypatch, workspaces):
    """What the events of builds say: message, and whether there still is a workspace."""
    told, record = {}, Build.record

    def recording(run_id, message, *arguments, **options):
        told[message] = any(workspaces.parent.iterdir())
        return record(run_id, message, *arguments, **options)

    monkeypatch.setattr(Build, "record", recording)
    return told


@pytest.fixture
def scarce(monkeypatch):
    """A disk that is nearly full, for which no build is to blame."""
    monkeypatch.setattr(Room, "at", lambda folder: Room(2**60, 2**61))


EMPTY = "The build left nothing to pack: its result is an empty folder"


@pytest.mark.parametrize(
    "does, messages",
    [
        ({"run": ["false"]}, ["The command failed", "Build failed: The command failed"]),
        ({"break": "ours"}, ["Building: the server failed"]),
        ({"files": {}}, [f"Build failed: {EMPTY}"]),
        ({"run": ["sleep", "60"], "timeout": 0.1}, ["Ended as asked: sleep 60"]),
        ({"run": ["head", "-c", "9999", "/dev/zero"]}, ["Stopped: head -c 9999 /dev/zero"]),
    ],
    ids=["failed", "broken", "empty", "late", "limited"],
)
def test_room_is_made_before_a_failure_is_written_down(
    make_platform, submit, work, runner, told, scarce, does, messages
):
    runner.tools.sandbox.limits = Limits(output=5000)
    submit(make_platform(**does))

    work()

    assert told["Code fetched"]
    assert [told[message] for message in messages] == [False] * len(messages)


def test_room_is_made_before_a_cancelled_build_says_so(
    make_platform, submit, work, told, scarce, monkeypatch
):
    build_id, take = submit(make_platform(run=["sh", "-c", "echo; exec sleep 60"])), Output.take

    def cancelling(brake):
        def taking(output, block):
            take(output, block)
            if Build.cancel(build_id):
                brake.pull(Reason.CANCELLED)

        monkeypatch.setattr(Output, "take", taking)

    work(before=cancelling)

    ended = "Ended as asked: sh -c 'echo; exec sleep 60'"
    assert [told[message] for message in (ended, "Building: cancelled", "Build cancelled")] == [
        False, False, False,
    ]


def test_a_success_keeps_its_workspace_to_its_end(make_platform, submit, work, told, scarce):
    submit(make_platform(run=["true"]))

    work()

    assert all(told.values())
