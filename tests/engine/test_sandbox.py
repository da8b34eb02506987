"""What commands get to see."""

from ec_builds.engine.sandbox.plain import PlainProcess


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
    }
    assert (tmp_path / "home").is_dir()
