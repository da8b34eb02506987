"""Jobs that run on this machine, in its sandbox."""

import zipfile

import pytest

from ec_builds.states import State
from ec_builds.store.artifact import Artifact
from ec_builds.store.build import Build


@pytest.fixture
def build(runtime):
    """Runs jobs, each of commands and maybe artifacts. Returns the build when it is over."""

    def build(*jobs, env="[]", stages="[s]"):
        listed = "".join(
            "- stage: s\n  commands:\n" + "".join(f"  - |\n    {line}\n" for line in commands)
            + f"  artifacts: {list(artifacts)}\n"
            for commands, *artifacts in jobs
        )
        text = f"driver: {{type: os}}\nenv: {env}\nstages: {stages}\njobs:\n{listed}"
        made = runtime.submissions.submit(runtime.operator(), text)
        return Build.get_by_id(made.id)

    return build


@pytest.fixture
def printed(runtime):
    """What a build has printed."""
    return lambda build: b"".join(runtime.logs.part(build.id, 0, None, 10**7))


@pytest.fixture
def collected(runtime):
    """The artifacts of a build, by their names."""

    def collected(build):
        found = {}
        for each in Artifact.of(build.id):
            if each.key:
                with runtime.storage.open(each.key) as file:
                    found[each.name] = file.read()
        return found

    return collected


def test_a_job_is_a_shell_and_files_stay(build, printed):
    done = build(
        [["mkdir d && cd d", "word='hello world'", 'echo "$word" > file; echo err >&2']],
        [["cat d/file; echo $word", "echo kept > /tmp/kept"]],
        [["cat /tmp/kept", "false", "echo never"]],
    )

    assert (done.state, done.detail) == (State.FAILED, "The job “s.3” failed with exit code 1")
    text = printed(done).decode()
    assert "+ cd d\n" in text and "\nhello world\n+ echo\n\n" in text
    assert "\nkept\n+ false\n" in text
    assert "err\n" in text and "never" not in text


def test_jobs_see_what_the_manifest_says_and_little_else(build, printed):
    done = build([["env"]], env="[ONE=1, 'TWO=a b=c', EMPTY=]")

    text = printed(done).decode()
    assert done.state == State.SUCCEEDED
    assert {"ONE=1", "TWO=a b=c", "EMPTY="} <= set(text.splitlines())
    assert "CI=" not in text and "BUILD_ID" not in text


def test_output_may_be_anything(build, printed):
    done = build([["printf '\\0\\377\\0'; head -c 2000 /dev/urandom"]])

    assert done.state == State.SUCCEEDED
    assert b"\0\xff\0" in printed(done)


def test_artifacts_by_path_pattern_and_folder(build, collected):
    done = build(
        [
            ["mkdir -p o/deep; echo 1 > o/1.txt; echo 2 > o/2.txt; echo 3 > o/deep/3.txt"],
            "o/*.txt => texts/*", "o/deep => all", "/etc/shells => ", "o/[12].txt => first",
        ],
        [["echo x > 'a [1].txt'; echo y > -dash; echo z > /tmp/z.dat"],
         "a [1].txt", "-dash", "/tmp/z.dat"],
    )

    found = collected(done)
    assert {name: text for name, text in found.items() if name != "shells"} == {
        "texts/*": b"1\n", "texts/2.txt": b"2\n", "all": b"3\n", "first": b"1\n", "2.txt": b"2\n",
        "a [1].txt": b"x\n", "-dash": b"y\n", "z.dat": b"z\n",
    }
    assert b"/bin/sh" in found["shells"]


def test_the_zip_has_files_by_their_names(build, runtime):
    done = build([
        ["mkdir -p d/e; for n in d/1 d/e/2 d/e/3.c 4.c; do echo $n > $n; done"],
        "d => folder", "*.c => c/*", "./4.c => four", "d/e/*", "d/*.c => none",
    ])

    with runtime.storage.open(done.result_key) as file, zipfile.ZipFile(file) as packed:
        found = {name: packed.read(name).decode().strip() for name in packed.namelist()}
    assert {name: text for name, text in found.items() if name[-1] != "/"} == {
        "folder/1": "d/1", "folder/e/2": "d/e/2", "folder/e/3.c": "d/e/3.c", "c/4.c": "4.c",
        "four": "4.c", "2": "d/e/2", "3.c": "d/e/3.c",
    }


def test_only_what_a_job_can_see_is_collected(build, collected, config, printed):
    secret = config.home / "encryption-key"
    assert secret.is_file()

    done = build(
        [
            [f"ln -s {secret} link; ln -s {config.home} folder; mkfifo pipe; ln -s /dev/zero zero"],
            "link", "folder", "folder/encryption-key", "pipe", "zero", "../../*", "/proc/1/environ",
        ]
    )

    assert done.state == State.SUCCEEDED, printed(done)
    text = secret.read_text().strip()
    assert not any(text.encode() in each for each in collected(done).values())


def test_links_that_a_job_has_put_into_the_workspace_lead_nobody_astray(build, config, printed):
    outside = config.home.parent / "outside"
    outside.mkdir()

    done = build(
        [[
            f"rm -rf ../tmp ../home ../shm; for n in tmp home shm artifacts; do "
            f"ln -s {outside} ../$n; done; rm -rf ../code/*; ls .."
        ]],
        [["echo there > file"], "file"],
    )

    assert list(outside.iterdir()) == []
    assert done.is_finished


def test_a_job_that_goes_on_in_the_background_ends_with_itself(build, printed):
    done = build([["(sleep 600; echo late > late) & echo begun"]], [["ls"], "late"])

    assert done.state == State.SUCCEEDED
    assert "begun" in printed(done).decode()


@pytest.mark.parametrize("name", ["artifacts", "code", "data", "home", "tmp", "shm", "result.zip"])
def test_no_job_has_its_artifacts_written_or_read_elsewhere(build, config, collected, name):
    outside = config.home.parent / "outside"
    (outside / "sub").mkdir(parents=True)
    (outside / "keep.txt").write_text("precious")

    done = build([
        [f"rm -rf ../{name}; ln -s {outside} ../{name}", "echo OVERWRITTEN > /tmp/keep.txt || :"],
        "/tmp/keep.txt", "sub/new.txt", "../*/keep.txt => stolen",
    ], [["true"], "keep.txt => again"])

    assert done.is_finished
    assert (outside / "keep.txt").read_text() == "precious"
    assert sorted(each.name for each in outside.iterdir()) == ["keep.txt", "sub"]
    assert b"precious" not in collected(done).values()
