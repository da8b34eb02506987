"""Commands that are root in their own eyes: what they may do, and what they still may not."""

import json
import os
import select
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from ec_builds.engine.sandbox import LimitReached, disk, identities, tree
from ec_builds.engine.sandbox.bubblewrap import NESTED
from ec_builds.engine.sandbox.disk import Disk
from ec_builds.engine.sandbox.identities import NEST, STRANGERS, Identities
from tests.engine.test_sandbox_hostile import PYTHON, house, workspace

__all__ = ["house", "workspace"]

#: A server with a nested command, part of which is another user. All of it has a pipe open.
WORKER = """
import os, sys
from ec_builds.engine.sandbox import Cell, Job, choose

workspace, = sys.argv[1:]
sandbox = choose("bubblewrap")
script = "exec 9>said; (setpriv --reuid 7 --clear-groups sleep 97; sleep 97) & echo begun >&9; wait"
environment = sandbox.environment(workspace, {})
job = Job(["/bin/sh", "-c", script], workspace, environment, workspace, nested=True)
running = Cell(sandbox, workspace).start(job)
running.process.wait()
"""


@pytest.fixture(params=["bubblewrap"])
def kind(request):
    return request.param


@pytest.fixture
def nested(run):
    """Runs a script of a shell as root of a namespace, with mounts of its own."""
    return lambda script, **options: run(
        ["unshare", "--mount", "/bin/sh", "-c", script], nested=True, **options
    )


def test_root_of_a_namespace_has_rights_in_the_workspace(nested, workspace):
    outcome = nested("id -u; mkdir a b; mount --bind a b && touch b/x; ls a; chown 5:5 a || id -g")

    assert outcome.output.split()[:2] == ["0", "x"]
    assert (workspace / "a" / "x").exists()


@pytest.mark.parametrize(
    "attempt",
    [
        "mount -o remount,rw,bind /usr && touch /usr/x",
        "umount /usr", "umount /proc", "umount /tmp", "umount /dev/null",
        "mount -o remount,rw,bind /proc", "mount -t proc proc /proc",
        "mkdir p; mount -t proc proc p", "mkdir s; mount -t sysfs sysfs s",
        "echo x > /proc/sys/kernel/core_pattern", "echo 1 > /proc/1/oom_score_adj",
        "hostname elsewhere", "mknod disk b 8 0", "nsenter -t 1 -p -m true",
        "cat /proc/1/environ",
        # of the namespaces around it something may be open still
        "for each in /proc/self/fd/*; do nsenter --user=$each --preserve-credentials echo done;"
        " done; false",
    ],
)
def test_and_nowhere_else(nested, attempt):
    outcome = nested(f"{attempt} && echo done")

    assert "done" not in outcome.output and outcome.failed


@pytest.mark.parametrize(
    "attempt",
    [
        "touch /var/cache/containers/short-names.conf",
        "test -r /etc/ssl/certs || ! test -e /etc/ssl",
        "ls -d /etc/containers/certs.d 2>&1 | grep 'No such'",
        "ls /var/lib/containers 2>&1 | grep 'No such'",
    ],
)
def test_what_builders_of_images_look_for_is_there_or_is_not(nested, attempt):
    assert not nested(attempt).failed


@pytest.mark.parametrize("name", ["admin-token", "workspaces/builds-2-1-other/code"])
def test_what_is_the_servers_is_not_there(nested, house, name):
    outcome = nested(f"cat {house}/{name}", hidden=[house])

    assert outcome.failed and "canary" not in outcome.output


def test_covered_folders_stay_covered(nested, tmp_path):
    with tempfile.TemporaryDirectory(dir="/usr/local") if os.geteuid() == 0 else covered() as home:
        Path(home, "secret").write_text("canary")
        os.chmod(home, 0o755)

        outcome = nested(f"umount {home}; cat {home}/secret", hidden=[Path(home)])

    assert "canary" not in outcome.output


def covered():
    pytest.fail("only root can put a folder of the server below /usr")


def test_the_network_can_be_off(nested):
    assert not nested("cat /proc/net/dev | grep -v lo: | grep :", network=False).output


@pytest.mark.parametrize("limits", [{"processes": 30}])
def test_limits_hold(nested, limits):
    with pytest.raises(LimitReached):
        nested("for i in $(seq 60); do sleep 30 & done; wait", **limits)


def test_a_server_that_is_root_lends_nobody(run, workspace):
    outcome = run(["cat", "/proc/self/uid_map"], nested=True)

    first, around, number = map(int, outcome.output.split()[:3])
    expected = STRANGERS if os.geteuid() == 0 else 0
    assert (first, around) == (0, expected)
    assert workspace.stat().st_uid == (STRANGERS if os.geteuid() == 0 else os.geteuid())


def test_what_is_handed_over_does_not_lead_elsewhere(tmp_path):
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    (theirs / "deep").mkdir(parents=True)
    ours.write_text("x")
    (theirs / "deep" / "link").symlink_to(ours)
    (theirs / "folder").symlink_to(tmp_path)
    owner = 12345 if os.geteuid() == 0 else os.geteuid()

    Identities((), "", owner=owner).hand_over(theirs)

    assert {path.lstat().st_uid for path in (theirs, *theirs.rglob("*"))} == {owner}
    assert ours.stat().st_uid == tmp_path.stat().st_uid == os.geteuid()


def test_an_ordinary_user_has_two_namespaces_one_in_the_other():
    """Of itself alone: nobody is lent to it here."""
    user = 65534 if os.geteuid() == 0 else os.geteuid()
    levels = (((0, user, 1),),) * 2, (((0, 0, 1),),) * 2
    becoming = Identities(levels, "").becoming(["unshare", "--mount", "/bin/sh", "-c"])
    script = "cat /proc/self/uid_map; mount -o remount,rw,bind / && echo open; umount /etc; ls /"
    command = [
        PYTHON, "-I", "-S", "-c", NEST.read_text(), json.dumps(levels), "/usr/bin/bwrap", *NESTED,
        "--ro-bind", "/", "/", "--tmpfs", "/etc", "--unshare-pid", "--dev", "/dev",
        "--proc", "/proc", "--", *becoming, script,
    ]
    ended = subprocess.run(
        command, capture_output=True, text=True, cwd="/", env={"PATH": os.environ["PATH"]},
        **({"user": user, "group": user, "extra_groups": []} if os.geteuid() == 0 else {}),
    )

    assert ended.stdout.split()[:3] == ["0", "0", "1"], ended.stderr
    assert "open" not in ended.stdout and "usr" in ended.stdout


def test_a_single_user_gives_files_to_others_in_name_only(cell, run, workspace):
    alone = cell()
    user, owner = os.geteuid(), STRANGERS if os.geteuid() == 0 else None
    levels = ((((0, owner or user, 1),),) * 2,)
    if owner is None:
        levels += ((((0, 0, 1),),) * 2,)
    alone.sandbox.identities = Identities(levels, "", owner=owner)

    outcome = run("touch x; chown 5:5 x && chgrp 7 x && stat -c %u:%g x", nested=True, within=alone)

    assert outcome.output.split() == ["0:0"]


def test_it_ends_with_the_server(workspace):
    """Whoever enters a namespace is forgotten to be somebody's child, unless that is said again."""
    os.mkfifo(workspace / "said")
    with subprocess.Popen([sys.executable, "-c", WORKER, workspace]) as worker:
        with open(workspace / "said", "rb", buffering=0) as said:
            assert said.readline() == b"begun\n"

            worker.kill()

            assert select.select([said], [], [], 10)[0] and said.read() == b""  # nobody has it open


@pytest.mark.parametrize(
    "file, found",
    [
        ("", None), ("other:1:2\n", None), ("me:x:2\n", None), ("me:7:0\n", None),
        ("other:1:2\nme:700:20\nme:900:20\n", (700, 20)), ("4711:700:99999\n", (700, 65536)),
    ],
)
def test_who_is_lent_is_read_from_a_file(tmp_path, monkeypatch, file, found):
    (tmp_path / "uid").write_text(file)
    monkeypatch.setattr(identities, "LENT", f"{tmp_path}/{{}}")
    monkeypatch.setattr(identities, "name", lambda: "me")
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    monkeypatch.setattr(identities.shutil, "which", lambda program: program)

    if found:
        assert identities.lent("uid") == found
    else:
        with pytest.raises(LookupError, match="lends none"):
            identities.lent("uid")


def test_what_others_have_closed_is_weighed(tmp_path, monkeypatch):
    class Others:
        def weigh(self, folders):
            return 10**9 * len(folders)

    def refused(folder):
        if str(folder).endswith("closed"):
            raise PermissionError(folder)
        return real(folder)

    real = disk.entries
    monkeypatch.setattr(disk, "entries", refused)
    monkeypatch.setattr(disk, "identities", Others)
    (tmp_path / "closed").mkdir()
    weighed = Disk(tmp_path)

    weighed.measure()

    assert 10**9 < weighed.used < 10**9 + 10**6


def test_memory_of_others_counts_in_full(monkeypatch):
    def refused(number):
        raise PermissionError(number)

    monkeypatch.setattr(tree, "share_of", refused)

    assert tree.share([os.getpid()]) == pytest.approx(tree.usage([os.getpid()])[1], rel=0.5)
