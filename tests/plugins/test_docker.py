"""Jobs in containers, by a real Podman."""

import os
import shutil
import threading

import pytest

from ec_builds.engine.context import Context, Tools
from ec_builds.engine.masking import Masks
from ec_builds.engine.sandbox import Limits, choose
from ec_builds.engine.stopping import Brake, Reason, Stopped
from ec_builds.errors import BuildError
from ec_builds.network import Network
from ec_builds.plugins.drivers.contract import Settings
from ec_builds.plugins.drivers.docker import Docker
from tests import containers

pytestmark = pytest.mark.podman
#: Bytes of a file.
MOST = 4 * 1024**2
SETTINGS = Settings(
    enabled=("docker",), limits=Limits(processes=50, file=MOST), network="none"
)


class Journal:
    """Forgets everything."""

    masks = Masks()

    def write(self, *event, **more):
        """Nobody reads it."""

    note = action = write


class Log:
    """Remembers what was printed, and tells whoever waits for something."""

    def __init__(self):
        self.printed, self.news = b"", threading.Condition()

    def write(self, block):
        with self.news:
            self.printed += block
            self.news.notify_all()

    def wait_for(self, text):
        with self.news:
            assert self.news.wait_for(lambda: text in self.printed, 20)

    def name(self, line):
        raise AssertionError("Jobs have titles of their own")

    def end(self):
        """Nothing."""


@pytest.fixture(scope="module")
def engine():
    with containers.podman() as engine:
        containers.add_image(engine)
        yield engine


@pytest.fixture(scope="module")
def make_driver(engine, tmp_path_factory):
    """A maker of drivers, each for a run of its own; they are taken down at the end."""
    home, sandbox, drivers = tmp_path_factory.mktemp("home"), choose(), []

    def make(image=containers.IMAGE, **variables):
        workspace = home / "workspaces" / f"builds-{len(drivers)}-1-mine"
        workspace.mkdir(parents=True)
        tools = Tools(None, None, Network(), sandbox)
        context = Context(tools, Journal(), Brake(60), workspace, {})
        context.log = Log()
        config = {"type": "docker", "image": image, "workspace": "/w/s"}
        drivers.append(Docker(config, context, variables, SETTINGS))
        drivers[-1].said = []
        return drivers[-1]

    yield make
    for each in drivers:
        each.end()
        each.context.close()


@pytest.fixture(scope="module")
def begin(make_driver):
    def begin(**options):
        driver = make_driver(**options)
        driver.begin(driver.said.append)
        return driver

    return begin


@pytest.fixture(scope="module")
def driver(begin):
    """One for all tests that leave it as it is."""
    variables = {"LINES": "a\nb='\"$x", "PATH": "/bin:/else", "DOCKER_HOST": "tcp://x", "UID": "7"}
    made = begin(**variables, **{"a.b": "c"})
    folder = made.context.workspace / "source"
    folder.mkdir()
    (folder / "main.c").write_text("int main;")
    (folder / "evil").symlink_to("/etc/passwd")
    made.put(folder, "core/src")
    file = made.context.workspace / "seed"
    file.write_text("seed")
    made.place(file, "/w/s/in/seed.bin")
    assert made.run("leave", LEAVE) == 0, made.context.log.printed.decode()
    return made


#: What a job leaves of files, and of what is none.
LEAVE = """#!/bin/sh
set -e
mkdir -p out/deep
echo a > out/a.o; echo b > out/b.o; echo l > out/real
echo c > out/deep/c.o; echo . > out/.hidden.o
echo t > out/t; ln out/t out/twin.o; ln -s real out/link.o; ln -s loop loop
ln -s /etc/shadow shadow; ln -s ../../../../../../etc/shadow out/shadow.o; mkfifo out/pipe.o
echo star > 'out/[n]*'
"""


def printed(driver, script):
    """What a job prints that has to pass."""
    driver.context.log = Log()
    assert driver.run("a job", f"#!/bin/sh\nexec 2>&1\nset -e\n\n{script}") == 0
    return driver.context.log.printed.decode()


def test_what_it_says_first(driver):
    unset = "The variable 'a.b' cannot be set: no shell has such names, or such values"

    assert driver.said == [
        "Running with driver docker...", unset, f"Using Driver image {containers.IMAGE}"
    ]


def test_jobs_find_the_variables_and_the_files_that_were_brought(driver):
    found = printed(
        driver, 'echo "$LINES|$PATH|$DOCKER_HOST|$UID"; ls -l in; cat in/seed.bin core/src/main.c'
    )

    told, mode, rest = found.partition("-rwx------")
    assert told.startswith("a\nb='\"$x|/bin:/else|tcp://x|7\n")
    assert mode and rest.endswith("seedint main;")


def test_a_container_is_fresh_and_has_few_rights(driver):
    limits = "cat /proc/self/status /proc/self/limits"
    group = "cat /sys/fs/cgroup/pids.max 2>&- || cat /sys/fs/cgroup/pids/pids.max"
    first = printed(driver, f"pwd; ls /; echo x > /left; {limits}; {group}")
    again = printed(driver, "ls /")

    assert first.startswith("/w/s\n") and "left" not in first + again
    assert "CapBnd:\t00000000000004fb" in first and "NoNewPrivs:\t1" in first
    assert first.partition("Max file size")[2].split()[:2] == [str(MOST)] * 2
    assert first.endswith("\n50\n")


def test_the_exit_code_is_that_of_the_script(driver):
    assert driver.run("it; fails", "exit 7") == 7


@pytest.mark.parametrize(
    "source, found",
    [
        ("/w/s/out/a.o", {"out/a.o": "a"}),
        ("out/link.o", {"out/link.o": "l"}),
        ("out/[n]*", {"out/[n]*": "s"}),
        ("out/[a-z]*.o", {f"out/{name}.o": name[0] for name in ("a", "b", "link", "twin")}),
        ("shadow", {}),
        ("nothing/*", {}),
    ],
)
def test_artifacts_are_files_and_nothing_else(driver, tmp_path, source, found):
    collected = driver.collect(source, tmp_path)

    assert {name: file.read_text()[0] for name, file in collected} == found
    assert not any(file.is_symlink() for _, file in collected)


def test_of_a_folder_each_file_is_an_artifact(driver, tmp_path):
    names = [name for name, _ in driver.collect("out", tmp_path)]

    expected = [".hidden.o", "[n]*", "a.o", "b.o", "deep/c.o", "real", "t", "twin.o"]
    assert names == [f"out/{name}" for name in expected]


@pytest.mark.parametrize("source", ["../x", "/w/s/../../etc/passwd", "a\nb"])
def test_nothing_outside_of_the_workspace_is_collected(driver, tmp_path, source):
    with pytest.raises(BuildError):
        driver.collect(source, tmp_path)


def test_a_folder_is_put_once(driver):
    folder = driver.context.workspace / "again"
    folder.mkdir()

    with pytest.raises(BuildError, match="is there already"):
        driver.put(folder, "/w/s/core/src")


def test_a_job_that_is_stopped_leaves_nothing(begin, engine):
    driver = begin()

    def stop():
        driver.context.log.wait_for(b"begun")
        driver.context.brake.pull(Reason.CANCELLED)

    stopping = threading.Thread(target=stop)
    stopping.start()

    with pytest.raises(Stopped):
        driver.run("long", "trap '' TERM; echo begun; sleep 5000.5")
    driver.end()
    stopping.join()

    assert not [name for name in containers.names(engine) if driver.context.workspace.name in name]
    assert "5000.5" not in commands()


def commands():
    """The command lines of all that runs on this machine."""
    found = []
    for number in filter(str.isdecimal, os.listdir("/proc")):
        try:
            with open(f"/proc/{number}/cmdline") as file:
                found.append(file.read())
        except OSError:
            continue  # it has ended
    return "\n".join(found)


def test_the_next_build_removes_what_a_killed_server_has_left(begin, driver, engine):
    killed = begin()
    shutil.rmtree(killed.context.workspace)

    begin()

    runs = {name.split(".")[2] for name in containers.names(engine)}
    assert driver.context.workspace.name in runs
    assert killed.context.workspace.name not in runs


def test_an_image_without_a_shell_runs_nothing(begin, engine):
    containers.add_image(engine, "localhost/tests/empty:1", applets=("cat",))
    driver = begin(image="localhost/tests/empty:1")

    with pytest.raises(BuildError, match="The job cannot be started: .*/bin/sh"):
        driver.run("a job", "exit 0")


def test_the_doctor_finds_nothing_missing(engine):
    assert Docker.missing(SETTINGS) is None
