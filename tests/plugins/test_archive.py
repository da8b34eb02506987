"""Archives that somebody else made, many of them with bad intentions."""

import io
import os
import stat
import struct
import zipfile

import pytest

from ec_builds.errors import BuildError
from ec_builds.plugins.archive import Limits, unpack


@pytest.fixture
def pack(tmp_path):
    """Makes a zip of (name, content, mode) or (name, content); returns its path."""

    def make(*entries, method=zipfile.ZIP_DEFLATED):
        path = tmp_path / "made.zip"
        with zipfile.ZipFile(path, "w", method) as archive:
            for name, content, *mode in entries:
                info = zipfile.ZipInfo("placeholder")
                info.filename = info.orig_filename = name
                info.compress_type = method
                info.create_system = 3
                info.external_attr = (mode[0] if mode else stat.S_IFREG | 0o644) << 16
                archive.writestr(info, content)
        return path

    return make


@pytest.fixture
def into(tmp_path):
    folder = tmp_path / "outer" / "into"
    folder.mkdir(parents=True)
    return folder


LINK = stat.S_IFLNK | 0o777


def test_files_and_folders_are_unpacked(pack, into, files):
    made = pack(("b/", b"", stat.S_IFDIR | 0o755), ("b/c.txt", b"c"), ("a.txt", b"a"), ("d/e", b""))

    assert unpack(made, into) == 3
    assert files(into) == {"a.txt": "a", "b/c.txt": "c", "d/e": ""}


def test_a_name_with_dots_in_it_is_an_ordinary_name(pack, into, files):
    unpack(pack(("./", b""), ("./a/./b", b"1"), ("c..d/...", b"2"), ("ü", b"3")), into)

    assert files(into) == {"a/b": "1", "c..d/...": "2", "ü": "3"}


@pytest.mark.parametrize(
    "name, words",
    [
        ("../evil", "leads out"),
        ("a/../../evil", "leads out"),
        ("a/..", "leads out"),
        ("..", "leads out"),
        ("/etc/evil", "is absolute"),
        ("//evil", "is absolute"),
        ("C:/evil", "is absolute"),
        ("c:evil", "is absolute"),
        ("..\\evil", "backslash"),
        ("a\\b", "backslash"),
        ("a\x00b", "control characters"),
        ("a\nb", "control characters"),
        ("a\x7f", "control characters"),
        ("", "names nothing"),
        ("/", "names nothing"),
        ("a" * 256, "too long"),
        ("ä" * 128, "too long"),
        ("a/" * 501 + "a", "too long"),
    ],
)
def test_entries_with_bad_names_are_refused(pack, into, name, words):
    with pytest.raises(BuildError, match=words):
        unpack(pack(("fine", b""), (name, b"evil")), into)
    assert os.listdir(into.parent) == ["into"]


def altered(path, old, new):
    """The same bytes with others in them, which no honest packer writes."""
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new))
    return path


def test_names_that_are_not_text_are_refused(pack, into):
    with pytest.raises(BuildError, match="not UTF-8"):
        unpack(altered(pack(("name-xx", b"")), b"name-xx", b"name-\xff\xfe"), into)


def test_names_in_utf_8_are_understood_without_being_announced(pack, into, files):
    unpack(altered(pack(("name-xx", b"1")), b"name-xx", "name-ü".encode()), into)

    assert files(into) == {"name-ü": "1"}


@pytest.mark.parametrize(
    "entries, words",
    [
        ([("a", b"1"), ("b", b"2")], "is there twice"),
        ([("a/", b""), ("b/", b"")], "is there twice"),
        ([("a", b"1"), ("./a", b"2")], "is there twice"),
        ([("a", b"1"), ("a/", b"")], "is there twice"),
        ([("a", b"1"), ("a/b", b"2")], "both a file and a folder"),
        ([("a/b", b"1"), ("a", b"2")], "both a file and a folder"),
        ([("a/b/c", b"1"), ("a/b", b"2")], "both a file and a folder"),
        ([("\u00e9", b"1"), ("e\u0301", b"2")], "is there twice"),
        ([("a", b"x", LINK), ("a/b", b"2")], "both a link"),
    ],
)
def test_two_entries_for_one_place_are_refused(pack, into, entries, words):
    made = pack(*entries)
    if entries[1][0] in ("b", "b/"):  # Python would not write such a zip without a warning
        made = altered(made, b"b", b"a")

    with pytest.raises(BuildError, match=words):
        unpack(made, into)


def test_names_that_differ_in_case_are_two_names(pack, into, files):
    unpack(pack(("Makefile", b"1"), ("makefile", b"2")), into)

    assert files(into) == {"Makefile": "1", "makefile": "2"}


def test_links_that_stay_inside_are_kept(pack, into, files):
    unpack(
        pack(
            ("here", b"a/b", LINK),
            ("a/b", b"1"),
            ("a/up", b"../a", LINK),
            ("dangling", b"not/there", LINK),
        ),
        into,
    )

    assert files(into) == {
        "a/b": "1",
        "a/up": "-> ../a",
        "dangling": "-> not/there",
        "here": "-> a/b",
    }


@pytest.mark.parametrize(
    "entries",
    [
        [("l", b"/etc/passwd")],
        [("l", b"..")],
        [("l", b"../into-not")],
        [("l", b"a/../../x")],
        [("l", b"")],
        [("l", b"a\x00b")],
        [("a/b/c/l", b"../../.."), ("x/e", b"../a/b/c/l/../z")],  # inside only as text
        [("l", b"m"), ("m", b"../x")],
        [("l", b"../into/a")],  # back in again, as long as the folder is called so
        [("l", b"../nowhere/../into/a")],
        [("here", b"."), ("l", b"here/../into/a")],
        [("l", b"../.."), ("l/evil", b"x")],
        [("l", b"x" * 1001)],
    ],
)
def test_links_that_leave_are_refused(pack, into, entries):
    links = [(name, target, LINK) for name, target in entries]

    with pytest.raises(BuildError, match="link"):
        unpack(pack(("a/file", b""), *links), into)
    assert os.listdir(into.parent) == ["into"]


def test_nothing_is_written_through_a_link(pack, into):
    with pytest.raises(BuildError):
        unpack(pack(("l", b"..", LINK), ("l/evil", b"evil")), into)
    assert os.listdir(into.parent) == ["into"]


@pytest.mark.parametrize("kind", [stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK])
def test_devices_are_refused(pack, into, kind):
    with pytest.raises(BuildError, match="“dev” of the archive is neither a file nor a folder"):
        unpack(pack(("dev", b"", kind | 0o666)), into)


def test_permissions_are_those_of_a_repository(pack, into):
    regular = stat.S_IFREG
    unpack(
        pack(
            ("set", b"", regular | 0o6777),
            ("run", b"", regular | 0o100),
            ("none", b"", regular),
            ("open", b"", regular | 0o666),
            ("folder/", b"", stat.S_IFDIR | 0o1000),
            ("folder/a", b""),
        ),
        into,
    )

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in into.iterdir()}
    assert modes == {"set": 0o755, "run": 0o755, "none": 0o644, "open": 0o644, "folder": 0o755}


def test_the_number_of_entries_is_limited(pack, into):
    made = pack(*((f"{each}", b"") for each in range(11)))

    with pytest.raises(BuildError, match="more than 10 entries"):
        unpack(made, into, Limits(entries=10))
    assert os.listdir(into) == []


def test_a_table_of_contents_is_not_read_when_it_is_too_large(pack, into):
    made = pack(*((f"{each:0200}", b"") for each in range(2000)))

    with pytest.raises(BuildError, match="too many entries"):
        unpack(made, into, Limits(entries=10))


def test_a_bomb_is_stopped_while_it_grows(pack, into):
    made = pack(*((f"{each}", b"0" * 1_000_000) for each in range(20)))

    with pytest.raises(BuildError, match="grows to more than 3000000 bytes"):
        unpack(made, into, Limits(ratio=10, spared=3_000_000))
    assert sum(path.stat().st_size for path in into.iterdir()) <= 3_000_000


def test_all_files_together_are_limited(pack, into):
    made = pack(("a", os.urandom(600)), ("b", os.urandom(600)), method=zipfile.ZIP_STORED)

    with pytest.raises(BuildError, match="grows to more than 1000 bytes"):
        unpack(made, into, Limits(size=1000))


def test_the_sizes_that_an_archive_claims_are_not_believed(pack, into):
    made = pack(("a", b"0" * 1_000_000))
    lied = altered(made, struct.pack("<L", 1_000_000), struct.pack("<L", 10))

    with pytest.raises(BuildError, match="damaged"):
        unpack(lied, into)
    assert (into / "a").stat().st_size <= 10


def test_entries_that_share_their_bytes_count_each(pack, into):
    made = pack(("a", b"0" * 1000), ("b", b"0" * 1000), method=zipfile.ZIP_STORED)
    content = bytearray(made.read_bytes())
    second = content.rindex(b"PK\x01\x02")
    content[second + 42 : second + 46] = struct.pack("<L", 0)
    made.write_bytes(content)

    with pytest.raises(BuildError, match="damaged|more than 1500 bytes"):
        unpack(made, into, Limits(size=1500))


def test_encrypted_entries_are_refused(pack, into):
    content = bytearray(pack(("a", b"1")).read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1
    made = into.parent.parent / "encrypted.zip"
    made.write_bytes(content)

    with pytest.raises(BuildError, match="“a” of the archive is encrypted"):
        unpack(made, into)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_compressions_that_cannot_be_bounded_are_refused(pack, into, method):
    with pytest.raises(BuildError, match="compressed in a way that is not supported"):
        unpack(pack(("a", b"1"), method=method), into)


def test_a_wrong_checksum_is_noticed(pack, into):
    made = pack(("a", b"content"), method=zipfile.ZIP_STORED)

    with pytest.raises(BuildError, match="is not a zip, or is damaged"):
        unpack(altered(made, b"content", b"contend"), into)


def whole():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo("a.txt")  # of 1980: processes have to agree on the names of tests
        archive.writestr(entry, b"content " * 50, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>not found</html>", b"PK\x03\x04", whole()[:-10], whole()[10:50], whole()[60:]],
    ids=["nothing", "page", "mark", "beginning", "middle", "end"],
)
def test_what_is_no_zip_is_called_so(tmp_path, into, content):
    (tmp_path / "no.zip").write_bytes(content)

    with pytest.raises(BuildError, match="not a zip|damaged"):
        unpack(tmp_path / "no.zip", into)


@pytest.mark.parametrize("offset", range(0, len(whole()), 3))
def test_a_damaged_byte_never_breaks_more_than_the_archive(tmp_path, into, offset):
    content = bytearray(whole())
    content[offset] ^= 0xFF
    (tmp_path / "damaged.zip").write_bytes(content)

    try:
        unpack(tmp_path / "damaged.zip", into)
    except BuildError as error:
        assert "archive" in str(error)
    assert os.listdir(into.parent) == ["into"]


def test_a_stack_that_is_used_up_is_no_damage(pack, into, monkeypatch):
    def exhausted(*args, **options):
        raise RecursionError("maximum recursion depth exceeded")

    made = pack(("a/b", b""))
    monkeypatch.setattr(type(into), "mkdir", exhausted)

    with pytest.raises(BuildError, match="folders of the archive are nested too deep"):
        unpack(made, into)


def test_links_in_a_circle_and_long_chains_of_links_lead_nowhere(pack, into, files):
    circle = pack(("a", b"b", LINK), ("b", b"a", LINK), ("c", b"c", LINK))

    unpack(circle, into)
    assert files(into) == {"a": "-> b", "b": "-> a", "c": "-> c"}

    chain = pack(*((f"{each:04}", f"{each + 1:04}".encode(), LINK) for each in range(2000)))
    with pytest.raises(BuildError, match="leads out of its folder"):
        unpack(chain, into)


def test_each_entry_and_each_block_is_checked_for_a_stop(pack, into):
    made = pack(("a", b"x" * 1_000_000), ("b/", b"", stat.S_IFDIR | 0o755), ("l", b"a", LINK))
    calls = []

    unpack(made, into, check=lambda: calls.append(1))

    assert len(calls) > 1_000_000 / 65536 + 3
