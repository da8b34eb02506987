"""`ec-builds build`, as a client of a server in another process."""

import hashlib
import json
import zipfile

import pytest

NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def build(call, server):
    """Calls `ec-builds build` with the address and the token of the server."""

    def build(*arguments, root=server.root, token=server.token, **settings):
        options = ["--root", root, *(["--token", token] if token else [])]
        return call("build", *arguments, *options, **settings)

    return build


def test_a_build_is_started(build, good):
    result = build(good)

    assert result.exit_code == 0
    assert "is accepted" in result.stdout and "buildID=" in result.stdout


def test_a_build_is_followed_to_its_end(build, good):
    result = build(good, "--follow")

    assert result.exit_code == 0, result.output
    lines = [line.strip() for line in result.stdout.splitlines()]
    assert lines[1:4] == ["✓ Build accepted", "✓ Build started", "… Preparing the workspace"]
    assert "│ Smells good." in lines
    assert lines[-1].startswith("✓ Build succeeded")


def test_a_build_that_fails_gives_the_exit_code(build, bad):
    result = build(bad, "--follow")

    assert result.exit_code == 1
    assert "│ Burnt." in result.stdout
    assert result.stderr.startswith("ec-builds: Build ")
    assert "failed with exit code 3" in result.stderr and result.stderr.count("\n") == 1


def test_nobody_waits_for_a_build_that_will_fail_later(build, bad):
    assert build(bad).exit_code == 0


def test_the_zip_is_saved_in_place_of_another(build, good, tmp_path):
    file = tmp_path / "shop.zip"
    file.write_text("old")

    result = build(good, "--download", file, "--json")

    assert result.exit_code == 0, result.output
    promised = json.loads(result.stdout)["buildLocation"]["config"]
    assert hashlib.sha256(file.read_bytes()).hexdigest() == promised["sha256"]
    with zipfile.ZipFile(file) as packed:
        assert packed.namelist() == ["bread.txt"]
    assert list(tmp_path.glob("*shop*")) == list(tmp_path.glob(".*shop*")) + [file] == [file]


def test_a_build_without_a_result_has_nothing_to_save(build, make_platform, tmp_path):
    manifest = "driver: {type: os}\nstages: [make]\njobs: [{stage: make, commands: [echo Done.]}]\n"
    platform = make_platform(type="manifest", manifest=manifest)

    followed = build(platform, "--follow")
    saved = build(platform, "--download", tmp_path / "shop.zip")

    assert followed.exit_code == 0 and "Done." in followed.stdout, followed.output
    assert saved.exit_code == 1 and not list(tmp_path.glob("*shop*"))
    assert "has no zip that could be downloaded" in saved.stderr and saved.stderr.count("\n") == 1


def test_a_file_stays_as_it_is_when_the_build_fails(build, bad, tmp_path):
    file = tmp_path / "shop.zip"
    file.write_text("old")

    assert build(bad, "--download", file).exit_code == 1
    assert file.read_text() == "old"


def test_the_document_at_the_end_is_printed(build, good):
    result = build(good, "--follow", "--json", "--comment", "nightly")

    document = json.loads(result.stdout)
    assert (document["successful"], document["comment"]) == ("success", "nightly")
    assert result.stderr == ""


def test_the_document_of_a_failure_is_printed_as_well(build, bad):
    result = build(bad, "--follow", "--json")

    assert result.exit_code == 1
    assert json.loads(result.stdout)["status"] == "FAILED"
    assert result.stderr.startswith("ec-builds: Build ")


def test_the_root_and_the_token_are_those_of_this_machine(call, server, good):
    settings = {"EC_BUILDS_HOME": str(server.home)}

    assert call("build", good, **settings).exit_code == 0


def test_the_token_may_be_in_the_environment(build, server, good):
    assert build(good, token=None, EC_BUILDS_TOKEN=server.token).exit_code == 0


def test_without_a_token_somebody_is_told_how_to_give_one(build, good, home):
    result = build(good, token=None)

    assert result.exit_code == 1
    assert result.stderr == (
        "ec-builds: Missing Access Token: "
        "Send it in a header, Authorization: Bearer TOKEN [401, error 3400]; "
        f"there is no admin-token in {home}; "
        "--token or EC_BUILDS_TOKEN says who you are.\n"
    )


def test_a_platform_that_is_not_there_is_told(build, server, good):
    result = build(NOBODY)

    assert result.exit_code == 1
    assert result.stderr == f"ec-builds: There is no platform {NOBODY} at {server.root}.\n"


def test_a_server_that_is_not_there_is_told(build):
    result = build(NOBODY, root="http://127.0.0.1:1/")

    assert result.exit_code == 1
    assert result.stderr == (
        "ec-builds: http://127.0.0.1:1/ cannot be reached: connection refused; "
        "“ec-builds serve” starts a server, and --root names another one.\n"
    )


def test_a_folder_that_is_not_there_is_wrong_usage(build, tmp_path):
    result = build(NOBODY, "--download", tmp_path / "none/shop.zip")

    assert result.exit_code == 2
    assert f"There is no folder {tmp_path}/none." in result.stderr


def test_an_id_that_is_none_is_wrong_usage(build):
    result = build("nonsense")

    assert result.exit_code == 2
    assert "'nonsense' is not a valid UUID" in result.stderr
