"""What goes wrong is told in one sentence on standard error, with the right exit code."""

import contextlib
import shutil
import signal
import socket
import subprocess
import sys
from importlib import import_module
from types import SimpleNamespace

import click
import pytest

from ec_builds.cli import COMMANDS, Commands, database
from ec_builds.cli.listener import address
from ec_builds.errors import UsageError
from ec_builds.runtime import Unreachable
from ec_builds.store import migrations
from tests.conftest import wait_until


def sentence(result):
    """The one sentence on standard error."""
    assert "Traceback" not in result.stderr
    told = result.stderr.removeprefix("ec-builds: ")
    assert told != result.stderr and told.count("\n") == 1, result.stderr
    return told.strip()


@pytest.mark.parametrize("command", ["serve", "worker", "migrate"])
@pytest.mark.parametrize(
    "setting, text, code, told",
    [
        ("HOME", "{}/file/home", 1, "file/home cannot be used: Not a directory; EC_BUILDS_HOME"),
        ("DATABASE_URL", "sqlite://{}/file", 2, "file, which is no SQLite database."),
        ("DATABASE_URL", "mysql://me:s3cret@127.0.0.1/x", 2, "should begin with sqlite:///"),
        ("CONCURRENCY", "many", 2, "a whole number from 1 to 1000, not “many”."),
        ("BUILD_TIMEOUT", "soon", 2, "a length of time such as 90s"),
        ("HOME", "~nosuchuser/x", 2, "a path of this machine, not “~nosuchuser/x”."),
        ("DATABASE_URL", "postgresql://[::1", 2, "is no address that can be read."),
        ("DATABASE_URL", "sqlite:///a%00b", 2, "is no address that can be read."),
        ("DATABASE_URL", "postgresql://h/db?connect_timeout=abc", 2, "connect_timeout"),
        ("DATABASE_URL", "sqlite://{}/broken.db", 1, "broken.db is broken: "),
        ("STORAGE_URL", "file://[::1", 2, "should be a whole address, not “file:…”."),
        ("STORAGE_URL", "file://{}/file", 2, "/file”."),
        ("STORAGE_URL", "s3://me:s3cret@host/p", 2, "one of file:///…, not “s3:…”."),
    ],
)
def test_a_setting_that_makes_no_sense(call, tmp_path, command, setting, text, code, told):
    (tmp_path / "file").write_text("Dear diary")
    (tmp_path / "broken.db").write_bytes(b"SQLite format 3\0" + b"diary" * 4000)
    options = ["--port", "0"] if command == "serve" else []

    result = call(command, *options, **{f"EC_BUILDS_{setting}": text.format(tmp_path)})

    assert result.exit_code == code
    assert told in sentence(result)
    assert "s3cret" not in result.output


@pytest.mark.parametrize("command", ["serve", "worker"])
@pytest.mark.parametrize(
    "settings, told",
    [
        ({"AUDIENCE": "x"}, "EC_BUILDS_JWT_AUDIENCE means nothing without"),
        ({"ISSUER": "ec-builds"}, "cannot be ec-builds"),
        ({"ISSUER": "bakery"}, "should be an address"),
        ({"ISSUER": "bakery", "KEY": "s3cret"}, "32 bytes"),
    ],
)
def test_an_identity_provider_that_makes_no_sense(call, command, settings, told):
    options = ["--port", "0"] if command == "serve" else []

    variables = {f"EC_BUILDS_JWT_{name}": text for name, text in settings.items()}
    result = call(command, *options, **variables)

    assert result.exit_code == 2
    assert told in sentence(result)
    assert "s3cret" not in result.output


@pytest.mark.parametrize(
    "command, url, code, told",
    [
        (["serve", "--port", "0"], "postgresql://me:s3cret@127.0.0.1:1/x", 1, "does not answer"),
        (["worker"], "postgresql://me:s3cret@127.0.0.1:1/x", 1, "does not answer"),
        (["migrate"], "postgresql://me:s3%zzcret@127.0.0.1/x", 2, "cannot be read"),
    ],
)
def test_a_postgresql_that_does_not_answer(program, command, url, code, told):
    result = program(*command, EC_BUILDS_DATABASE_URL=url)

    assert result.returncode == code
    assert told in sentence(result)
    assert "s3" not in result.stderr and "cret" not in result.stderr


@pytest.mark.parametrize("command", [["serve", "--port", "0"], ["worker"]])
@pytest.mark.parametrize("key", [b"", b"\n", b"short", b"\xff\xfe" * 40])
def test_a_key_that_is_broken_is_refused_and_kept(call, home, command, key):
    home.mkdir()
    (home / "secret-key").write_bytes(key)

    result = call(*command)

    assert result.exit_code == 2
    assert f"The key in {home}/secret-key is broken" in sentence(result)
    assert (home / "secret-key").read_bytes() == key


@pytest.mark.parametrize("command", [["serve", "--port", "0"], ["worker"], ["migrate"]])
def test_an_installation_without_sql_files(call, monkeypatch, tmp_path, command):
    monkeypatch.setattr(migrations, "files", lambda name: tmp_path)

    result = call(*command)

    assert result.exit_code == 2
    assert sentence(result) == "This installation lacks its SQL files; install it again."


@pytest.mark.parametrize(
    "url, told",
    [("sqlite:///srv/x.db", "disk I/O error, for its disk is full"),
     ("postgresql://h/db", "disk I/O error"), ("sqlite://[", "disk I/O error")],
)
def test_a_full_disk_is_named(monkeypatch, url, told):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=4096))

    assert database.silence(OSError("disk I/O error"), url) == told


def test_a_port_that_is_in_use(call):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        result = call("serve", "--port", port)

    assert result.exit_code == 1
    assert sentence(result) == (
        f"Port {port} of 127.0.0.1 is in use already; "
        "perhaps ec-builds is already running there; --port 0 takes a free one."
    )


def test_an_address_of_another_machine(call):
    result = call("serve", "--host", "203.0.113.9")

    assert result.exit_code == 1
    assert sentence(result).startswith("203.0.113.9 is no address of this machine")


def test_a_host_that_is_none(call):
    result = call("serve", "--host", "not an address")

    assert result.exit_code == 1
    assert sentence(result) == "The host “not an address” could not be found."


def test_localhost_means_ipv4_if_it_means_both(monkeypatch):
    both = [
        (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", 80, 0, 0)),
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80)),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)

    assert address("localhost", 80) == (socket.AF_INET, ("127.0.0.1", 80))


@pytest.fixture
def bound(monkeypatch):
    """Makes a server that is bound to an address go on no further. Returns what it says then."""

    def bound(address=None):
        module = import_module("ec_builds.cli.serve")
        if address:
            listener = SimpleNamespace(getsockname=lambda: (address, 80))
            monkeypatch.setattr(module, "listen", lambda *_: contextlib.nullcontext(listener))

        def stop(config):
            raise UsageError("It listens.")

        monkeypatch.setattr(module, "prepared", stop)
        return "It listens."

    return bound


@pytest.mark.parametrize("host", ["0.0.0.0", "0", "::ffff:0.0.0.0", "::"])
def test_nobody_listens_to_the_world_without_tokens(call, bound, host):
    bound("::" if host == "::" else None)  # not every machine has IPv6
    result = call("serve", "--host", host, "--port", "0", EC_BUILDS_AUTH="open")

    assert result.exit_code == 2
    assert "works on loopback only" in sentence(result)


@pytest.mark.parametrize("address", ["192.0.2.1", "10.0.0.1", "::", "2001:db8::1", "fe80::1"])
def test_a_name_is_what_it_leads_to(call, bound, address):
    bound(address)

    for host in ("localhost", "builds.example.com"):
        result = call("serve", "--host", host, EC_BUILDS_AUTH="open")
        assert "works on loopback only" in sentence(result)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "localhost", "127.1"])
def test_without_tokens_a_server_listens_to_its_own_machine(call, bound, host):
    told = bound()
    result = call("serve", "--host", host, "--port", "0", EC_BUILDS_AUTH="open")

    assert sentence(result) == told


@pytest.mark.parametrize("address", ["::1", "::ffff:127.0.0.1"])
def test_the_same_in_ipv6(call, bound, address):
    told = bound(address)

    assert sentence(call("serve", "--host", address, EC_BUILDS_AUTH="open")) == told


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["serve", "--port", "x"], ["build"], ["demo", "--fast"]]
)
def test_wrong_usage(call, arguments):
    result = call(*arguments)

    assert result.exit_code == 2
    assert sentence(result)


def test_without_a_command_there_is_help(call):
    result = call()

    assert result.exit_code == 2
    assert result.stderr.startswith("Usage: ")


@pytest.mark.parametrize("name, does", COMMANDS.items())
def test_every_command_explains_itself(call, name, does):
    result = call(name, "--help")

    assert result.exit_code == 0
    assert result.stdout.startswith("Usage: ")
    assert does in result.stdout
    assert f"{name} {does}" in " ".join(call("--help").stdout.split())


def test_a_command_loads_what_it_needs(environment):
    def loaded(*command):
        telling = "import sys; from ec_builds.cli import commands; commands.main(sys.argv[1:])"
        told = subprocess.run(
            [sys.executable, "-X", "importtime", "-c", telling, *command],
            env=environment, capture_output=True, encoding="utf-8", timeout=60,
        )
        assert told.returncode == 0, told.stderr
        return {line.rpartition("|")[2].strip() for line in told.stderr.splitlines()}

    dear = {"httpx", "peewee", "flask", "gunicorn"}
    assert not loaded("--help") & dear
    assert loaded("follow", "--help") & dear == {"httpx"}
    assert loaded("token", "--help") & dear == {"httpx", "peewee"}


@pytest.mark.parametrize(
    "error, code, told",
    [
        (KeyboardInterrupt(), 130, ""),
        (PermissionError(13, "Not permitted", "/srv"), 1, "ec-builds: /srv: Not permitted."),
        (OSError("No luck"), 1, "ec-builds: No luck."),
        (click.ClickException("It broke."), 1, "ec-builds: It broke."),
        (Unreachable[0]("gone\naway"), 1, "ec-builds: The database does not answer: gone."),
    ],
)
def test_what_a_command_raises(capsys, error, code, told):
    @click.group(cls=Commands)
    def group():
        pass

    @group.command()
    def fail():
        raise error

    with pytest.raises(SystemExit) as ended:
        group(["fail"])

    assert ended.value.code == code
    assert capsys.readouterr().err.strip() == told


def test_an_error_of_ours_is_no_sentence():
    @click.group(cls=Commands)
    def group():
        pass

    @group.command()
    def fail():
        raise KeyError("ours")

    with pytest.raises(KeyError, match="ours"):
        group(["fail"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    "command, ready",
    [(["serve", "--port", "0", "--workers", "1"], "is ready at"), (["worker"], "Working")],
    ids=["serve", "worker"],
)
def test_a_signal_is_a_way_to_end(environment, tmp_path, command, ready, number):
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "ec_builds", *command],
            env={**environment, "PYTHONUNBUFFERED": "1"},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until(lambda: ready in log.read_text() or process.poll() is not None)
        process.send_signal(number)
        assert process.wait(30) == 0, log.read_text()
    finally:
        process.kill()
        process.wait()

    assert "Traceback" not in log.read_text()
