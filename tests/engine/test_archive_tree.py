"""What is packed is what was found, whatever happens to the tree meanwhile."""

import os

import pytest

from ec_builds.engine import archive
from ec_builds.engine.archive.squeezing import BLOCK
from ec_builds.engine.archive.tree import Tree, survey
from ec_builds.errors import BuildError


@pytest.fixture
def site(tmp_path):
    (tmp_path / "site/a/b").mkdir(parents=True)
    (tmp_path / "site/a/b/page.html").write_text("ours")
    (tmp_path / "site/top.html").write_text("ours")
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/page.html").write_text("not ours")
    return tmp_path / "site"


@pytest.fixture
def read(site):
    """Finds files, lets something happen to one, and reads it."""
    with Tree(site) as tree, tree.reader() as reader:
        found = {entry.shown: entry for entry in survey(site)}

        def read(name):
            return reader.read(found[name], 0, found[name].size)

        yield read


def test_files_are_read_from_one_folder_and_then_from_another(read):
    assert [read(name) for name in ("a/b/page.html", "top.html", "a/b/page.html")] == [b"ours"] * 3


def shrink(path):
    os.truncate(path, 1)


def grow(path):
    with path.open("a") as file:
        file.write("more")


def rewrite(path):
    path.write_text("OURS")
    os.utime(path, ns=(0, 0))


@pytest.mark.parametrize("change", [shrink, grow, rewrite])
def test_a_file_that_changed_is_refused(site, read, change):
    change(site / "a/b/page.html")

    with pytest.raises(BuildError, match="changed while it was packed") as refused:
        read("a/b/page.html")

    assert refused.value.info == {"file": "a/b/page.html"}


def replace_by_link(path, aim):
    path.rename(path.with_name("before"))
    path.symlink_to(aim)


@pytest.mark.parametrize(
    ("name", "aim"), [("a/b/page.html", "secret/page.html"), ("a/b", "secret"), ("a", "secret")]
)
def test_a_link_is_not_followed_that_was_no_link(site, read, name, aim):
    replace_by_link(site / name, site.parent / aim)

    with pytest.raises(BuildError, match="The file “a/b/page.html” .* be read") as refused:
        read("a/b/page.html")

    assert refused.value.info == {"file": "a/b/page.html"}


def test_a_pipe_is_not_waited_for(site, read):
    (site / "top.html").unlink()
    os.mkfifo(site / "top.html")

    with pytest.raises(BuildError, match="cannot be read"):
        read("top.html")


def test_a_link_to_the_same_file_is_no_change(site, read):
    os.link(site / "top.html", site / "again.html")

    assert read("top.html") == b"ours"


def test_a_file_that_is_gone_is_refused(site, read):
    (site / "top.html").unlink()

    with pytest.raises(BuildError, match="cannot be read: No such file"):
        read("top.html")


@pytest.mark.parametrize("threads", [1, 3])
def test_a_file_that_shrinks_in_the_middle_leaves_no_archive(site, tmp_path, threads):
    large = site / "large"
    with large.open("wb") as file:
        file.truncate(40 * BLOCK)
    checks = []

    def check():
        checks.append(True)
        if len(checks) == 6:
            os.truncate(large, BLOCK)

    with pytest.raises(BuildError, match="changed while it was packed"):
        archive.pack(site, tmp_path / "site.zip", check, threads)

    assert not (tmp_path / "site.zip").exists()


def test_names_are_sorted_as_a_whole_and_by_their_bytes(tmp_path):
    names = ["a-b", "a.b", "a/b/c", "a/b-c", "a0", "B", "z", "é", "\uffff", "\U0001f600"]
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()

    found = [entry.name for entry in survey(tmp_path)]

    assert found == sorted(name.encode() for name in names)
    assert archive.entries(tmp_path)[1] == ("a-b", str(tmp_path / "a-b"))


def test_an_empty_folder_is_kept_and_one_of_links_is_not_empty(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full/link").symlink_to("../empty")

    assert [entry.name for entry in survey(tmp_path)] == [b"empty/", b"full/link"]
