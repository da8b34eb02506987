"""Folders that somebody else left in a state."""

import errno
import os

import pytest

from ec_builds.errors import BuildError
from ec_builds.plugins import paths, trees
from ec_builds.plugins.platforms.static_website import StaticWebsite
from ec_builds.plugins.platforms.website import Website
from ec_builds.plugins.targets.folder import Folder
from tests.plugins.conftest import Stopped


@pytest.fixture
def dig():
    """Makes folders in folders, as many as one likes. Removes them in the end."""
    made = []

    def down(folder, depth, name="a"):
        made.append(folder)
        at = os.open(folder, os.O_RDONLY)
        for _ in range(depth):
            os.mkdir(name, dir_fd=at)
            below = os.open(name, os.O_RDONLY, dir_fd=at)
            os.close(at)
            at = below
        os.close(os.open("end.txt", os.O_CREAT | os.O_WRONLY, dir_fd=at))
        os.close(at)

    yield down
    for folder in made:
        os.system(f"rm -rf '{folder}'")  # pytest itself would go too deep


@pytest.fixture
def forbid(monkeypatch):
    """Takes away the right to list a folder, also from root."""
    scandir = os.scandir

    def forbidden(folder):
        def refuse(path="."):
            if os.fspath(path) == os.fspath(folder):
                raise PermissionError(errno.EACCES, "Permission denied", os.fspath(path))
            return scandir(path)

        monkeypatch.setattr(os, "scandir", refuse)

    return forbidden


def test_1500_folders_in_each_other_are_published_and_delivered(context, dig, tmp_path):
    dig(context.code, 1500)
    base = tmp_path / "sites"
    base.mkdir()
    context.facts["deployFolder"] = str(base)

    result = StaticWebsite().build({}, context)
    for _ in range(2):  # the second one removes the first
        Folder().deploy({"path": "shop"}, result, context)

    place = base / context.facts["shortID"]
    assert os.path.exists(f"{place}/shop/{'a/' * 1500}end.txt")
    assert os.listdir(place) == ["shop"]
    os.system(f"rm -rf '{base}' '{result}'")


def test_folders_deeper_than_the_system_can_name_are_refused(context, dig):
    dig(context.code, 3000)

    with pytest.raises(BuildError, match="is nested too deep"):
        StaticWebsite().build({}, context)
    with pytest.raises(BuildError, match="is nested too deep"):
        trees.check_links(context.code)
    trees.remove(context.workspace / "result")


def test_a_folder_that_only_the_copy_has_no_room_for_is_refused(tmp_path, dig):
    (tmp_path / "code").mkdir()
    longer = tmp_path / ("x" * 200)
    longer.mkdir()
    dig(tmp_path / "code", (4090 - len(str(tmp_path / "code"))) // 101, "a" * 100)

    with pytest.raises(BuildError, match="is nested too deep"):
        trees.copy(tmp_path / "code", longer / "result")
    trees.remove(longer)


def test_a_folder_that_cannot_be_read_is_not_left_out(context, forbid):
    (context.code / "a/b").mkdir(parents=True)
    forbid(context.code / "a/b")

    with pytest.raises(BuildError, match="The folder “a/b” cannot be read: Permission denied"):
        trees.check_links(context.code)
    with pytest.raises(BuildError, match="The folder “a/b” cannot be read: Permission denied"):
        StaticWebsite().build({}, context)


def test_a_file_that_cannot_be_read_is_named(context, monkeypatch):
    def refuse(path, mode):
        raise PermissionError(errno.EACCES, "Permission denied", path)

    (context.code / "secret.txt").write_text("x")
    monkeypatch.setattr(trees, "open", refuse, raising=False)  # root may read everything

    with pytest.raises(BuildError, match="The file “secret.txt” cannot be read"):
        StaticWebsite().build({}, context)


def test_a_workspace_that_a_command_removed_is_an_error_of_the_build(context):
    config = {"commands": f"cd /; rm -rf '{context.workspace}'", "buildDir": "dist"}

    with pytest.raises(BuildError, match="no folder “dist” in .*; even the folder around it is"):
        Website().build(config, context)


def test_neighbours_that_cannot_be_listed_are_an_error_of_the_build(context, forbid, monkeypatch):
    def refuse(folder):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(type(context.code), "iterdir", refuse)

    with pytest.raises(BuildError, match="“dist” in the code cannot be read: Permission denied"):
        paths.subfolder(context.code, "dist", "buildDir", "the code")


def test_a_result_that_cannot_be_listed_is_an_error_of_the_build(context, forbid):
    (context.code / "dist").mkdir()
    forbid(context.code / "dist")

    with pytest.raises(BuildError, match="“dist” in the code cannot be read: Permission denied"):
        paths.subfolder(context.code, "dist", "buildDir", "the code")


def test_copying_stops_when_the_run_has_to(context):
    for each in range(20):
        (context.code / str(each)).write_text("x")
    result = context.workspace / "result"
    context.stop = lambda: result.exists() and len(os.listdir(result)) == 10

    with pytest.raises(Stopped):
        StaticWebsite().build({}, context)
    assert len(os.listdir(result)) == 10


def test_a_copy_keeps_rights_and_times(tmp_path):
    (tmp_path / "from/sub").mkdir(parents=True)
    (tmp_path / "from/sub/run").write_text("x")
    (tmp_path / "from/sub/run").chmod(0o755)
    os.utime(tmp_path / "from/sub/run", (1, 2))
    (tmp_path / "from/sub").chmod(0o555)
    os.utime(tmp_path / "from/sub", (3, 4))

    trees.copy(tmp_path / "from", tmp_path / "to")

    copied = (tmp_path / "to/sub/run").stat()
    assert (copied.st_mode & 0o777, copied.st_mtime) == (0o755, 2)
    folder = (tmp_path / "to/sub").stat()
    assert (folder.st_mode & 0o777, folder.st_mtime) == (0o555, 4)


def test_what_is_removed_is_gone_and_what_links_lead_to_stays(tmp_path):
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept/file").write_text("x")
    (tmp_path / "gone/sub").mkdir(parents=True)
    (tmp_path / "gone/sub/link").symlink_to(tmp_path / "kept")
    (tmp_path / "gone/sub").chmod(0o500)

    trees.remove(tmp_path / "gone")
    trees.remove(tmp_path / "gone")

    assert os.listdir(tmp_path) == ["kept"]
    assert os.listdir(tmp_path / "kept") == ["file"]
