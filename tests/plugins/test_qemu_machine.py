"""A machine that is really booted, once, and all that a build does with it."""

import hashlib
import socket
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from ec_builds.errors import BuildError
from ec_builds.plugins.drivers.contract import Settings
from ec_builds.plugins.drivers.qemu import Qemu
from ec_builds.states import State
from ec_builds.store.build import Build
from tests.conftest import wait_until
from tests.plugins import tiny_image
from tests.plugins.conftest import FakeContext, Stopped

pytestmark = pytest.mark.qemu

VARIABLES = {
    "PLAIN": "one", "ODD": "it's $HOME\n\"two\" `id`", "EMPTY": "", "no-name": "x", "PATH": "/bin"
}
HEAD = "#!/bin/sh\nexec 2>&1\nset -ex\n\n"


@pytest.fixture(scope="module")
def image(request):
    return tiny_image.made(request.config.cache.mkdir("machine-image"))


@pytest.fixture(scope="module")
def settings(image, tmp_path_factory):
    images = tmp_path_factory.mktemp("images")
    (images / "x86_64/tiny").mkdir(parents=True)
    (images / "x86_64/tiny/1").hardlink_to(image)
    return Settings(enabled=("qemu",), images=images)


@pytest.fixture(scope="module")
def booted(settings, tmp_path_factory):
    """A machine that has begun, what it said, and its context; the image is as it was after all."""

    class Nothing:
        def watched(self, check):
            return None

    (file,) = (settings.images / "x86_64/tiny").iterdir()
    before = hashlib.sha256(file.read_bytes()).digest()
    context = FakeContext(tmp_path_factory.mktemp("run") / "workspace", Nothing())
    said = []
    driver = Qemu({"type": "qemu", "image": "tiny/1"}, context, VARIABLES, settings)
    try:
        driver.begin(said.append)
        driver.said = said
        yield driver
    finally:
        driver.end()
    driver.end()  # what is gone already is fine
    assert all(each.has_ended() for each in context.companions)
    assert hashlib.sha256(file.read_bytes()).digest() == before


@pytest.fixture
def run(booted):
    """Runs commands as a job; its exit code, and what it printed."""

    def run(*commands, name="test.1"):
        code = booted.run(name, HEAD + "".join(f"{each}\n" for each in commands))
        jobs = [each for each in booted.context.outcomes if each.command == name]
        return code, jobs[-1].output

    return run


def test_it_says_what_it_does(booted):
    assert booted.said == [
        "Running with Driver qemu...",
        "Creating machine with arch x86_64...",
        "Booting machine with image tiny/1...",
        "Established SSH connection to machine as root...",
    ]


def test_a_job_runs_as_root_in_the_machine(run):
    code, printed = run("cat /etc/tiny", "id -u", "pwd")

    assert code == 0
    assert printed == "+ cat /etc/tiny\na tiny machine\n+ id -u\n0\n+ pwd\n/root\n"


@pytest.mark.parametrize("code", [1, 7, 255])
def test_a_job_that_fails_has_its_exit_code_and_ends_there(run, code):
    assert run(f"sh -c 'exit {code}'", "echo never") == (code, f"+ sh -c 'exit {code}'\n")


def test_variables_arrive_as_they_are_and_are_no_arguments(booted, run):
    code, printed = run("set +x", "printf '%s|' \"$PLAIN\" \"$ODD\" \"${EMPTY-none}\"")

    assert (code, printed) == (0, f"+ set +x\none|{VARIABLES['ODD']}||")
    told = "Failed to setenv no-name: no shell has variables of this name"
    assert told in booted.context.printed
    assert not any("two" in str(part) for each in booted.context.commands for part in each)


def test_files_and_processes_stay_from_job_to_job_and_scripts_do_not(run):
    begun = ("sleep 1000 >/dev/null 2>&1 & echo $! > pid", "echo kept > file")
    assert run(*begun, name="/dev/a b")[0] == 0
    code, printed = run("set +x", "cat file", "kill -0 $(cat pid)", "ls -A", "rm file pid")

    assert (code, printed.splitlines()[1]) == (0, "kept")
    assert "b.1.sh" not in printed and printed.count(".job-") == 1  # its own


def test_a_job_hears_nothing_and_may_say_what_is_no_text(run):
    code, printed = run("set +x", "cat", r"printf 'a\0\377b\n'")

    assert (code, printed.splitlines()[1][0]) == (0, "a")


def test_an_object_is_placed_where_only_root_may_use_it(booted, run, tmp_path):
    content = bytes(range(256)) * 5000
    (tmp_path / "object").write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()

    for place in ("object", "new/folder/an 'odd' name", "/srv/object"):
        booted.place(tmp_path / "object", place)
        quoted = place.replace("'", "'\\''")
        code, printed = run("set +x", f"stat -c %a '{quoted}'", f"sha256sum < '{quoted}'")
        assert (code, printed.splitlines()[1:]) == (0, ["700", f"{digest}  -"])


def test_an_object_that_cannot_be_placed_says_why(booted, tmp_path):
    (tmp_path / "object").write_bytes(b"x")

    with pytest.raises(BuildError, match="[Dd]irectory"):
        booted.place(tmp_path / "object", "/etc")


def test_a_source_is_put_with_its_links_and_modes(booted, run, tmp_path):
    source = tmp_path / "source"
    (source / "below").mkdir(parents=True)
    (source / "below/run").write_text("#!/bin/sh\necho ran\n")
    (source / "below/run").chmod(0o755)
    (source / "link").symlink_to("below/run")

    booted.put(source, "code/here")

    code, printed = run("set +x", "cd code/here", "./link", "readlink link", "stat -c %u link")
    assert (code, printed.splitlines()[1:]) == (0, ["ran", "below/run", "0"])
    with pytest.raises(BuildError, match="is there already"):
        booted.put(source, "code/here")


def test_artifacts_are_collected_by_path_pattern_and_folder(booted, run, tmp_path):
    made = (
        "mkdir -p out/deep", "echo 1 > out/a.txt", "echo 2 > 'out/b c.txt'", "echo 3 > out/deep/d",
        "ln -s deep/d out/link", "ln -s /nowhere out/broken", "mkfifo out/pipe",
    )
    assert run(*made)[0] == 0

    def collected(source):
        into = tmp_path / hashlib.sha256(source.encode()).hexdigest()
        into.mkdir()
        return {path: copy.read_text() for path, copy in booted.collect(source, into)}

    assert collected("/etc/tiny") == {"/etc/tiny": "a tiny machine\n"}
    assert collected("out/*.txt") == {"out/a.txt": "1\n", "out/b c.txt": "2\n"}
    assert collected("out/link") == {"out/link": "3\n"}
    assert collected("out") == {"out/a.txt": "1\n", "out/b c.txt": "2\n", "out/deep/d": "3\n"}
    assert collected("none*") == collected("nowhere/file") == collected("out/broken") == {}


def test_nobody_else_gets_in(booted):
    commands = [each for each in booted.context.commands if "ssh" in each and "-p" in each]
    port = commands[-1][commands[-1].index("-p") + 1]

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(port)), 5)


def test_the_disk_can_be_written_to(run):
    code, _ = run("dd if=/dev/zero of=/dev/vda bs=1M count=4", "sync")

    assert code == 0


def test_a_machine_that_ends_is_told_of(booted):
    """The last one, for it takes the machine down."""
    with pytest.raises(BuildError, match="connection to the virtual machine was lost"):
        booted.run("end", HEAD + "poweroff -f\n")


def test_a_machine_that_boots_can_be_stopped(context, settings):
    driver = Qemu({"type": "qemu", "image": "tiny/1"}, context, {}, settings)
    context.stop = lambda: any((each / "monitor").exists() for each in folders(context))

    try:
        with pytest.raises(Stopped):
            driver.begin(lambda line: None)
    finally:
        driver.end()
    assert context.companions and all(each.has_ended() for each in context.companions)


def folders(context):
    return context.workspace.glob("machine-*")


@pytest.fixture
def database_url(tmp_path):
    """One kind is enough: no query is asked here."""
    return f"sqlite:///{tmp_path}/builds.db"


@pytest.fixture
def config(config, settings):
    return replace(
        config, drivers=("os", "qemu"), qemu_images=settings.images, executor="threads"
    )


def test_a_build_that_is_cancelled_takes_its_machine_along(runtime):
    manifest = "driver: {type: qemu, image: tiny/1}\nstages: [s]\njobs: [{stage: s, commands: ["
    caller = runtime.operator()
    submitted = runtime.submissions.submit(caller, manifest + "cat /etc/tiny, sleep 1000]}]")
    runtime.executor.start()

    def build():
        return Build.get_by_id(submitted.id)

    def printed():
        return b"".join(runtime.logs.part(submitted.id, 0, None, 10**6))

    wait_until(lambda: b"+ sleep 1000" in printed() or build().finished, 120)
    assert b"a tiny machine" in printed()
    assert running(runtime)
    runtime.builds.cancel(caller, build(), lambda found: None)

    wait_until(lambda: build().state == State.CANCELLED)
    wait_until(lambda: not running(runtime))


def running(runtime):
    """The machines of a server, by what qemu was told."""
    found = []
    for each in Path("/proc").glob("[0-9]*/cwd"):
        with suppress(OSError):
            found += [each] if each.readlink().is_relative_to(runtime.config.home) else []
    return found
