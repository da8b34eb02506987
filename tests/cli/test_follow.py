"""`ec-builds follow`, as a client of a server in another process."""

import hashlib
import json
import signal
import subprocess
import sys

import pytest

from ec_builds.client import Session


@pytest.fixture
def follow(call, server):
    """Calls `ec-builds follow` with the address and the token of the server."""

    def follow(*arguments):
        return call("follow", *arguments, "--root", server.root, "--token", server.token)

    return follow


@pytest.fixture
def start(server):
    """Starts a build of a platform, and says which one it is."""

    def start(platform_id):
        with Session(server.root, server.token) as session:
            address = f"{server.root}platform/build?platformID={platform_id}"
            return session.post(address)["buildID"]

    return start


def test_a_build_is_shown_to_its_end_and_again_afterwards(follow, start, good, server):
    build = start(good)

    first, again = follow(build), follow(build)

    assert (first.exit_code, first.stdout) == (0, again.stdout), first.output
    lines = [line.strip() for line in first.stdout.splitlines()]
    assert lines[0] == f"✓ Build {build}  {server.root}platform/build?buildID={build}"
    assert lines[1:3] == ["✓ Build accepted", "✓ Build started"]
    assert "│ Smells good." in lines
    assert lines[-1].startswith("✓ Build succeeded")


def test_a_build_that_fails_gives_the_exit_code(follow, start, bad):
    result = follow(start(bad))

    assert result.exit_code == 1
    assert "│ Burnt." in result.stdout
    assert "failed with exit code 3" in result.stderr and result.stderr.count("\n") == 1


def test_programs_get_its_document_and_its_zip(follow, start, good, tmp_path):
    build, file = start(good), tmp_path / "shop.zip"

    result = follow(build, "--json", "--download", file)

    document = json.loads(result.stdout)
    assert (document["buildID"], document["successful"], result.stderr) == (build, "success", "")
    promised = document["buildLocation"]["config"]["sha256"]
    assert hashlib.sha256(file.read_bytes()).hexdigest() == promised


def test_a_build_that_is_not_there_is_told(follow, good, server):
    result = follow(999999)

    assert result.exit_code == 1
    assert result.stderr == f"ec-builds: There is no build 999999 at {server.root}.\n"


@pytest.mark.parametrize("build", ["0", "nonsense", "99999999999"])
def test_an_id_that_is_none_is_wrong_usage(follow, build):
    result = follow(build)

    assert result.exit_code == 2
    assert "BUILD_ID" in result.stderr


def test_who_is_interrupted_is_told_how_to_go_on(make_platform, environment, server):
    held = make_platform("echo begun; sleep 60")
    command = [sys.executable, "-m", "ec_builds", "build", held, "--follow", "--root", server.root]
    with subprocess.Popen(
        [*command, "--token", server.token], env=environment, stdout=subprocess.PIPE, text=True
    ) as program:
        said = iter(program.stdout.readline, "")
        build = next(line.split()[2] for line in said if "is accepted" in line)
        next(line for line in said if line.endswith("│ begun\n"))
        program.send_signal(signal.SIGINT)
        rest = "".join(said)

    assert program.returncode == 130
    again = f"ec-builds follow {build} --root {server.root} shows it again"
    assert rest == f"! The build goes on without you  {again}\n"
    with Session(server.root, server.token) as session:
        session.post(f"{server.root}platform/build/cancel?buildID={build}")


@pytest.mark.parametrize("command", ["build", "follow"])
def test_help_says_which_server_is_asked(call, command):
    told = " ".join(call(command, "--help").stdout.split())

    assert "where the server is that was started last with the same EC_BUILDS_HOME" in told
