"""What containers are asked for, and what of a manifest gets there; without any engine."""

import io
import json
import os
import subprocess
import tarfile

import pytest

from ec_builds.engine.sandbox import Limits
from ec_builds.errors import BuildError, TimedOut
from ec_builds.network import Network
from ec_builds.plugins.contract import Outcome
from ec_builds.plugins.drivers import docker, engines, images, picking, scripts
from ec_builds.plugins.drivers.contract import Settings
from ec_builds.plugins.drivers.docker import Docker
from ec_builds.plugins.drivers.leavings import Leavings

IDENTITY = "sha256:" + 32 * "a1"
SECRET = "correct-horse\nbattery"
#: Does what it is told to on standard input, and keeps what is brought.
CLIENT = """#!/bin/sh
case "$1 $2" in
    "image inspect") {found} ;;
    pull*) {pull} ;;
    start*) exit {code} ;;
    inspect*) echo "{state}" ;;
    cp*) cp -r "$2" "$0.brought" ;;
esac
"""


def answer(code=0, output=""):
    return Outcome("it", code, output, 0.0)


@pytest.fixture
def make_driver(context, tmp_path, monkeypatch):
    """A maker of drivers whose client of Docker is a script of ours."""
    programs = tmp_path / "programs"
    programs.mkdir()
    path = f"{programs}:{os.environ['PATH']}"
    monkeypatch.setenv("PATH", path)
    context.base["PATH"] = path

    def make(image="alpine", workspace="/w", variables=(), limits=Limits(), **answers):
        texts = {"found": f"echo {IDENTITY}", "pull": ":", "code": 0, "state": "exited 0 false"}
        client = programs / "docker"
        client.write_text(CLIENT.format(**texts | answers))
        client.chmod(0o755)
        config = {"type": "docker", "image": image, "workspace": workspace}
        settings = Settings(("docker",), limits=limits, network="none")
        return Docker(config, context, dict(variables), settings)

    return make


@pytest.fixture
def driver(make_driver):
    made = make_driver(variables={"PATH": "/evil", "DOCKER_HOST": "tcp://evil", "TOKEN": SECRET})
    made.begin(lambda text: None)
    return made


def test_a_container_is_asked_for_with_all_that_keeps_it_in(driver, context):
    driver.run("a job", "exit 0")

    *_, created, brought, started, removed = context.commands
    name = created[3]
    rights = [option for right in docker.RIGHTS for option in ("--cap-add", right)]
    assert created == [
        "docker", "create", "--name", name, *driver.leavings.labels, "--user", "0:0",
        "--cap-drop", "ALL", "--security-opt", "no-new-privileges", *rights,
        "--stop-signal", "KILL", "--log-driver", "none", "--network", "none",
        "--ulimit", "core=0", "--ulimit", docker.open_files(), "--memory", str(4 * 1024**3),
        "--pids-limit", "1000", "--ulimit", f"fsize={4 * 1024**3}", "--pull", "never",
        "--volume", f"{driver.volumes[0]}:/w", "--workdir", "/w", "--entrypoint", "/bin/sh",
        IDENTITY.partition(":")[2], "/.ec-builds/run",
    ]
    assert started == ["docker", "start", "--attach", name]
    assert removed == ["docker", "rm", "--force", "--volumes", name]


def test_variables_are_for_the_job_and_not_for_the_client(driver, context, tmp_path):
    driver.run("a job", "exit 0")

    assert SECRET not in str(context.commands) and "evil" not in str(context.commands)
    for environment in context.environments:
        assert not {"PATH", "DOCKER_HOST", "TOKEN"} & environment.keys()
    brought = (tmp_path / "programs" / "docker.brought" / "run").read_text()
    assert f"export TOKEN='{SECRET}'" in brought


def test_what_a_manifest_calls_its_job_is_no_path(driver, tmp_path):
    driver.run("../../evil $(job)\n", "exit 0")

    brought = tmp_path / "programs" / "docker.brought"
    assert sorted(path.name for path in brought.iterdir()) == ["job-..-..-evil-job-.sh", "run"]


@pytest.mark.parametrize(
    "state, told",
    [
        ("exited 137 true", "A program of the job was ended, as it used too much memory"),
        ("exited 137 false", "The job was killed; it may have used too much memory"),
    ],
)
def test_a_job_that_needs_too_much_memory_is_told_of(make_driver, context, state, told):
    driver = make_driver(code=137, state=state)
    driver.begin(lambda text: None)

    assert driver.run("a job", "exit 0") == 137
    assert context.notes == [told]


def test_an_image_that_does_not_come_in_time(make_driver, monkeypatch):
    monkeypatch.setattr(docker, "PATIENCE", 0.5)
    driver = make_driver(found="exit 1", pull="exec sleep 60")

    with pytest.raises(TimedOut, match="was not there within 0.5 seconds"):
        driver.begin(lambda text: None)
    driver.end()


def test_an_image_that_is_not_here_is_fetched(make_driver, context):
    driver = make_driver(found="exit 1", pull=f"echo {IDENTITY}")
    driver.begin(lambda text: None)

    assert ["docker", "pull", "--quiet", "alpine"] in context.commands
    assert driver.image == IDENTITY.partition(":")[2]


def test_an_image_that_does_not_come_at_all(make_driver):
    driver = make_driver(found="exit 1", pull="echo 'Error: not today.' >&2; exit 125")

    with pytest.raises(BuildError, match="The image “alpine” cannot be fetched: not today$"):
        driver.begin(lambda text: None)
    driver.end()


def test_nothing_is_fetched_from_a_host_that_users_may_not_reach(make_driver, context):
    context.network = Network(lookup=lambda host: ["10.0.0.1"])
    driver = make_driver(image="registry.example.com/alpine", found="exit 1")

    with pytest.raises(BuildError, match="which this server does not reach out to"):
        driver.begin(lambda text: None)
    assert not [command for command in context.commands if "pull" in command]


def test_what_has_not_begun_can_be_ended(make_driver):
    driver = make_driver(image="--privileged")

    with pytest.raises(BuildError):
        driver.begin(lambda text: None)
    driver.end()


DIGEST = f"sha256:{64 * 'a'}"


@pytest.mark.parametrize(
    "text, host",
    [
        ("alpine", None),
        ("alpine:3.20", None),
        ("library/alpine", None),
        ("my__image-x/y.z--1", None),
        (f"alpine@{DIGEST}", None),
        (f"registry.example.com:5000/a/b:T_1.0-x@{DIGEST}", "registry.example.com"),
        ("localhost/alpine", "localhost"),
        ("127.0.0.1:5000/alpine", "127.0.0.1"),
    ],
)
def test_references_of_images(text, host):
    assert images.image(text) == text
    assert images.registry(text) == host


@pytest.mark.parametrize(
    "text",
    [
        "", "-v", "--privileged", "-v=/:/host", "Alpine", "alpine:", "alpine: x", "alpine:-x",
        "alpine\n", "a b", "/etc", "../x", "a//b", "a/", "docker://alpine", "dir:/etc", "alpine@x",
        f"alpine@{DIGEST}:x", "älpine", "a" * 501, "host:port/x", "a$(id)", "_/x", "x:" + 129 * "t",
    ],
)
def test_what_is_no_reference_of_an_image(text):
    with pytest.raises(BuildError, match="is not a name such as"):
        images.image(text)


@pytest.mark.parametrize("text", ["/w", "/w/", "//w//./x y", "/root/.cache"])
def test_workspaces(text):
    assert images.workspace(text) in ("/w", "/w/x y", "/root/.cache")


@pytest.mark.parametrize(
    "text",
    [
        "", "w", "/", "//", "/.", "/w/..", "/..", "-w", "/w:ro", "/w,x", "/a\nb", "/[a]",
        "/.ec-builds", "/.ec-builds/x",
    ],
)
def test_what_is_no_workspace(text):
    with pytest.raises(BuildError, match="The workspace"):
        images.workspace(text)


@pytest.mark.parametrize(
    "text, parts",
    [("a/b", ("a", "b")), ("/w/a", ("a",)), ("/w", ()), ("/wx", ("wx",)), ("/etc/x", ("etc", "x"))],
)
def test_all_paths_are_below_the_workspace(text, parts):
    assert images.inside("/w", text, "destination") == parts


@pytest.mark.parametrize("text", ["../x", "/w/../x", "a/../../x", "a\0b"])
def test_no_path_leads_out_of_the_workspace(text):
    with pytest.raises(BuildError):
        images.inside("/w", text, "destination")


HARD = {"A": "it's\n\"$(id)\" `id` \\", "EMPTY": "", "E": "a=b", "UID": "7", "OPTIND": "x"}


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_variables_arrive_as_they_are(shell):
    lines = [*scripts.exports(HARD), 'printf "%s|" "$A" "$EMPTY" "$E"']

    told = subprocess.run([shell, "-c", "\n".join(lines)], capture_output=True, text=True)

    assert (told.stdout, told.stderr) == (f"{HARD['A']}||a=b|", "")


def test_some_variables_no_shell_can_set():
    wrong = {"a.b": "x", "": "x", "A B": "x", "A;id": "x", "1": "x", "NUL": "a\0b", "A\n": "x"}

    assert scripts.unspeakable({**HARD, **wrong}) == [*wrong]
    assert list(scripts.exports(wrong)) == []


@pytest.fixture
def pick(tmp_path):
    """Picks from a tar; returns what was found, by path, and what else there is."""

    def pick(pattern, *members, most=9, command=()):
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            for name, kind, text in members:
                member = tarfile.TarInfo(name)
                member.type, member.linkname = kind, text
                if kind == tarfile.REGTYPE:
                    member.linkname, member.size = "", len(text)
                archive.addfile(member, io.BytesIO(text.encode()))
        file, into = tmp_path / "it.tar", tmp_path / "into"
        file.write_bytes(packed.getvalue())
        into.mkdir()
        code = picking.main(str(into), str(most), pattern, *(command or ("cat", str(file))))
        if code:
            return code
        index = json.loads((into / "index.json").read_text())
        files = enumerate(index["files"], 1)
        return {name: (into / f"{each}.file").read_text() for each, name in files}, index["others"]

    return pick


FOLDER = ("w/", tarfile.DIRTYPE, "")


def file(name, text="x"):
    return name, tarfile.REGTYPE, text


def test_nothing_but_files_is_picked(pick, tmp_path):
    members = [
        FOLDER, file("w/a", "1"), file("../out"), file("/w/../../out"), file("other/b"),
        ("w/device", tarfile.CHRTYPE, ""), ("w/pipe", tarfile.FIFOTYPE, ""),
        ("w/link", tarfile.SYMTYPE, "/etc/passwd"), file("w/link/b", "2"),
        ("w/twin", tarfile.LNKTYPE, "w/a"), ("w/lost", tarfile.LNKTYPE, "/etc/passwd"),
    ]

    assert pick("", *members) == ({"a": "1", "link/b": "2", "twin": "1"}, ["lost"])
    assert sorted(os.listdir(tmp_path / "into")) == ["1.file", "2.file", "3.file", "index.json"]


@pytest.mark.parametrize(
    "pattern, found",
    [
        ("*", {"a.o", "d/b.o", "d/e/c.o"}),
        ("*.o", {"a.o"}),
        ("d/*", {"d/b.o", "d/e/c.o"}),
        ("*/[!x]", {"d/e/c.o"}),
        ("?", {"d/b.o", "d/e/c.o"}),
        (".*", {".h"}),
        ("[[]*", set()),
    ],
)
def test_patterns_are_those_of_shells(pick, pattern, found):
    names = ("a.o", ".h", "d/b.o", "d/e/c.o", "d/.e")
    picked, others = pick(pattern, FOLDER, *(file(f"w/{name}") for name in names))

    hidden = {"d/.e"} if pattern in ("*", "?") else set()
    assert (picked.keys() - hidden, others) == (found, [])


def test_the_links_that_a_pattern_names_are_told(pick):
    link = ("w/l", tarfile.SYMTYPE, "a"), ("w/d/l", tarfile.SYMTYPE, "a")

    assert pick("*", FOLDER, *link) == ({}, ["l"])


@pytest.mark.parametrize("name", ["a", "/a", "./a"])
def test_the_tar_of_one_file(pick, name):
    assert pick("", file(name, "1")) == ({"": "1"}, [])


def test_no_pattern_names_what_lies_below_a_file(pick):
    assert pick("*", file("a")) == ({}, [])


def test_nobody_wants_that_many(pick):
    told = pick("", FOLDER, *(file(f"w/{each}") for each in range(10)))

    assert told == "it names more than 9 files"


def test_a_client_that_fails_is_what_fails(pick):
    assert pick("", command=("sh", "-c", "exit 3")) == 3


@pytest.fixture
def leavings(tmp_path):
    """What an engine is asked for that has something of three runs, and of another server."""
    (tmp_path / "builds-1").mkdir()
    asked, made = [], Leavings(tmp_path, lambda *question: ask(*question))
    names = [made.name(f"builds-{each}", "keeper") for each in (1, 2, 3)]

    def ask(*question):
        asked.append(question)
        listed = [*names, "ec-builds.other.builds-9.keeper"] if question[0] == "ps" else []
        return answer(question[0] == "rm" and len(asked) == 3, "\n".join(["warning: x", *listed]))

    made.asked, made.names = asked, names
    return made


def test_what_is_left_of_runs_that_are_over_is_removed(leavings):
    assert leavings.clear() == 2

    removing = ("rm", "--force", "--volumes", *leavings.names[1:])
    assert leavings.asked[2:] == [removing, removing]  # the first time it did not work


def test_somebody_may_know_better_which_runs_go_on(leavings):
    assert leavings.clear(lambda run: run != "builds-1") == 1

    assert leavings.asked[2][3:] == (leavings.names[0],)


def test_servers_with_folders_of_the_same_name_are_told_apart(tmp_path):
    first, second = tmp_path / "one", tmp_path / "two"
    first.mkdir()
    name = Leavings(first, None).name("builds-1", "files")
    first.rename(second)
    first.mkdir()

    assert Leavings(first, None).name("builds-1", "files") != name


def test_docker_is_preferred_if_it_answers(monkeypatch):
    monkeypatch.setattr(engines.shutil, "which", lambda name: f"/bin/{name}")
    works = {"docker"}

    def ask(engine, *question):
        return answer(engine.name not in works, "Error: nobody home\n")

    assert engines.find(ask) is engines.DOCKER
    works |= {"podman"}
    assert engines.find(ask) is engines.DOCKER
    works -= {"docker"}
    assert engines.find(ask).name == "podman"


def test_what_is_missing_is_told_in_a_sentence(monkeypatch):
    there = {"docker"}
    monkeypatch.setattr(engines.shutil, "which", lambda name: name in there or None)
    monkeypatch.setattr(engines.Engine, "ask", lambda *asked: answer(1, "x\nError: no.\n"))

    assert Docker.missing(Settings()) == (
        "There is no engine for containers: docker does not answer (no), and podman is not"
        " installed."
    )


def test_an_ordinary_user_needs_the_service_of_podman(monkeypatch):
    monkeypatch.delenv("CONTAINER_HOST", raising=False)
    commands = {}
    for user in (0, 1000):
        monkeypatch.setattr(engines.os, "geteuid", lambda: user)
        commands[user] = engines.known()[1].command

    assert commands == {0: ("podman",), 1000: ("podman", "--remote")}


def test_an_engine_that_starts_nothing_is_told_of(monkeypatch):
    monkeypatch.setattr(engines, "known", lambda: (engines.PODMAN,))
    monkeypatch.setattr(engines.shutil, "which", lambda name: name)

    def ask(engine, *asked):
        return answer(126, "Error: crun: no\n") if asked[0] == "run" else answer()

    monkeypatch.setattr(engines.Engine, "ask", ask)

    assert Docker.missing(Settings()) == "podman cannot run containers here: crun: no."
