"""Deliveries."""

import ctypes
import errno
import fcntl
import os
import re
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from ec_builds.errors import BuildError
from ec_builds.plugins.targets import folder
from ec_builds.plugins.targets.folder import Folder
from ec_builds.plugins.targets.local_web_server import LocalWebServer
from ec_builds.plugins.targets.zip_download import ZipDownload
from tests.plugins.conftest import Stopped


@pytest.fixture
def result(tmp_path):
    folder = tmp_path / "result"
    folder.mkdir()
    (folder / "index.html").write_text("new")
    (folder / "link").symlink_to("index.html")
    return folder


@pytest.fixture
def base(tmp_path, context):
    """The app's own folder, below the one that the operator has set aside."""
    folder = tmp_path / "sites"
    own = folder / context.facts["shortID"]
    own.mkdir(parents=True)
    context.facts["deployFolder"] = str(folder)
    return own


@pytest.fixture
def deploy(result, context):
    return lambda path: Folder().deploy({"path": path}, result, context)


def test_the_local_web_server_publishes_the_result(result, context):
    address = LocalWebServer().deploy({"path": "shop/staging"}, result, context)

    assert address == "sites/50793615/shop/staging/"
    assert context.published == [("shop/staging", result)]


@pytest.mark.parametrize("path", ["shop", "shop/2.0", "a-b_c/d", "0"])
def test_paths_of_sites_are_lower_case_segments(path):
    assert re.search(LocalWebServer.config_schema["properties"]["path"]["pattern"], path)


@pytest.mark.parametrize(
    "path",
    ["", "/", "/a", "a/", "a//b", "..", "a/..", ".git", "Shop", "a b", "-a", "a%2f", "ä", "a."],
)
def test_other_paths_of_sites_are_refused(path):
    assert not re.search(LocalWebServer.config_schema["properties"]["path"]["pattern"], path)


@pytest.mark.parametrize(
    "config, name",
    [
        ({}, "50793615-734.zip"),
        ({"filename": "shop"}, "shop.zip"),
        ({"filename": "My Shop.ZIP"}, "My Shop.ZIP"),
    ],
)
def test_a_zip_is_kept_under_a_name(result, context, config, name):
    assert ZipDownload().deploy(config, result, context) == f"files/{name}"
    assert context.kept == [(b"a zip", name)]


def test_a_zip_of_nothing_known_has_a_name_too(result, context):
    context.facts.clear()

    assert ZipDownload().deploy({}, result, context) == "files/result.zip"


@pytest.mark.parametrize("name", ["../x", "a/b", "-x", ".zip", "a\\b", 'a"b', ""])
def test_names_that_are_paths_are_refused(name):
    assert not re.search(ZipDownload.config_schema["properties"]["filename"]["pattern"], name)


def test_a_folder_is_filled_and_its_address_told(deploy, base, files):
    address = deploy("shop/de")

    assert address == f"file://{base}/shop/de"
    assert files(base) == {"shop/de/index.html": "new", "shop/de/link": "-> index.html"}


def test_a_folder_is_replaced_as_a_whole(deploy, base, files):
    (base / "shop").mkdir()
    (base / "shop/old.html").write_text("old")

    deploy("shop")
    deploy("shop")

    assert files(base) == {"shop/index.html": "new", "shop/link": "-> index.html"}


def test_what_cannot_be_copied_leaves_the_folder_as_it_was(deploy, base, files, result):
    (base / "shop").mkdir()
    (base / "shop/old.html").write_text("old")
    (result / "evil").symlink_to("/etc/passwd")

    with pytest.raises(BuildError, match="link “evil” leads out"):
        deploy("shop")
    assert files(base) == {"shop/old.html": "old"}
    assert os.listdir(base) == ["shop"]


@pytest.fixture
def old_disk(monkeypatch):
    """A file system on which two folders cannot change places in one step."""

    def renameat2(*arguments):
        ctypes.set_errno(errno.EINVAL)
        return -1

    monkeypatch.setattr(folder, "LIBC", SimpleNamespace(renameat2=renameat2))


def test_a_folder_is_there_at_every_moment(deploy, base, files, monkeypatch):
    def fail(path, target):
        raise AssertionError("killed between two steps")

    deploy("shop")
    (base / "shop/old.html").write_text("old")
    monkeypatch.setattr(Path, "rename", fail)

    deploy("shop")

    assert files(base) == {"shop/index.html": "new", "shop/link": "-> index.html"}
    assert os.listdir(base) == ["shop"]


def test_an_old_disk_takes_two_steps(deploy, base, files, old_disk):
    deploy("shop")
    (base / "shop/old.html").write_text("old")

    deploy("shop")

    assert files(base) == {"shop/index.html": "new", "shop/link": "-> index.html"}
    assert os.listdir(base) == ["shop"]


def test_a_swap_that_fails_is_told(deploy, base, files, monkeypatch):
    def renameat2(*arguments):
        ctypes.set_errno(errno.EIO)
        return -1

    deploy("shop")
    (base / "shop/old.html").write_text("old")
    monkeypatch.setattr(folder, "LIBC", SimpleNamespace(renameat2=renameat2))

    with pytest.raises(BuildError, match="“shop” could not be written: Input/output error"):
        deploy("shop")
    assert "shop/old.html" in files(base)
    assert os.listdir(base) == ["shop"]


def test_a_swap_that_fails_half_way_is_taken_back(deploy, base, files, old_disk, monkeypatch):
    (base / "shop").mkdir()
    (base / "shop/old.html").write_text("old")
    rename = Path.rename

    def fail(path, target):
        if path.name == "new":
            raise OSError(28, "No space left on device")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fail)

    with pytest.raises(BuildError, match="“shop” could not be written: No space left on device"):
        deploy("shop")
    assert files(base) == {"shop/old.html": "old"}
    assert os.listdir(base) == ["shop"]


def test_what_a_worker_left_that_died_is_cleared_away(deploy, base):
    (base / ".shop.ec-builds-1").mkdir()
    (base / ".shop.ec-builds-1/half").write_text("")
    (base / ".shop2.ec-builds-1").mkdir()

    deploy("shop")

    assert sorted(os.listdir(base)) == [".shop2.ec-builds-1", "shop"]


def test_two_deliveries_wait_for_each_other(deploy, base):
    done = threading.Event()
    opened = os.open(base, os.O_RDONLY)
    fcntl.flock(opened, fcntl.LOCK_EX)
    second = threading.Thread(target=lambda: (deploy("shop"), done.set()))
    second.start()

    early = done.wait(0.1)
    os.close(opened)
    second.join()

    assert (early, done.is_set()) == (False, True)


def test_a_delivery_that_is_stopped_waits_no_longer(deploy, base, context):
    opened = os.open(base, os.O_RDONLY)
    fcntl.flock(opened, fcntl.LOCK_EX)
    context.stop = lambda: context.checks > 2

    with pytest.raises(Stopped):
        deploy("shop")
    os.close(opened)
    assert os.listdir(base) == []


def test_a_worker_that_has_lost_its_run_replaces_nothing(deploy, base, files, context):
    (base / "shop").mkdir()
    (base / "shop/newer.html").write_text("newer")
    context.is_lost = True

    with pytest.raises(Stopped):
        deploy("shop")
    assert files(base) == {"shop/newer.html": "newer"}
    assert os.listdir(base) == ["shop"]


@pytest.mark.parametrize("folder", [None, ""])
def test_without_a_folder_for_deployments_the_setting_is_named(deploy, context, folder):
    context.facts["deployFolder"] = folder

    with pytest.raises(BuildError, match="its operator has to set EC_BUILDS_DEPLOY_FOLDER"):
        deploy("shop")


def test_a_folder_for_deployments_that_is_missing_is_told(deploy, context, tmp_path):
    context.facts["deployFolder"] = str(tmp_path / "nowhere")

    with pytest.raises(BuildError, match="that EC_BUILDS_DEPLOY_FOLDER names does not exist"):
        deploy("shop")


@pytest.mark.parametrize("path", ["../evil", "/etc/evil", "a/../../evil", ".", "", "a\x00b"])
def test_paths_that_leave_are_refused(deploy, base, path):
    with pytest.raises(BuildError, match="The path"):
        deploy(path)
    assert os.listdir(base) == []
    assert not re.search(Folder.config_schema["properties"]["path"]["pattern"], path)


def test_links_on_the_way_are_refused(deploy, base, tmp_path):
    (tmp_path / "outside").mkdir()
    (base / "l").symlink_to(tmp_path / "outside")

    with pytest.raises(BuildError, match="leads through a link"):
        deploy("l/shop")
    with pytest.raises(BuildError, match="“l” is there, and is not a folder"):
        deploy("l")
    assert os.listdir(tmp_path / "outside") == []


def test_a_file_is_not_replaced(deploy, base):
    (base / "shop").write_text("a file")

    with pytest.raises(BuildError, match="“shop” is there, and is not a folder"):
        deploy("shop")
    with pytest.raises(BuildError, match="could not be written"):
        deploy("shop/de")


def test_apps_cannot_reach_each_others_folders(deploy, base, context):
    deploy(path="site")
    context.facts = context.facts | {"shortID": "other"}

    for path in ("../50793615/site", "x/../../50793615/site", "/50793615/site"):
        with pytest.raises(BuildError):
            deploy(path=path)
    for path in ("50793615/site", "site", "Site"):
        deploy(path=path)

    def names(folder):
        return sorted(path.name for path in folder.iterdir())

    assert names(base.parent) == ["50793615", "other"]
    assert names(base) == ["site"]
    assert names(base.parent / "other") == ["50793615", "Site", "site"]
