"""`ec-builds submit`, as a client of a server in another process."""

import json

import pytest

GOOD = """
driver: {type: os}
stages: [s]
jobs:
- stage: s
  commands: [echo Smells good.]
"""


@pytest.fixture
def submit(call, server, tmp_path):
    """Calls `ec-builds submit` with a file of some text."""

    def submit(text, *arguments, token=server.token):
        file = tmp_path / "build.yml"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return call("submit", file, "--root", server.root, "--token", token, *arguments)

    return submit


def test_a_manifest_is_followed_to_its_end(submit):
    result = submit(GOOD, "--follow", "--tag", "one", "--tag", "two", "--comment", "by hand")

    assert result.exit_code == 0, result.output
    assert "│ Smells good." in result.stdout
    assert "Build succeeded" in result.stdout


def test_its_document_is_printed(submit):
    result = submit(GOOD, "--json")

    document = json.loads(result.stdout)
    assert document["status"] in ("QUEUED", "RUNNING", "SUCCEEDED")
    assert "ec:app/build/jobs" in document["_links"]


def test_a_build_that_fails_gives_the_exit_code(submit):
    result = submit(GOOD.replace("echo Smells good.", "exit 3"), "--follow")

    assert result.exit_code == 1
    assert "The job “s.1” failed with exit code 3" in result.stderr


def test_what_is_wrong_is_told_line_by_line(submit):
    result = submit("driver: {type: docker}\njobs: 5\n")

    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "ec-builds: It was refused:",
        "  unknown driver",
        "  line 1, driver.type: docker is not enabled on this server; enabled: os",
        "  Build manifest line 2, jobs: should be a list of mappings, but is a text",
    ]


def test_a_file_that_is_no_text(submit):
    result = submit(b"\xff\xfe")

    assert (result.exit_code, "is not UTF-8" in result.stderr) == (1, True)


def test_who_is_not_known_is_told_so(submit):
    result = submit(GOOD, token="nonsense")

    assert result.exit_code == 1
    assert "--token or EC_BUILDS_TOKEN says who you are" in result.stderr
