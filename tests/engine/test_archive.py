"""The zip depends on nothing but its content."""

import contextlib
import os
import subprocess
import sys
import zipfile

import pytest

from ec_builds.engine import archive
from ec_builds.errors import BuildError


@pytest.fixture
def pack(tmp_path):
    """Pack a folder; each time into another file."""
    made = []

    def pack(folder):
        made.append(archive.pack(folder, tmp_path / f"{len(made)}.zip"))
        return made[-1]

    return pack


def tree(folder, names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"content of {name}")
    return folder


def test_the_same_tree_gives_the_same_bytes(tmp_path, pack):
    names = ["b.txt", "a/z.txt", "a/b/c.txt", "ä.txt", "B.txt"]
    one, other = tree(tmp_path / "one", names), tree(tmp_path / "other", reversed(names))
    for path in other.rglob("*"):
        os.utime(path, (0, 0))
        if path.is_file():
            path.chmod(0o600)

    assert pack(one).sha256 == pack(other).sha256


def test_entries_are_sorted_and_plain(tmp_path, pack):
    folder = tree(tmp_path / "site", ["b.txt", "a/z.txt", "run.sh", "Z.txt"])
    (folder / "run.sh").chmod(0o4711)
    (folder / "empty").mkdir()

    packed = pack(folder)

    with zipfile.ZipFile(packed.path) as opened:
        assert opened.testzip() is None
        modes = {entry.filename: oct(entry.external_attr >> 16) for entry in opened.infolist()}
        assert {entry.date_time for entry in opened.infolist()} == {archive.MOMENT}
    assert list(modes) == ["Z.txt", "a/z.txt", "b.txt", "empty/", "run.sh"]
    assert (modes["b.txt"], modes["run.sh"], modes["empty/"]) == ("0o100644", "0o100755", "0o40755")
    assert (packed.files, packed.size) == (4, packed.path.stat().st_size)


def test_links_that_stay_inside_are_kept(tmp_path, pack):
    folder = tree(tmp_path / "site", ["a/index.html"])
    (folder / "latest").symlink_to("a")
    (folder / "a/home.html").symlink_to("../a/index.html")

    packed = pack(folder)
    archive.unpack(packed.path, tmp_path / "back")

    assert os.readlink(tmp_path / "back/latest") == "a"
    assert (tmp_path / "back/latest/home.html").read_text() == "content of a/index.html"
    assert pack(tmp_path / "back").sha256 == packed.sha256


@pytest.mark.parametrize(
    "aim",
    [
        "/etc/passwd", "../secret", "a/../../secret", "..",
        # back in again, as long as the folder is called so
        "../site/a", "../nowhere/../site/a", "a/../../site/a",
    ],
)
def test_links_that_lead_out_are_refused(tmp_path, pack, aim):
    folder = tree(tmp_path / "site", ["a/index.html"])
    tree(tmp_path, ["secret"])
    (folder / "link").symlink_to(aim)

    with pytest.raises(BuildError, match="link “link” in the result leads out of it") as refused:
        pack(folder)

    assert refused.value.info == {"file": "link", "link": aim}


def test_pipes_and_the_like_are_refused(tmp_path, pack):
    folder = tree(tmp_path / "site", ["index.html"])
    os.mkfifo(folder / "a\npipe")

    with pytest.raises(BuildError, match="“a�pipe” in the result is neither a file nor a folder"):
        pack(folder)


def test_a_name_that_is_no_utf8_is_refused(tmp_path, pack):
    folder = tree(tmp_path / "site", ["index.html"])
    (folder / os.fsdecode(b"a\xff.txt")).write_text("")

    with pytest.raises(BuildError, match="a file name that is not UTF-8: “a�.txt”"):
        pack(folder)


def test_a_broken_archive_is_told(tmp_path, pack):
    packed = pack(tree(tmp_path / "site", ["index.html"]))
    whole = packed.path.read_bytes()
    packed.path.write_bytes(whole[: len(whole) // 2])

    with pytest.raises(BuildError, match="cannot be read"):
        archive.unpack(packed.path, tmp_path / "back")


def test_an_archive_with_a_wrong_byte_is_told(tmp_path, pack):
    packed = pack(tree(tmp_path / "site", ["index.html", "a/page.html"]))
    for place in range(packed.size):
        whole = bytearray(packed.path.read_bytes())
        whole[place] ^= 1
        (tmp_path / "wrong.zip").write_bytes(whole)
        with contextlib.suppress(BuildError):  # some bytes do not matter
            archive.unpack(tmp_path / "wrong.zip", tmp_path / f"back{place}")


def test_a_folder_that_cannot_be_read_is_not_left_out(tmp_path, pack, monkeypatch):
    folder = tree(tmp_path / "site", ["index.html", "secret/page.html"])
    scan = os.scandir

    def refuse(path):
        if str(path).endswith("secret"):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)

    with pytest.raises(BuildError, match="cannot be read: Permission denied") as refused:
        pack(folder)
    assert refused.value.info == {"folder": "secret"}


def test_a_link_whose_aim_is_no_utf8_is_refused(tmp_path, pack):
    folder = tree(tmp_path / "site", ["index.html"])
    (folder / "link").symlink_to(os.fsdecode(b"\xff"))

    with pytest.raises(BuildError, match="link “link” in .* a name that is not UTF-8: “�”"):
        pack(folder)


def test_one_large_file_can_be_stopped_in_its_middle(tmp_path):
    folder = tree(tmp_path / "site", ["index.html"])
    with (folder / "large").open("wb") as large:
        large.truncate(20 * archive.BLOCK)
    checks = []

    def check():
        checks.append(True)
        if len(checks) == 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        archive.pack(folder, tmp_path / "x.zip", check)


def test_packing_can_be_stopped(tmp_path):
    def check():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        archive.pack(tree(tmp_path / "site", ["index.html"]), tmp_path / "x.zip", check)


def test_bytes_do_not_depend_on_umask_and_clock_of_a_process(tmp_path, pack):
    folder = tree(tmp_path / "site", ["b.txt", "a/z.txt"])
    script = (
        "import os, sys; os.umask(0o077); os.environ['TZ'] = 'Asia/Tokyo'\n"
        "from pathlib import Path; from ec_builds.engine import archive\n"
        "print(archive.pack(Path(sys.argv[1]), Path(sys.argv[2])).sha256)"
    )

    command = [sys.executable, "-c", script, folder, tmp_path / "other.zip"]
    other = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    assert pack(folder).sha256 == other
