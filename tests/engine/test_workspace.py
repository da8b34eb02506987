"""A workspace is gone afterwards, whatever was done in it."""

import os

import pytest

from ec_builds.engine.workspace import Workspaces


def nest(folder, depth=1500):
    """Folders in folders, deeper than Python can follow."""
    before = os.getcwd()
    os.chdir(folder)
    for _ in range(depth):
        os.mkdir("d")
        os.chdir("d")
    os.chdir(before)


def vanish(folder):
    folder.rmdir()


def become_a_link(folder):
    folder.rmdir()
    folder.symlink_to(folder.parent)


def become_a_file(folder):
    folder.rmdir()
    folder.write_text("")


def lock(folder):
    (folder / "inside").mkdir()
    (folder / "inside/file").write_text("")
    (folder / "inside").chmod(0)
    folder.chmod(0)


@pytest.mark.parametrize("do", [nest, vanish, become_a_link, become_a_file, lock])
def test_nothing_is_left(tmp_path, do):
    with Workspaces(tmp_path / "all").make("builds-1-1") as (folder, _):
        do(folder)

    assert list((tmp_path / "all").iterdir()) == []


def test_only_this_user_can_enter(tmp_path):
    with Workspaces(tmp_path / "all").make("builds-1-1") as (folder, _):
        assert folder.stat().st_mode & 0o777 == 0o700
        assert folder.name.startswith("builds-1-1-")


def test_what_dead_workers_left_is_removed_without_asking_whose_it_was(tmp_path):
    workspaces = Workspaces(tmp_path / "all")
    with workspaces.make("builds-1-1") as (live, _):
        for name in ("builds-2-1-abc", "builds-3-1-abc"):
            (workspaces.parent / name / "inside").mkdir(parents=True)
        (workspaces.locks / "builds-2-1-abc").touch()
        (workspaces.parent / "builds-1-0-abc").mkdir()
        (workspaces.locks / "builds-1-0-abc").symlink_to(tmp_path)  # a build may have done that

        workspaces.clear_deserted()

        left = {each.name for each in workspaces.parent.iterdir()}
        assert left == {live.name, "builds-1-0-abc", "builds-3-1-abc"}
        assert (workspaces.locks / "builds-2-1-abc").exists(), "others may be about to take it"
