"""Builds that mean harm, against the real bubblewrap: what they find, and what they can do."""

import errno
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from ec_builds.engine import locks
from ec_builds.engine.process import SandboxBroken
from ec_builds.engine.sandbox import Job, choose
from ec_builds.engine.workspace import Workspaces

PYTHON = shutil.which("python3", path="/usr/bin") or sys.executable


@pytest.fixture(params=["bubblewrap"])
def kind(request):
    """What only bubblewrap can stop is tried with bubblewrap alone."""
    return request.param


@pytest.fixture
def workspace():
    """Not below /tmp, which a build has one of its own of."""
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="ec-builds-") as folder:
        workspace = Path(folder, "home", "workspaces", "builds-1-1-mine")
        workspace.mkdir(parents=True)
        yield workspace


@pytest.fixture
def house(workspace):
    """A server's home with all that is to be kept from builds."""
    home = workspace.parents[1]
    for name in ("ec-builds.db", "secret-key", "admin-token", "cache/pack", "storage/result.zip"):
        (home / name).parent.mkdir(exist_ok=True)
        (home / name).write_text("canary")
    other = home / "workspaces" / "builds-2-1-other"
    other.mkdir()
    (other / "code").write_text("canary")
    return home


@pytest.mark.parametrize(
    "name",
    [
        "ec-builds.db",
        "secret-key",
        "admin-token",
        "cache/pack",
        "storage/result.zip",
        "workspaces/builds-2-1-other/code",
    ],
)
def test_a_build_cannot_read_what_the_server_keeps(run, house, name):
    assert (house / name).read_text() == "canary"

    outcome = run(f"cat {house}/{name}; ls -A {house} {house}/workspaces")

    assert "canary" not in outcome.output
    assert f"{house}/{name}: No such file" in outcome.output
    assert outcome.output.splitlines()[1:] == [
        f"{house}:", "workspaces", "", f"{house}/workspaces:", "builds-1-1-mine",
    ]


def test_links_lead_nowhere(run, house, workspace):
    script = f"ln -s {house}/secret-key key; cat key; ln {house}/secret-key hard; cat hard"

    outcome = run(script)

    assert "canary" not in outcome.output
    assert not (workspace / "hard").exists()


def test_a_folder_of_ours_that_became_a_link_opens_nothing(run, house, workspace):
    for name in ("tmp", "shm", "home"):
        run(f"rm -rf {workspace}/{name}; ln -s {house} {workspace}/{name}")

    outcome = run("cat /tmp/secret-key /dev/shm/secret-key ~/secret-key; touch /tmp/x ~/x")

    assert "canary" not in outcome.output
    assert not (house / "x").exists()


def test_a_build_cannot_see_the_environment_of_the_server(cell, run):
    secret = {"PATH": os.environ["PATH"], "CANARY": "canary-1", "PASSED": "on"}
    os.environ["CANARY_OF_PROCESS"] = "canary-2"
    try:
        within = cell(environ=secret, let_through=("PASSED",))
        outcome = run("env; cat /proc/*/environ | tr '\\0' '\\n'", within=within)
    finally:
        del os.environ["CANARY_OF_PROCESS"]

    assert "canary" not in outcome.output
    assert "PASSED=on" in outcome.output


def test_what_commands_are_given_is_not_shown_to_the_machine(run):
    lines = []

    def look():
        told = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout
        lines.extend(line for line in told.splitlines() if "canary" in line)

    run("sleep 0.3", environment={"TOKEN": "canary"}, check=look)

    assert lines == []


def test_a_build_sees_its_own_processes_only(run):
    script = f"""
        echo /proc/[0-9]*
        kill -9 {os.getpid()} {os.getppid()} || echo spared
        ls /proc/{os.getpid()}/root/ || echo nobody
    """

    outcome = run(script)

    assert "spared" in outcome.output
    assert "nobody" in outcome.output
    assert outcome.output.split()[0] == "/proc/1"
    assert len(outcome.output.splitlines()[0].split()) <= 3


@pytest.mark.parametrize(
    "place",
    [
        "/", "/usr", "/usr/bin", "/etc", "/var", "/home", "/root", "/run", "/dev",
        "/proc/sys/kernel", "{home}", "{home}/workspaces", "{home}/workspaces/builds-2-1-other",
    ],
)
def test_a_build_can_write_to_its_workspace_only(run, house, place):
    place = place.format(home=house)

    outcome = run(f"touch {place}/canary")

    assert outcome.failed
    assert not os.path.exists(f"{place}/canary")


def test_a_build_can_write_where_programs_expect_it(run, workspace):
    outcome = run(
        "touch here /tmp/a /var/tmp/b /dev/shm/c $TMPDIR/d ~/e; echo x > /dev/null; mktemp"
    )

    assert outcome.exit_code == 0, outcome.output
    assert (workspace / "here").exists()


@pytest.mark.parametrize(
    "script",
    [
        "echo 1 > /proc/sys/kernel/core_uses_pid",
        "echo c > /proc/sysrq-trigger",
        "echo 0 > /proc/1/oom_score_adj",
        "mount -t tmpfs none /tmp",
        "mount -o remount,rw /usr",
        "umount /proc",
        "unshare -U true",
        "unshare -m true",
        "chroot / true",
        "mknod disk b 8 0",
        "chown 0 .",
        "hostname canary",
        "head -c 1 /proc/kcore",
        "head -c 1 /proc/kmsg",
        "cat /etc/shadow",
        "ls /sys/kernel",
        "ls /var/lib",
        "echo x > /dev/tty",
        "tty",
        "nice -n -5 true | grep .",
        "kill -9 1; kill -0 1 && exit 7",
    ],
)
def test_a_build_has_no_power_over_the_machine(run, script):
    assert run(script).failed


def test_no_rights_can_be_won(run):
    outcome = run("grep -E 'NoNewPrivs|Cap(Prm|Eff|Bnd|Amb)' /proc/self/status; id -u; hostname")

    status = dict(line.split(":\t") for line in outcome.output.splitlines()[:-2])
    assert status.pop("NoNewPrivs") == "1"
    assert {int(rights, 16) for rights in status.values()} == {0}
    assert outcome.output.splitlines()[-2:] == ["1000", "build"]


@pytest.mark.parametrize("fenced", [True, False])
def test_a_build_inherits_nothing_that_the_server_has_open(run, house, tmp_path, fenced):
    number = os.open(house / "secret-key", os.O_RDONLY)
    os.set_inheritable(number, True)
    with locks.held(tmp_path / "lock") as lock:
        outcome = run("ls -l /proc/self/fd /proc/1/fd", lock=lock, fenced=fenced)
    os.close(number)

    first, own = outcome.output.split("\n\n")
    assert len(own.splitlines()) == 2 + 4  # standard ones, and the folder that is listed
    assert "lock" not in own
    assert "secret-key" not in outcome.output
    assert "lock" in first


@pytest.mark.parametrize("name", [".", "file"])
def test_what_leads_out_is_refused_as_a_lock(cell, workspace, name):
    """From a folder that process 1 has open, /proc/1/fd/N/../.. would lead to the whole machine,
    and a file could be filled."""
    (workspace / "file").touch()
    lock = os.open(workspace / name, os.O_RDONLY)
    within = cell()

    with pytest.raises(ValueError):
        within.start(Job(["true"], workspace, {}, workspace, lock=lock))

    os.close(lock)


def test_nothing_that_processes_have_open_leads_out(run, house):
    script = f"""
        for process in /proc/[0-9]*; do
            for each in $process/fd/* $process/cwd $process/root; do
                cat $each/{house}/secret-key $each/../../secret-key
                ls -d $each/../../../../../../../../home/* $each/old_root
            done
        done
    """

    outcome = run(script, lock=None)

    assert "canary" not in outcome.output


#: What a hostile build might do to process 1, and to one of its own, with the C library.
MEDDLING = """
import ctypes, errno, os, subprocess
libc = ctypes.CDLL(None, use_errno=True)

class Piece(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]

def told(answer):
    return "done" if answer >= 0 else errno.errorcode[ctypes.get_errno()]

def write(pid, address):
    word = ctypes.create_string_buffer(b"canary!")
    here, there = Piece(ctypes.addressof(word), 8), Piece(address, 8)
    return libc.process_vm_writev(pid, ctypes.byref(here), 1, ctypes.byref(there), 1, 0)

def stack(pid):
    line = next(line for line in open(f"/proc/{pid}/maps") if "[stack]" in line)
    return int(line.partition("-")[0], 16)

def call(name, *arguments):
    return getattr(libc, name)(*(ctypes.c_long(each) for each in arguments))

ATTACH, SEIZE = 16, 0x4206
other = subprocess.Popen(["sleep", "60"])
for pid in (1, other.pid):
    print(told(call("ptrace", SEIZE, pid, 0, 0)), told(write(pid, stack(pid))))
print(told(call("ptrace", ATTACH, 1, 0, 0)), told(call("ptrace", ATTACH, 2**32 + 1, 0, 0)))
for mode in (os.O_RDWR, os.O_WRONLY):
    try:
        os.open("/proc/1/mem", mode)
    except OSError as error:
        print(error.strerror)
other.kill()
"""


def test_a_build_cannot_meddle_with_process_1(run):
    """It could have it outlive the server, whose death process 1 is asked to die with."""
    outcome = run([PYTHON, "-c", MEDDLING])

    assert outcome.output.splitlines() == [
        "EPERM EPERM",
        "done done",
        "EPERM EPERM",
        "Read-only file system",
        "Read-only file system",
    ]


#: Tries to give back the lock that process 1 holds, and to fill it; it would not end.
GIVING_BACK = """
import ctypes, errno, fcntl, os, signal
libc = ctypes.CDLL(None, use_errno=True)
one = os.pidfd_open(1)
for name in os.listdir("/proc/1/fd"):
    if libc.syscall(438, one, int(name), 0) >= 0 or ctypes.get_errno() != errno.EPERM:
        print("taken:", os.readlink(f"/proc/1/fd/{name}"))
    if "locks" in os.readlink(f"/proc/1/fd/{name}"):
        reached = os.open(f"/proc/1/fd/{name}", os.O_RDWR | os.O_NONBLOCK)
        fcntl.flock(reached, fcntl.LOCK_UN)
        try:
            for _ in range(1000):
                os.write(reached, bytes(4096))
        except BlockingIOError:
            pass
        print("tried", flush=True)
for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, signal.SIG_IGN)
for _ in range(3):
    os.fork()
while True:
    signal.pause()
"""


def test_a_build_cannot_give_back_its_lock_nor_write_to_the_disk_there(cell, workspace):
    workspaces = Workspaces(workspace.parents[1] / "others")
    with workspaces.make("builds-7-1") as (folder, lock):
        within = cell()
        environment = within.sandbox.environment(folder, {})
        job = Job([PYTHON, "-c", GIVING_BACK], folder, environment, folder, lock=lock)
        running = within.start(job)
        assert running.output.readline() == b"tried\n"

        assert locks.is_held(workspaces.locks / folder.name)
        assert [each.stat().st_size for each in workspaces.locks.iterdir()] == [0]
        assert workspaces.end("builds-7-1", but={os.getpid()})
        assert running.end() == 128 + signal.SIGKILL


def test_a_build_without_network_reaches_nobody(run):
    script = f"""exec {PYTHON} -c '
import socket
print(sorted(name for _, name in socket.if_nameindex()))
with socket.create_server(("127.0.0.1", 0)) as server:
    socket.create_connection(server.getsockname()).close()
try:
    socket.create_connection(("192.0.2.1", 80), 5)
except OSError as error:
    print(error.strerror)
'"""

    outcome = run(script, network=False)

    assert outcome.output.splitlines() == ["['lo']", "Network is unreachable"]


def test_a_build_with_network_shares_the_servers(run):
    assert run("cat /etc/resolv.conf; ls -l /proc/self/ns/net | sed 's/.*-> //'").output.endswith(
        os.readlink("/proc/self/ns/net")
    )


def test_a_servers_folder_within_the_system_is_hidden(cell, run, tmp_path):
    """An odd place for a home, but a possible one."""
    tools = tmp_path / "tools"
    (tools / "bin").mkdir(parents=True)
    (tools / "secret").mkdir()
    (tools / "secret" / "key").write_text("canary")
    (tools / "share").write_text("shared")
    path = f"{tools}/bin:/usr/bin:/bin"

    open_one = run(f"cat {tools}/share", within=cell(environ={"PATH": path}))
    hidden = run(
        f"cat {tools}/secret/key {tools}/share; touch {tools}/secret/x",
        within=cell(environ={"PATH": path}, hidden=[tools / "secret"]),
    )

    assert open_one.output == "shared"
    assert "canary" not in hidden.output
    assert not (tools / "secret" / "x").exists()


def test_what_the_server_may_not_read_is_not_shown(tmp_path, monkeypatch):
    """As in a PATH that somebody else's login has left."""
    looking = os.stat
    (tmp_path / "tools" / "bin").mkdir(parents=True)

    def look(name, *arguments, **options):
        if not isinstance(name, int) and str(name).startswith(str(tmp_path)):
            raise PermissionError(errno.EACCES, "Permission denied", name)
        return looking(name, *arguments, **options)

    monkeypatch.setattr(os, "stat", look)
    monkeypatch.setattr(os, "access", lambda name, mode: not str(name).startswith(str(tmp_path)))
    path = f"{tmp_path}/tools/bin:/usr/bin"

    view = choose("bubblewrap", environ={"PATH": path}).view

    assert not any(folder.is_relative_to(tmp_path) for folder in view.folders)


def test_a_home_is_never_shown_as_a_whole(tmp_path, monkeypatch):
    home = tmp_path / "home" / "jo"
    for name in (".local/bin", ".local/lib", ".local/share/keyrings", "bin", ".nvm/v20/bin"):
        (home / name).mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    path = f"{home}/.local/bin:{home}/bin:{home}/.nvm/v20/bin:{home}:/usr/bin"

    view = choose("bubblewrap", environ={"PATH": path}).view

    shown = {str(folder.relative_to(home)) for folder in view.folders if home in folder.parents}
    assert shown == {".local/bin", ".local/lib", "bin", ".nvm/v20"}
    assert home not in view.folders


def test_a_sandbox_that_fails_is_not_taken_for_the_build(run, workspace, monkeypatch, cell):
    within = cell()
    monkeypatch.setattr(within.sandbox.view, "network", lambda: ["--ro-bind", "/nowhere", "/x"])

    with pytest.raises(SandboxBroken, match="/nowhere"):
        run("true", within=within)
