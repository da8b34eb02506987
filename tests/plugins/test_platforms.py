"""Results made from code and data."""

import json
import os

import pytest

from ec_builds.errors import BuildError
from ec_builds.plugins.platforms.static_website import StaticWebsite
from ec_builds.plugins.platforms.website import Website


@pytest.fixture
def write(context):
    """Writes files of the code, by path."""

    def into_code(**files):
        for name, text in files.items():
            path = context.code / name.replace("__", "/").replace("_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    return into_code


@pytest.fixture
def publish(context):
    return lambda **config: StaticWebsite().build(config, context)


@pytest.fixture
def build(context):
    def run(*commands, **config):
        config = {"commands": list(commands), "buildDir": "dist"} | config
        return Website().build(config, context)

    return run


def test_all_of_the_code_is_published_but_git(write, publish, context, files):
    write(index_html="hello", docs__a_txt="a")
    (context.code / ".git").mkdir()
    (context.code / ".git/config").write_text("x")
    (context.code / "docs/.git").write_text("gitdir: elsewhere")
    (context.code / ".well-known").mkdir()
    (context.code / ".well-known/x").write_text("x")

    result = publish()

    assert result.is_relative_to(context.workspace)
    assert files(result) == {"index.html": "hello", "docs/a.txt": "a", ".well-known/x": "x"}


def test_a_folder_of_the_code_is_published_with_the_data_beside(write, publish, context, files):
    write(public__index_html="hello", public__data_json="old", private_txt="x")
    (context.data / "data.json").write_text("[1]")

    assert files(publish(directory="public")) == {"index.html": "hello", "data.json": "[1]"}
    assert (context.code / "public/data.json").read_text() == "old"


def test_links_that_stay_inside_stay_links(write, publish, context, files):
    write(a__b_txt="b")
    (context.code / "l").symlink_to("a/b.txt")
    (context.code / "m").symlink_to("a")

    assert files(publish()) == {"a/b.txt": "b", "l": "-> a/b.txt", "m": "-> a"}


@pytest.mark.parametrize("target", ["/etc/passwd", "../data", "..", "a/../../x"])
def test_links_that_leave_are_refused(write, publish, context, target):
    write(site__a__b_txt="b", x="x")
    (context.code / "site/a/link").symlink_to(target if target[0] == "/" else f"../{target}")

    with pytest.raises(BuildError, match="link “a/link” leads out"):
        publish(directory="site")


def test_what_is_no_file_is_refused(publish, context):
    os.mkfifo(context.code / "pipe")

    with pytest.raises(BuildError, match="“pipe” is neither a file nor a folder"):
        publish()


@pytest.mark.parametrize(
    "directory, words",
    [
        ("public", "There is no folder “public” in the code; there are: docs$"),
        ("../data", "leads out of its folder"),
        ("/etc", "is absolute"),
        ("out", "leads out of the code"),
        ("index.html", "is a file"),
    ],
)
def test_a_directory_that_cannot_be_published_is_explained(
    write, publish, context, directory, words
):
    write(index_html="x", docs__a="a")
    (context.code / "out").symlink_to("../data")

    with pytest.raises(BuildError, match=words):
        publish(directory=directory)


def test_data_is_not_written_through_a_link(write, publish, context):
    write(index_html="x", other_txt="other")
    (context.code / "data.json").symlink_to("other.txt")
    (context.data / "data.json").write_text("[1]")

    result = publish()

    assert (result / "data.json").read_text() == "[1]"
    assert (result / "other.txt").read_text() == "other"


def test_a_folder_in_the_place_of_the_data_is_an_error(write, publish, context):
    write(data_json__x="x")
    (context.code / "data.json").mkdir(exist_ok=True)
    (context.data / "data.json").write_text("[1]")

    with pytest.raises(BuildError, match="has a folder “data.json”"):
        publish()


def test_commands_leave_a_folder(build, write, context, files):
    write(src__a_txt="hello")

    result = build("mkdir dist", "cp src/a.txt dist/b.txt", "test ! -f nowhere")

    assert result == context.code / "dist"
    assert files(result) == {"b.txt": "hello"}


def test_one_command_may_be_a_text(context):
    config = {"commands": "mkdir dist\ntouch dist/a", "buildDir": "dist"}

    assert os.listdir(Website().build(config, context)) == ["a"]


def test_commands_know_their_run(build, context):
    (context.data / "data.json").write_text("[1]")

    result = build(
        "mkdir dist; env > dist/env; cat $EC_BUILDS_DATA > dist/data",
        environment={"CI": "maybe", "NAME": "a b"},
    )

    seen = dict(line.split("=", 1) for line in (result / "env").read_text().splitlines())
    assert seen["EC_BUILDS_APP_ID"] == "app-1"
    assert seen["EC_BUILDS_SHORT_ID"] == "50793615"
    assert seen["EC_BUILDS_PLATFORM_ID"] == "p-1"
    assert seen["EC_BUILDS_BUILD_ID"] == "734"
    assert (seen["CI"], seen["NAME"]) == ("maybe", "a b")
    assert (result / "data").read_text() == "[1]"
    assert (context.code / "data.json").read_text() == "[1]"


def test_ci_is_true_and_without_data_there_is_no_path_to_it(build):
    result = build("mkdir dist; env > dist/env")

    seen = (result / "env").read_text().splitlines()
    assert "CI=true" in seen
    assert not any(line.startswith("EC_BUILDS_DATA") for line in seen)


def test_data_for_commands_is_not_written_through_a_link(build, context):
    outside = context.workspace / "outside"
    outside.write_text("mine")
    (context.code / "data.json").symlink_to("../outside")
    (context.data / "data.json").write_text("[1]")

    build("mkdir dist")

    assert outside.read_text() == "mine"


def test_commands_run_where_they_are_told_to(build, write, context):
    write(packages__site__name="site")

    result = build("mkdir dist; cp name dist", workingDirectory="packages/site")

    assert result == context.code / "packages/site/dist"


def test_the_first_failing_line_ends_a_command_and_the_build(build, context):
    with pytest.raises(BuildError) as failed:
        build("false\ntouch on", "touch later")

    assert str(failed.value) == "The command “false …” failed with exit code 1"
    assert os.listdir(context.code) == []


@pytest.mark.parametrize("config, allowed", [({}, True), ({"network": False}, False)])
def test_the_config_says_whether_commands_may_reach_the_network(build, context, config, allowed):
    build("mkdir dist; touch dist/a", **config)

    assert context.networks == [allowed]


@pytest.mark.parametrize(
    "command, told",
    [
        ("exit 3", "The command “exit 3” failed with exit code 3"),
        (
            "no-such-program --fast",
            "The command “no-such-program --fast” failed with exit code 127, "
            "a program was not found",
        ),
        (
            "/etc/passwd",
            "The command “/etc/passwd” failed with exit code 126, a program could not be executed",
        ),
        (
            "kill -9 $$",
            "The command “kill -9 $$” failed with exit code 137, a program was ended by SIGKILL",
        ),
        (
            "sh -c 'kill -15 $$'; exit",
            "The command “sh -c 'kill -15 $$'; exit” failed with exit code 143, "
            "a program was ended by SIGTERM",
        ),
        ("exit 255", "The command “exit 255” failed with exit code 255"),
        ("exit 1 # " + "x" * 100, f"The command “exit 1 # {'x' * 71} …” failed with exit code 1"),
    ],
)
def test_a_command_that_fails_is_told_with_its_end(build, command, told):
    with pytest.raises(BuildError) as failed:
        build(command)

    assert str(failed.value) == told
    assert failed.value.info["command"] == command
    assert failed.value.info["exitCode"] != 0
    assert {"output", "seconds"} <= failed.value.info.keys()


def test_a_command_that_takes_too_long_is_told_so(build):
    with pytest.raises(BuildError, match="“sleep 60” took longer than 0.2 seconds"):
        build("sleep 60", timeout=0.2)


def test_a_build_dir_that_is_not_there_is_told_with_what_is(build):
    with pytest.raises(BuildError) as failed:
        build("mkdir out src .cache; ln -s /etc etc")

    told = "There is no folder “dist” in what the commands left; there are: out, src"
    assert str(failed.value) == told
    assert failed.value.info["folders"] == ["out", "src"]


def test_a_build_dir_is_missed_with_few_words_where_there_is_nothing(build):
    with pytest.raises(BuildError, match="there are no folders at all"):
        build("true")


@pytest.mark.parametrize("folder", ["..", "../data", "/etc", "a/../../x", "a\\b", "a\nb"])
def test_a_build_dir_that_leaves_is_refused_before_anything_runs(build, context, folder):
    with pytest.raises(BuildError, match="The buildDir “"):
        build("true", buildDir=folder)
    assert context.commands == []


@pytest.mark.parametrize("target", ["/etc", "..", "../data"])
def test_a_build_dir_must_not_leave_through_a_link(build, target):
    with pytest.raises(BuildError, match="“dist” leads out of what the commands left"):
        build(f"ln -s {target} dist")


def test_a_working_directory_must_not_become_a_link(build, write, context):
    write(site__a="a")

    with pytest.raises(BuildError, match="workingDirectory now leads out"):
        build("cd ..; rm -r site; ln -s ../data site; mkdir site/dist", workingDirectory="site")


def test_a_working_directory_that_is_not_there_is_told(build, context):
    with pytest.raises(BuildError, match="There is no folder “site” in the code"):
        build("true", workingDirectory="site")
    assert context.commands == []


def test_all_of_the_code_can_be_the_result(build, context):
    assert build("touch a", buildDir=".") == context.code
    assert json.dumps(os.listdir(context.code)) == '["a"]'
