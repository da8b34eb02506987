"""The driver for virtual machines, as far as no machine is needed."""

import socket
import subprocess
import threading
from dataclasses import replace

import pytest

from ec_builds.engine.sandbox import Limits
from ec_builds.errors import BuildError, TimedOut
from ec_builds.plugins.drivers import qemu
from ec_builds.plugins.drivers.contract import Settings
from ec_builds.plugins.drivers.qemu import Qemu, images, programs
from ec_builds.plugins.drivers.qemu.machine import Broken, Machine, command, memory
from ec_builds.plugins.drivers.qemu.shell import Shell

HEAD = "#!/bin/sh\nexec 2>&1\nset -ex\n\n"


@pytest.fixture
def folder(tmp_path):
    """A folder of images."""
    folder = tmp_path / "images"
    for name in ("x86_64/centos/7", "debian/12", "x86_64/both", "both"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    return folder


@pytest.fixture
def settings(folder):
    return Settings(enabled=("qemu",), images=folder)


@pytest.mark.parametrize(
    "name, place",
    [("centos/7", "x86_64/centos/7"), ("debian/12", "debian/12"), ("both", "x86_64/both")],
)
def test_an_image_is_found_for_its_architecture_first(folder, name, place):
    found = images.find(folder, name)

    assert (found.file, found.key) == (folder / place, None)


@pytest.mark.parametrize("name", ["centos/8", "centos", "Debian/12"])
def test_an_image_that_is_not_there_is_told_with_what_helps(folder, name):
    with pytest.raises(BuildError, match=f"^couldn't find image {name}: .*EC_BUILDS_QEMU_IMAGES"):
        images.find(folder, name)


@pytest.mark.parametrize(
    "name",
    [
        "..", "../secret", "x/../../secret", "/etc/passwd", "", ".", "centos//7", "./both", "a\0b",
        "both.key", "key", "debian/key", "x" * 5000, "\ud800",
    ],
)
def test_what_is_no_name_of_an_image_is_refused(folder, name):
    (folder.parent / "secret").write_text("secret")

    with pytest.raises(BuildError, match="cannot be the name of an image"):
        images.find(folder, name)


def test_links_lead_to_images_of_the_folder_and_nowhere_else(folder):
    (folder.parent / "secret").write_text("secret")
    (folder / "latest").symlink_to("debian/12")
    (folder / "out").symlink_to("../secret")
    (folder / "above").symlink_to("..")

    assert images.find(folder, "latest").file == folder / "debian/12"
    for name in ("out", "above/secret"):
        with pytest.raises(BuildError, match="leads out of the folder"):
            images.find(folder, name)


def test_the_key_of_an_image_comes_before_the_common_one(folder):
    for name in ("key", "debian/12.key"):
        (folder / name).write_text("a key")
        (folder / name).chmod(0o600)

    assert images.find(folder, "debian/12").key == folder / "debian/12.key"
    assert images.find(folder, "centos/7").key == folder / "key"


@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_a_key_that_others_can_read_is_refused(folder, mode):
    (folder / "key").write_text("a key")
    (folder / "key").chmod(mode)

    with pytest.raises(BuildError, match="wants mode 0600"):
        images.find(folder, "debian/12")


@pytest.mark.parametrize("content, format", [(b"QFI\xfb\0\0\0\3", "qcow2"), (b"QF", "raw")])
def test_the_format_is_known_by_how_a_file_begins(folder, content, format):
    (folder / "both").write_bytes(content)
    (folder / "x86_64/both").unlink()

    assert images.find(folder, "both").format == format


def test_the_machine_is_told_that_nothing_is_written_and_nobody_else_gets_in(folder, settings):
    (folder / "a,b").write_bytes(b"")
    told = command(images.find(folder, "a,b"), replace(settings, cpus=3), "tcg")

    def option(name):
        return told[told.index(name) + 1]

    assert option("-drive") == f"file={folder}/a,,b,format=raw,if=virtio,snapshot=on"
    assert option("-netdev") == "user,id=net,hostfwd=tcp:127.0.0.1:0-:22"
    assert (option("-smp"), option("-m")) == (3, "2048M")
    assert "spawn=deny" in option("-sandbox")


def test_the_machine_has_half_of_the_memory_of_a_run():
    assert memory(None) == 2 * 1024**3
    assert memory(Limits(memory=6 * 1024**3)) == 3 * 1024**3


@pytest.mark.parametrize("program", ["qemu-system-x86_64", "ssh"])
def test_a_program_that_is_not_installed_is_missed(settings, monkeypatch, program):
    found = {"qemu-system-x86_64", "ssh"} - {program}
    monkeypatch.setattr(qemu.shutil, "which", lambda name: name if name in found else None)

    assert Qemu.missing(settings).startswith(f"There is no {program}: apt install ")


def test_a_folder_of_images_is_missed(settings, monkeypatch, tmp_path):
    monkeypatch.setattr(qemu.shutil, "which", lambda name: name)

    assert Qemu.missing(settings) is None
    for none in (None, tmp_path / "none"):
        assert "EC_BUILDS_QEMU_IMAGES" in Qemu.missing(replace(settings, images=none))


class Stage:
    """What takes the part of machines and shells: the fast one breaks."""

    def __init__(self, breaking):
        self.breaking, self.told = breaking, []

    def machine(self, context, folder, image, settings, accelerator):
        self.told.append(accelerator)
        return self

    def shell(self, context, folder):
        return self

    def port(self, deadline):
        if self.told[-1] in self.breaking:
            raise Broken("The virtual machine has ended: it says nothing")
        return 2222

    def connect(self, machine, port, key, deadline):
        self.told.append(f"connected to {port}")

    def close_port(self, port):
        self.told.append("closed")

    def end(self):
        self.told.append("ended")


@pytest.fixture
def play(context, settings, monkeypatch):
    """Begins with machines of which some break. Returns what happened."""

    def play(*breaking):
        stage = Stage(breaking)
        monkeypatch.setattr(qemu, "Machine", stage.machine)
        monkeypatch.setattr(qemu, "Shell", stage.shell)
        monkeypatch.setattr(qemu, "accelerators", lambda: ("kvm", "tcg"))
        monkeypatch.setattr(qemu.shutil, "which", lambda name: name)
        driver = Qemu({"type": "qemu", "image": "debian/12"}, context, {}, settings)
        stage.error = None
        try:
            driver.begin(lambda line: None)
        except BuildError as error:
            stage.error = error
        return stage

    return play


def test_a_machine_that_is_fast_is_taken(play):
    assert play().told == ["kvm", "connected to 2222", "closed"]


def test_where_the_fast_one_breaks_the_slow_one_is_taken(play):
    assert play("kvm").told == ["kvm", "ended", "ended", "tcg", "connected to 2222", "closed"]


def test_where_both_break_the_driver_says_so(play):
    assert "has ended" in str(play("kvm", "tcg").error)


@pytest.fixture
def machine(context):
    """A machine with a program in the place of qemu, as far as it is there."""

    def machine(*program):
        made = Machine.__new__(Machine)
        made.context, made.folder, made.monitor = context, context.workspace, None
        made.companion = context.start(program)
        return made

    return machine


def test_a_machine_that_ends_while_it_boots_says_why(machine):
    with pytest.raises(Broken, match="has ended: no such disk"):
        machine("sh", "-c", "echo hm; echo no such disk; exit 1").port(float("inf"))


def test_a_machine_that_takes_too_long_is_not_waited_for(machine):
    with pytest.raises(TimedOut, match="not ready in time"):
        machine("sleep", "97").port(0)


def test_whoever_hangs_up_or_speaks_otherwise_is_no_server(machine):
    booting = machine("sleep", "97")
    greetings = [b"", b"HTTP/1.1", b"SSH-2.0-x"]
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet():
            for greeting in greetings:
                caller, _ = server.accept()
                with caller:
                    caller.sendall(greeting)

        thread = threading.Thread(target=greet)
        thread.start()
        port = server.getsockname()[1]
        answers = [booting.answers(port, float("inf")) for _ in greetings]
        thread.join()

    assert answers == [False, False, True]


def test_a_machine_that_lets_nobody_in_is_given_up(context, machine, monkeypatch):
    shell = Shell(context, context.workspace)
    refusing = ["sh", "-c", "echo 'root@127.0.0.1: Permission denied (publickey).'; exit 255"]
    monkeypatch.setattr(shell, "start", lambda port, key: context.start(refusing))

    with pytest.raises(BuildError, match="does not let root in"):
        shell.connect(machine("sleep", "97"), 2222, None, float("inf"))
    assert len(context.commands) == 4  # the machine, and three times


@pytest.fixture
def sh(tmp_path):
    """Runs a program as /bin/sh does in a machine. Returns exit code and output."""
    home = tmp_path / "home"
    home.mkdir()

    def sh(program, *arguments, feed=b""):
        given = ["-c", program, "sh", *arguments] if arguments else []
        done = subprocess.run(
            ["/bin/sh", *given], cwd=home, input=feed or program.encode(),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={"PATH": "/bin:/usr/bin"},
        )
        return done.returncode, done.stdout.decode()

    sh.home = home
    return sh


def test_variables_cannot_leave_their_quotes(sh):
    hostile = {"A": "'; echo out; '", "B": "$(echo out)\n`echo out`", "C": "\\", "PATH": "/bin"}
    show = f'{HEAD}set +x\nprintf "%s|" "$A" "$B" "$C" "$PATH"'

    assert sh(programs.run("a", show, hostile)) == (0, "+ set +x\n" + "".join(
        f"{value}|" for value in hostile.values()
    ))


def test_a_variable_that_cannot_be_set_is_told_and_does_not_matter(sh):
    program = programs.run("a", f"{HEAD}echo on", {"FIXED": "1"})

    told = sh(f"readonly FIXED=0\n{program}")

    assert told == (0, "Failed to setenv FIXED\n+ echo on\non\n")


@pytest.mark.parametrize("key", ["", "1a", "a-b", "a b", "ä", "a;id", "a\n"])
def test_what_is_no_name_of_a_variable_is_left_out(sh, key):
    assert not programs.is_variable(key)
    assert "value" not in programs.run("a", HEAD, {key: "value"})


def test_a_script_has_what_it_has_and_leaves_nothing(sh):
    text = HEAD + "cat <<'EOF'\n$x `y` \\z\nEOF\nexit 3"
    code, printed = sh(programs.run("/x y/'z", text, {}))

    assert (code, printed) == (3, "+ cat\n$x `y` \\z\n+ exit 3\n")
    assert list(sh.home.iterdir()) == []


@pytest.mark.parametrize(
    "name, file",
    [
        ("t.1", "t.1.sh"), ("a b", "a-b.sh"), ("/dev/x.1", "-dev-x.1.sh"),
        ("ä" * 99, "ä" * 60 + ".sh"),
    ],
)
def test_a_script_is_called_like_its_job(name, file):
    assert programs.file_name(name) == file


def test_paths_are_taken_as_they_are(sh):
    odd = "-a 'b' $c\n*"
    assert sh(programs.PLACE, odd, feed=b"x") == (0, "")
    assert ((sh.home / odd).read_bytes(), (sh.home / odd).stat().st_mode & 0o777) == (b"x", 0o700)
    assert sh(programs.FETCH, f"./{odd}") == (0, "x")
    assert sh(programs.LIST, f"./{odd}") == (0, f"./{odd}\0")
    assert sh(programs.LIST, "./-a 'b' $?\n*") == (0, f"./{odd}\0")
    assert sh(programs.LIST, "$(echo x) `echo x`; echo x") == (0, "")


def test_more_files_than_anybody_wants_are_refused(context, settings, monkeypatch, tmp_path):
    driver = Qemu({"image": "debian/12"}, context, {}, settings)

    class Listing:
        def do(self, program, source, output):
            output.write_bytes(b"file\0" * 1001)

    driver.shell = Listing()

    with pytest.raises(BuildError, match="more than 1000 files"):
        driver.collect("*", tmp_path)


def test_names_that_are_no_text_are_told_as_far_as_they_are(context, settings, tmp_path):
    driver, fetched = Qemu({"image": "debian/12"}, context, {}, settings), []

    class Listing:
        def do(self, program, source, output):
            if program is programs.LIST:
                output.write_bytes(b"./b\xff\0./a\0")
            else:
                fetched.append(source)
                output.write_bytes(b"")

    driver.shell = Listing()

    assert [path for path, _ in driver.collect("*", tmp_path)] == ["a", "b�"]
    assert fetched == ["./a", "./b\udcff"]
