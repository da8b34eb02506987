"""Zips of every size are read by others, and their bytes are what they were."""

import subprocess
import zipfile

import pytest

from ec_builds.engine import archive
from ec_builds.engine.archive import form, squeezing
from ec_builds.engine.archive.form import Zip
from ec_builds.engine.archive.squeezing import Piece
from ec_builds.engine.archive.tree import Entry, Tree, survey

READERS = {"unzip": ["unzip", "-tqq"], "bsdtar": ["bsdtar", "-xOf"], "zipfile": None}
FILE = 0o100644
GOLDEN = "848552694508c2dc9d780f20ace51299e0433349f1439fbb99e9d5a5f64ca179"


@pytest.fixture(params=READERS)
def read(request):
    """Reads a whole zip with one of the readers; what is broken raises."""

    def read(path):
        if request.param == "zipfile":
            with zipfile.ZipFile(path) as opened:
                assert opened.testzip() is None
        else:
            command = [*READERS[request.param], path]
            subprocess.run(command, stdout=subprocess.DEVNULL, check=True)

    return read


@pytest.fixture
def site(tmp_path):
    """A small tree with one of each kind, always the same."""
    folder = tmp_path / "site"
    (folder / "empty").mkdir(parents=True)
    (folder / "deep/er").mkdir(parents=True)
    text = "".join(f"line {number * number}\n" for number in range(250_000))
    (folder / "large.txt").write_text(text)
    (folder / "deep/er/page.html").write_text(text[:100_000])
    (folder / "deep/ä.txt").write_text("ä" * 100)
    (folder / "deep-er.txt").write_text("sorted before what is in the folder")
    (folder / "nothing").touch()
    (folder / "stored").write_bytes(bytes(range(256)))
    (folder / "run.sh").write_text("#!/bin/sh\n")
    (folder / "run.sh").chmod(0o700)
    (folder / "link").symlink_to("deep/er/page.html")
    return folder


@pytest.fixture
def zeros(tmp_path):
    """Part of a file of zeros: its first block as a piece, and what follows the first."""
    block = squeezing.BLOCK
    with (tmp_path / "zeros").open("wb") as file:
        file.truncate(3 * block)
    (entry,) = survey(tmp_path)
    with Tree(tmp_path) as tree:
        return [squeezing.Block(tree, entry, start)()[0] for start in (0, block, 2 * block)]


def test_a_tree_of_one_of_each_has_the_bytes_that_it_always_had(tmp_path, site):
    packed = archive.pack(site, tmp_path / "site.zip")

    assert (packed.files, packed.sha256) == (8, GOLDEN), (
        "the bytes are not what they were: are these the versions of the libraries in setup.cfg?"
    )


def test_every_reader_reads_one_of_each(tmp_path, site, read):
    read(archive.pack(site, tmp_path / "site.zip").path)


def test_what_deflate_does_not_make_smaller_is_stored(tmp_path, site):
    with zipfile.ZipFile(archive.pack(site, tmp_path / "site.zip").path) as opened:
        methods = {each.filename: each.compress_type for each in opened.infolist()}

    assert {name for name, method in methods.items() if method == zipfile.ZIP_STORED} == {
        "empty/", "link", "nothing", "run.sh", "deep-er.txt", "stored"
    }


def test_every_reader_reads_what_needs_zip64(tmp_path, site, read, monkeypatch):
    monkeypatch.setattr(form, "MANY_BYTES", 10_000)  # so that all of it is needed soon
    monkeypatch.setattr(form, "MANY_ENTRIES", 3)
    packed = archive.pack(site, tmp_path / "site.zip")

    read(packed.path)
    archive.unpack(packed.path, tmp_path / "back")
    assert (tmp_path / "back/large.txt").read_bytes() == (site / "large.txt").read_bytes()


def test_more_entries_than_fit_into_the_old_format(tmp_path, read):
    path, number = tmp_path / "many.zip", 66_000
    with path.open("xb") as file:
        packed = Zip(file)
        packed.add(Piece(Entry(b"%06d" % each, FILE), b"", False, 0, 0) for each in range(number))
        packed.close()

    with zipfile.ZipFile(path) as opened:
        assert len(opened.infolist()) == packed.files == number
    read(path)


def test_a_file_of_more_than_4_gib(tmp_path, zeros):
    """Zeros are the same everywhere, so that their blocks are made once and written often."""
    first, next_one, last = zeros
    blocks = 4100
    entry = first.entry._replace(size=blocks * squeezing.BLOCK)
    path = tmp_path / "large.zip"
    with path.open("xb") as file:
        packed = Zip(file)
        for piece in (first, *[next_one] * (blocks - 2), last):
            packed.add([piece._replace(entry=entry)])
        packed.add([Piece(Entry(b"zz", FILE, 1), b"x", False, 0x8CDC1683, 1)])
        packed.close()

    with zipfile.ZipFile(path) as opened:
        assert [each.file_size for each in opened.infolist()] == [entry.size, 1]
        assert opened.read("zz") == b"x"
        with opened.open("zeros") as file:
            assert file.read(3 * squeezing.BLOCK).count(0) == 3 * squeezing.BLOCK


def test_an_archive_of_more_than_4_gib(tmp_path, read):
    """What is stored far behind is found; the file has a hole before it."""
    path, far = tmp_path / "far.zip", 5 * 1024**3
    with path.open("xb") as file:
        packed = Zip(file)
        packed.size = file.seek(far)
        packed.add([Piece(Entry(b"last", FILE, 1), b"x", False, 0x8CDC1683, 1)])
        packed.close()

    with zipfile.ZipFile(path) as opened:
        assert opened.getinfo("last").header_offset == far
        assert opened.read("last") == b"x"
    read(path)


@pytest.mark.long
def test_every_reader_reads_a_real_file_of_more_than_4_gib(tmp_path, read):
    (tmp_path / "site").mkdir()
    with (tmp_path / "site/zeros").open("wb") as file:
        file.truncate(4300 * 1024**2)

    read(archive.pack(tmp_path / "site", tmp_path / "site.zip").path)
