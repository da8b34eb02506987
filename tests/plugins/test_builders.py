"""Which builder is chosen, and how Docker is spoken with. Nothing is built."""

import json
import subprocess

import pytest

from ec_builds.errors import BuildError
from ec_builds.plugins import builders
from ec_builds.plugins.builders.buildah import Buildah, Podman, editing, taken
from ec_builds.plugins.builders.contract import Recipe
from ec_builds.plugins.builders.docker import Docker
from tests.oci import making

#: Stands in for Docker's client: notes what it is asked, and fails where it is told to.
CLIENT = """#!/bin/sh
echo "$@" >> {folder}/asked
env >> {folder}/environment
case $1 in
version) echo 28;;
build) {build};;
save) cp {folder}/saved.tar "$3";;
esac
"""


@pytest.fixture
def docker(tmp_path, context, monkeypatch):
    """A maker of clients, that are told what to do when they build."""
    folder = tmp_path / "docker"
    folder.mkdir()

    def docker(build="echo built"):
        program = folder / "docker"
        program.write_text(CLIENT.format(folder=folder, build=build))
        program.chmod(0o755)
        path = f"{folder}:{context.base['PATH']}"
        monkeypatch.setenv("PATH", path)
        context.base = context.base | {"PATH": path}
        return folder

    return docker


@pytest.fixture
def recipe(context):
    return Recipe(context.code / "Dockerfile", context.code, {"A": "b c"})


def works(monkeypatch, *names):
    for each in (Buildah, Podman, Docker):
        lack = None if each.name in names else "on strike"
        monkeypatch.setattr(each, "missing", classmethod(lambda cls, lack=lack: lack))


@pytest.mark.parametrize(
    "wanted, working, chosen",
    [
        ("auto", ("buildah", "podman", "docker"), "buildah"),
        ("auto", ("podman", "docker"), "podman"),
        ("auto", ("docker",), "docker"),
        ("docker", ("buildah", "docker"), "docker"),
    ],
)
def test_the_first_that_works_is_chosen_unless_one_is_wanted(monkeypatch, wanted, working, chosen):
    works(monkeypatch, *working)

    assert builders.choose(wanted).name == chosen


def test_what_is_missing_is_told(monkeypatch):
    works(monkeypatch)

    with pytest.raises(BuildError, match="nothing that builds images .podman: on strike"):
        builders.choose("podman")


def test_programs_that_are_missing_are_named(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")

    programs = "buildah and unshare and mount and setpriv and stdbuf and fold and sed"
    assert Buildah.missing() == f"{programs} not found"
    assert Docker.missing() == "docker not found"


def test_docker_builds_and_saves_and_forgets(docker, context, recipe, tmp_path):
    folder = docker()
    layer = making.tar(making.FILES)
    told = json.dumps([{"Config": "c.json", "Layers": ["layer.tar"]}]).encode()
    saved = {"layer.tar": layer, "c.json": making.config([layer]), "manifest.json": told}
    (folder / "saved.tar").write_bytes(making.tar(saved))

    Docker().build(recipe, tmp_path / "image", context)

    asked = (folder / "asked").read_text().splitlines()
    assert [line.split()[0] for line in asked] == ["build", "save", "image"]
    assert "--build-arg A=b c --platform linux/amd64" in asked[0]
    assert (tmp_path / "image" / "index.json").is_file()
    assert f"DOCKER_CONFIG={context.workspace}" in (folder / "environment").read_text()
    assert asked[2] == f"image rm --force {asked[1].split()[-1]}"


def test_docker_is_asked_to_forget_what_has_failed(docker, context, recipe, tmp_path):
    told = 'ERROR: process "x" did not complete successfully: exit code: 4'
    folder = docker(f"echo '{told}'; exit 1")

    with pytest.raises(BuildError, match="The step “x” ended with exit code 4"):
        Docker().build(recipe, tmp_path / "image", context)

    assert (folder / "asked").read_text().splitlines()[-1].startswith("image rm --force")


@pytest.mark.parametrize("moved", ["image", "work"])
def test_what_steps_put_in_the_place_of_the_image_is_not_taken(tmp_path, moved):
    """A step that leads out of the workspace would show the image of somebody else."""
    others, workspace = tmp_path / "others", tmp_path / "workspace"
    (others / "image").mkdir(parents=True)
    workspace.mkdir()
    if moved == "image":
        (workspace / "work").mkdir()
        (workspace / "work" / "image").symlink_to(others / "image")
    else:
        (workspace / "work").symlink_to(others)

    with pytest.raises(BuildError, match="not where it was built"):
        taken(workspace / "work" / "image", workspace)


@pytest.mark.parametrize("workspace", ["/tmp/a b/w.x", "/srv/a^#\\+<x>/w", "/w/$(id)/`id`&|"])
def test_nothing_is_told_of_where_files_are_meanwhile(workspace):
    printed = f"STEP 1/1\nStoring signatures\nno {workspace}/code/Dockerfile\n{64 * 'a'}\n\xff"
    edited = subprocess.run(
        ["sed", "-E", editing(workspace)], input=printed.encode("latin-1"), capture_output=True,
        check=True, env={"LC_ALL": "C"},
    )
    assert edited.stdout == b"STEP 1/1\nno code/Dockerfile\n\xff"
