"""What commands get to see."""

import contextlib
import os
import tempfile
from pathlib import Path

import pytest

from ec_builds.engine.sandbox import choose
from ec_builds.engine.sandbox.plain import PlainProcess
from ec_builds.engine.sandbox.view import View
from ec_builds.errors import BuildError, UsageError


def test_a_command_sees_only_what_it_is_given(tmp_path):
    server = {"PATH": "/bin", "SECRET": "s", "HTTPS_PROXY": "http://proxy/", "HOME": "/root"}
    sandbox = PlainProcess(reason="x", let_through=("HTTPS_PROXY", "MISSING"), environ=server)

    seen = sandbox.environment(tmp_path, {"GREETING": "hi"})

    assert seen == {
        "PATH": "/bin",
        "LANG": "C.UTF-8",
        "CI": "true",
        "HTTPS_PROXY": "http://proxy/",
        "HOME": str(tmp_path / "home"),
        "TMPDIR": str(tmp_path / "tmp"),
        "GREETING": "hi",
        "EC_BUILDS_RUN": tmp_path.name,
    }
    assert (tmp_path / "home").is_dir()


@pytest.mark.parametrize("kind", ["process"])
def test_what_must_not_reach_the_network_is_not_run_where_it_could(run, workspace):
    with pytest.raises(BuildError, match="cannot switch the network off"):
        run("touch ran", network=False)

    assert not (workspace / "ran").exists()


def test_bubblewrap_that_is_not_installed_is_replaced_or_missed(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")

    assert choose("auto").name == "process"
    with pytest.raises(UsageError, match="bubblewrap is not installed"):
        choose("bubblewrap")


@pytest.mark.parametrize(
    "script, reason",
    [
        ("echo bubblewrap 0.3.1", "bubblewrap is too old"),
        ("echo none", "bubblewrap is too old"),
        (
            "test $1 = --version && echo bwrap 0.8.0 && exit; echo bwrap: No permissions; exit 1",
            "bubblewrap does not work here (No permissions)",
        ),
    ],
)
def test_bubblewrap_that_does_not_work_is_replaced(tmp_path, monkeypatch, script, reason):
    program = tmp_path / "bwrap"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    sandbox = choose("auto")

    assert (sandbox.name, sandbox.reason) == ("process", reason)
    assert sandbox.advice


@pytest.mark.parametrize("closed, mode", [("home", 0), ("home/bin", 0), ("home/bin", 0o311)])
def test_a_path_that_leads_to_where_one_may_not_look_is_no_matter(closed, mode):
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder, "home")
        (home / "bin").mkdir(parents=True)
        os.chmod(folder, 0o755)
        Path(folder, closed).chmod(mode)
        with without_rights():
            folders = View(f"{home}/bin:/usr/bin", ()).folders
        home.chmod(0o700)
        (home / "bin").chmod(0o700)

    assert Path("/usr") in folders


@contextlib.contextmanager
def without_rights():
    """Nothing is done with the rights of root meanwhile, if the tests have them."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)
