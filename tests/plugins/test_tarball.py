"""Tarballs that somebody else made, many of them with bad intentions."""

import gzip
import io
import os
import random
import stat
import subprocess
import tarfile
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from ec_builds.errors import BuildError
from ec_builds.plugins import trees
from ec_builds.plugins.tar.inflating import is_gzip
from ec_builds.plugins.tarball import unpack
from ec_builds.plugins.unpacking import Limits
from tests.plugins.conftest import Stopped

END = bytes(1024)
GNU, PAX, USTAR = tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT


def gzipped(content):
    """A file as gzip writes it, which is the same at any time: it may name a test."""
    return gzip.compress(content, mtime=0)


def block(name, type=tarfile.REGTYPE, size=0, target="", mode=0o644, modified=0, form=GNU):
    """The block of an entry, without what follows it."""
    info = tarfile.TarInfo(name)
    info.type, info.size, info.linkname = type, size, target
    info.mode, info.mtime = mode, modified
    return info.tobuf(form, "utf-8", "surrogateescape")


def padded(content):
    return content + bytes(-len(content) % 512)


def file(name, content=b"", **more):
    return block(name, size=len(content), **more) + padded(content)


def folder(name, mode=0o755, **more):
    return block(name, tarfile.DIRTYPE, mode=mode, **more)


def link(name, target, **more):
    return block(name, tarfile.SYMTYPE, target=target, **more)


def same(name, target):
    return block(name, tarfile.LNKTYPE, target=target)


def extra(type, content, name="extra"):
    """What stands before an entry."""
    return block(name, type, len(content)) + padded(content)


def pax(*settings, type=tarfile.XHDTYPE):
    return extra(type, b"".join(record(name, value) for name, value in settings))


def record(name, value):
    said = f" {name}={value}\n".encode("utf-8", "surrogateescape")
    size = len(said)
    while len(said) + len(str(size)) != size:
        size = len(said) + len(str(size))
    return str(size).encode() + said


def altered(header, at, content):
    """A block with other bytes in it, and the checksum that it then has."""
    changed = bytearray(header)
    changed[at : at + len(content)] = content
    changed[148:156] = b" " * 8
    changed[148:156] = b"%06o\0 " % sum(changed[:512])
    return bytes(changed)


@pytest.fixture
def pack(tmp_path):
    """Makes a tarball of blocks; returns its path."""

    def make(*parts, end=END, level=6):
        return write(gzip.compress(b"".join(parts) + end, level))

    def write(content):
        path = tmp_path / "made.tgz"
        path.write_bytes(content)
        return path

    make.write = write
    return make


@pytest.fixture
def into(tmp_path):
    folder = tmp_path / "outer" / "into"
    folder.mkdir(parents=True)
    yield folder
    assert os.listdir(folder.parent) == ["into"]
    assert {*os.listdir(tmp_path)} <= {"made.tgz", "outer", "source", "held"}


def refused(file, into, words, **more):
    with pytest.raises(BuildError, match=words) as caught:
        unpack(file, into, **more)
    return caught.value


def listed(root):
    """All that is in a folder: of each path its kind, permissions, and content or target."""
    found = {}
    for path in sorted(root.rglob("*")):
        state = path.lstat()
        if path.is_symlink():
            found[str(path.relative_to(root))] = ("->", os.readlink(path))
            continue
        content = path.read_bytes() if path.is_file() else None
        modified = int(state.st_mtime) if path.is_file() else None
        found[str(path.relative_to(root))] = (stat.S_IMODE(state.st_mode), content, modified)
    return found


# Good ones


def test_files_links_and_folders_are_unpacked(pack, into, files):
    made = pack(
        folder("./"), file("./Dockerfile", b"FROM x"), folder("./a/"), file("./a/b", b"1"),
        link("./a/up", "../Dockerfile"), link("here", "a/b"), link("dangling", "not/there"),
        same("./a/again", "./a/b"),
    )

    assert unpack(made, into) == 3
    assert files(into) == {
        "Dockerfile": "FROM x", "a/b": "1", "a/up": "-> ../Dockerfile", "a/again": "1",
        "here": "-> a/b", "dangling": "-> not/there",
    }


def test_folders_need_not_be_listed_and_may_come_late(pack, into, files):
    unpack(pack(file("a/b/c", b"1"), file("a//./d", b"2"), folder("a/b", 0o700)), into)

    assert files(into) == {"a/b/c": "1", "a/d": "2"}
    assert stat.S_IMODE((into / "a").stat().st_mode) == 0o755
    assert stat.S_IMODE((into / "a/b").stat().st_mode) == 0o700


def test_permissions_are_kept_as_far_as_they_are_harmless(pack, into):
    before = os.umask(0o077)
    try:
        unpack(
            pack(
                file("set", mode=0o6755), file("run", mode=0o750), file("none", mode=0),
                file("open", mode=0o666), folder("shut/", 0o000), folder("sticky/", 0o3777),
                file("shut/a"),
            ),
            into,
        )
    finally:
        os.umask(before)

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in into.iterdir()}
    assert modes == {
        "set": 0o755, "run": 0o750, "none": 0o400, "open": 0o666, "shut": 0o700, "sticky": 0o777,
    }


def test_times_do_not_depend_on_when_it_is_unpacked(pack, into):
    unpack(pack(file("a/old", modified=1000), file("a/new", modified=3000), folder("b")), into)

    times = {path.name: path.stat().st_mtime for path in into.rglob("*")}
    assert times == {"a": 3000, "b": 3000, "old": 1000, "new": 3000}
    assert into.stat().st_mtime == 3000


@pytest.mark.parametrize("time", [-5, 1 << 60])
def test_times_that_cannot_be_are_others(pack, into, time):
    unpack(pack(file("a", modified=time)), into)

    assert 0 <= (into / "a").stat().st_mtime < 1 << 32


@pytest.mark.parametrize(
    "parts",
    [
        [file("a", b"1"), file("a", b"2")],
        [file("a", b"1"), file("./a", b"2")],
        [link("a", "b"), file("a", b"2"), file("b", b"3")],
        [file("b", b"3"), link("a", "b"), file("a", b"2")],
        [file("b", b"3"), same("a", "b"), file("a", b"2")],
        [file("b", b"2"), file("a", b"1"), same("a", "b"), file("b", b"3")],
        [file("a", b"2"), same("a", "./a")],
    ],
)
def test_a_later_entry_of_a_name_takes_the_place_of_an_earlier_one(pack, into, parts):
    unpack(pack(*parts), into)

    assert not (into / "a").is_symlink()
    assert (into / "a").read_bytes() == b"2"
    assert not (into / "b").exists() or (into / "b").read_bytes() == b"3"


def test_a_link_takes_the_place_of_a_file(pack, into, files):
    unpack(pack(file("a", b"1"), link("a", "b")), into)

    assert files(into) == {"a": "-> b"}


@pytest.mark.parametrize("form", [GNU, PAX, USTAR])
def test_long_names_of_all_formats_are_read(pack, into, form):
    content, name = io.BytesIO(), f"{'d' * 90}/{'f' * 90}"
    with tarfile.open(fileobj=content, mode="w", format=form) as archive:
        archive.addfile(tarfile.TarInfo(name))
        if form != USTAR:
            archive.addfile(tarfile.TarInfo(f"{'ü' * 100}/{'f' * 200}"))
            info = tarfile.TarInfo("l")
            info.type, info.linkname = tarfile.SYMTYPE, name + "/" + "x" * 100
            archive.addfile(info)

    unpack(pack(content.getvalue()), into)

    assert (into / name).is_file()
    assert form == USTAR or (into / f"{'ü' * 100}/{'f' * 200}").is_file()
    assert form == USTAR or os.readlink(into / "l") == name + "/" + "x" * 100


def test_what_gnu_tar_keeps_where_others_keep_the_beginning_of_a_name_is_no_name(pack, into):
    times = b"14737246031\x0014737246031\0"  # as --incremental writes them
    unpack(pack(altered(block("a"), 345, times)), into)

    assert os.listdir(into) == ["a"]


def test_settings_for_all_entries_labels_and_unknown_settings_are_passed_by(pack, into, files):
    unpack(
        pack(
            pax(("comment", "c"), ("path", "/etc/x"), type=tarfile.XGLTYPE),
            block("label", b"V"),
            pax(("SCHILY.xattr.security.capability", "x"), ("path", "")),
            file("a", b"1"),
        ),
        into,
    )

    assert files(into) == {"a": "1"}


def test_a_folder_may_be_written_as_in_the_old_days(pack, into):
    unpack(pack(block("a/", tarfile.AREGTYPE), altered(block("b"), 0, b"b/\0")), into)

    assert (into / "a").is_dir() and (into / "b").is_dir()


def test_several_members_and_zeros_after_them_are_one_archive(pack, into, files):
    whole = file("a", b"1" * 1000) + file("b", b"2") + END
    cut = [gzipped(whole[:700]), gzipped(b""), gzipped(whole[700:])]

    assert unpack(pack.write(b"".join(cut) + bytes(300_000)), into) == 2
    assert files(into) == {"a": "1" * 1000, "b": "2"}


def test_an_end_need_not_be_marked(pack, into):
    assert unpack(pack(file("a", b"1"), end=b""), into) == 1


# The tools of others

SPARSE = {"gnu": ["tar", "--format=gnu"], "bsdtar": ["bsdtar"]} | {
    version: ["tar", "--format=posix", f"--sparse-version={version}"]
    for version in ("0.0", "0.1", "1.0")
}


@pytest.fixture
def source(tmp_path):
    """A folder with a bit of everything."""
    root = tmp_path / "source"
    (root / "a/b").mkdir(parents=True)
    (root / ".hidden").write_bytes(b"")
    (root / "Dockerfile").write_text("FROM scratch")
    (root / "a/run.sh").write_bytes(random.Random(1).randbytes(600_000))
    (root / "a/run.sh").chmod(0o755)
    (root / "a/b" / ("ü" * 120)).write_text("long")
    (root / "a/zeros").write_bytes(bytes(3_000_000))
    os.link(root / "a/run.sh", root / "z-again")
    os.symlink("../Dockerfile", root / "a/up")
    os.symlink("a/b", root / "short")
    (root / "a/b").chmod(0o750)
    for path in root.rglob("*"):
        os.utime(path, (1_700_000_000, 1_700_000_000), follow_symlinks=False)
    return root


@pytest.mark.parametrize("tool", ["tar", "bsdtar"])
@pytest.mark.parametrize("form", ["gnu", "ustar", "pax"])
def test_what_other_tools_pack_is_unpacked_as_they_do_it(pack, into, source, tool, form):
    if form != "pax":  # the others cannot say such names, or do it each in its own way
        (source / "a/b" / ("ü" * 120)).unlink()
    name = {"gnu": "gnutar"}.get(form, form) if tool == "bsdtar" else form
    made = pack.write(b"")
    subprocess.run([tool, f"--format={name}", "-czf", made, "-C", source, "."], check=True)

    unpack(made, into)

    assert listed(into) == listed(source)
    assert (into / "z-again").stat().st_ino == (into / "a/run.sh").stat().st_ino


def test_a_packer_that_lists_no_folders_gives_the_same_files(pack, into, source):
    paths = [path for path in source.rglob("*") if path.is_file() and not path.is_symlink()]
    names = [str(path.relative_to(source)) for path in paths]
    made = pack.write(b"")
    subprocess.run(["tar", "-czf", made, "--hard-dereference", *names], cwd=source, check=True)

    assert unpack(made, into) == len(names)
    assert {name: listed(into)[name] for name in names} == {
        name: listed(source)[name] for name in names
    }


@pytest.mark.parametrize("tool", SPARSE)
def test_files_with_holes_are_whole_again(pack, into, tmp_path, tool):
    source = tmp_path / "source"
    source.mkdir()
    for name, at, size in [("many", range(0, 60 << 16, 2 << 16), 61 << 16), ("none", (), 1 << 20)]:
        with (source / name).open("wb") as made:
            made.truncate(size)
            for offset in at:
                os.pwrite(made.fileno(), b"%07d" % offset, offset)
    made = pack.write(b"")
    options = [] if tool == "bsdtar" else ["-S"]
    subprocess.run([*SPARSE[tool], *options, "-czf", made, "-C", source, "."], check=True)

    unpack(made, into)

    assert listed(into) == listed(source)
    assert (into / "many").stat().st_blocks * 512 < 61 << 16


# Bad names


@pytest.mark.parametrize(
    "name, words",
    [
        ("../evil", "“../evil” of the archive leads out"),
        ("a/../../evil", "leads out"),
        ("a/..", "leads out"),
        ("..", "leads out"),
        ("/etc/evil", "is absolute"),
        ("//evil", "is absolute"),
        ("a\nb", "control characters"),
        ("a\x7f", "control characters"),
        ("", "names nothing"),
        (".", "names nothing"),
        ("name-\udcff", "is not text"),
        ("ä" * 128, "too long"),
        ("a/" * 501 + "a", "too long"),
    ],
)
@pytest.mark.parametrize("how", ["plain", "gnu", "pax", "sparse"])
def test_entries_with_bad_names_are_refused(pack, into, name, words, how):
    raw = name.encode("utf-8", "surrogateescape")
    evil = {
        "plain": lambda: altered(file("x"), 0, raw[:100] + b"\0"),
        "gnu": lambda: extra(tarfile.GNUTYPE_LONGNAME, raw + b"\0") + file("x"),
        "pax": lambda: pax(("path", name)) + file("x"),
        "sparse": lambda: pax(("GNU.sparse.name", name)) + file("x"),
    }
    if how == "plain" and len(raw) > 99 or how != "plain" and not raw:
        how, evil = "none", {"none": lambda: file("../x")}  # cannot be said in this way
        words = "leads out"

    refused(pack(file("fine"), evil[how]()), into, words)
    assert os.listdir(into) == ["fine"]


@pytest.mark.parametrize("where", ["path", "linkpath"])
def test_a_name_with_a_nul_in_it_is_refused(pack, into, where):
    refused(pack(pax((where, "a\0b")), link("a", "b")), into, "control characters|leads out")


@pytest.mark.parametrize("name", ["/", "..", "./..", "/."])
def test_a_folder_that_is_not_in_the_folder_is_refused(pack, into, name):
    refused(pack(altered(folder("x"), 0, name.encode().ljust(2, b"\0"))), into, "of the archive")


@pytest.mark.parametrize(
    "parts",
    [
        [file("a"), folder("a")],
        [file("a"), folder("a/")],
        [folder("a"), file("a")],
        [file("a"), file("a/b")],
        [file("a/b"), file("a")],
        [file("a/b"), link("a", "c")],
        [file("a/b"), file("c"), same("a", "c")],
        [link("a", "b"), folder("b"), folder("a")],
    ],
)
def test_what_is_one_thing_does_not_become_another(pack, into, parts):
    refused(pack(*parts), into, "both a file and a folder, or lies behind a link")


@pytest.mark.parametrize("type", [b"3", b"4", b"6"])
def test_devices_are_refused(pack, into, type):
    refused(pack(block("dev", type)), into, "“dev” of the archive is neither a file nor a folder")


@pytest.mark.parametrize("type", [b"D", b"M", b"N", b"s", b"?"])
def test_entries_of_unknown_kinds_are_refused(pack, into, type):
    refused(pack(block("x", type)), into, "“x” of the archive is of an unknown kind")


# Links


@pytest.mark.parametrize(
    "links",
    [
        [("l", "/etc/passwd")],
        [("l", "..")],
        [("l", "../into-not")],
        [("l", "a/../../x")],
        [("l", "")],
        [("a/b/c/l", "../../.."), ("x/e", "../a/b/c/l/../z")],  # inside only as text
        [("l", "m"), ("m", "../x")],
        [("l", "m"), ("m", "n"), ("n", "o"), ("o", "/")],
        [("l", "../into/a")],  # back in again, as long as the folder is called so
        [("here", "."), ("l", "here/../into/a")],
        [("l", "x" * 1001)],
        [(f"{each:02}", f"{each + 1:02}") for each in range(50)],
    ],
)
def test_links_that_leave_are_refused(pack, into, links):
    parts = []
    for name, target in links:
        if len(target) > 100:
            parts.append(pax(("linkpath", target)))
        parts.append(link(name, target[:100]))
    refused(pack(file("a/file"), *parts), into, "link")


@pytest.mark.parametrize("target", ["..", "/", ".", "a"])
@pytest.mark.parametrize("type", [tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE])
def test_nothing_is_made_through_a_link(pack, into, target, type):
    parts = [folder("a"), link("l", target), block("l/evil", type, target="x")]
    refused(pack(*parts), into, "lies behind a link|leads out")
    assert not (into / "a/evil").exists()


def test_nothing_is_made_through_a_link_in_the_middle(pack, into):
    parts = [folder("a/b"), link("l", "a"), file("l/b/evil", b"evil")]
    refused(pack(*parts), into, "“l/b/evil” of the archive .* lies behind a link")
    assert os.listdir(into / "a/b") == []


def test_a_folder_that_was_looked_at_cannot_become_a_link(pack, into):
    parts = [file("a/b/x"), link("a/b", "../c"), file("a/b/evil", b"evil")]
    refused(pack(*parts), into, "both a file and a folder")


@pytest.mark.parametrize(
    "target, words",
    [
        ("../../held", "leads out"),
        ("/etc/passwd", "is absolute"),
        ("later", "does not come before it"),
        ("no/folder", "does not come before it"),
        ("a", "both a file and a folder"),
        ("l/held", "lies behind a link"),
        ("x/y", "lies behind a link"),
        (".", "names nothing"),
        ("", "names nothing"),
    ],
)
def test_another_name_is_one_of_a_file_in_the_archive(pack, into, tmp_path, target, words):
    (tmp_path / "held").write_text("secret")
    parts = [folder("a"), file("x"), link("l", "../.."), same("evil", target), file("later")]

    refused(pack(*parts), into, words)
    assert not (into / "evil").exists()


def test_another_name_of_a_link_is_a_link_and_examined_where_it_is(pack, into, files):
    unpack(pack(link("a/l", "../x"), same("b/l", "a/l")), into)
    assert files(into) == {"a/l": "-> ../x", "b/l": "-> ../x"}

    refused(pack(link("a/l", "../x"), same("l", "a/l")), into / "b", "leads out of its folder")


def test_a_file_that_replaces_one_does_not_change_its_other_name(pack, into, files):
    unpack(pack(file("a", b"1"), same("b", "a"), file("a", b"2", mode=0o600)), into)

    assert files(into) == {"a": "2", "b": "1"}
    assert stat.S_IMODE((into / "b").stat().st_mode) == 0o644


# Limits


def test_the_number_of_entries_is_limited(pack, into):
    made = pack(*(file(f"{each}") for each in range(11)))

    refused(made, into, "more than 10 entries", limits=Limits(entries=10))
    assert len(os.listdir(into)) == 10


def test_folders_that_are_made_on_the_way_count(pack, into):
    made = pack(file("a/" * 40 + "b"), file("b/" * 40 + "b"))

    refused(made, into, "more than 50 entries", limits=Limits(entries=50))


def test_one_place_in_many_entries_counts_each_time(pack, into):
    refused(pack(*[file("a")] * 11), into, "more than 10 entries", limits=Limits(entries=10))
    refused(pack(*[folder(".")] * 11), into, "more than 10 entries", limits=Limits(entries=10))


def test_a_bomb_is_stopped_while_it_grows(pack, into):
    made = pack(*(file(f"{each}", bytes(1_000_000)) for each in range(20)))
    limits = Limits(ratio=10, spared=3_000_000)

    refused(made, into, "grows to more than 3000000 bytes", limits=limits)
    assert sum(path.stat().st_size for path in into.iterdir()) <= 3_000_000


def test_all_files_together_are_limited(pack, into):
    made = pack(file("a", os.urandom(6000)), file("b", os.urandom(6000)))

    refused(made, into, "grows to more than 10000 bytes", limits=Limits(size=10000))


@pytest.mark.parametrize(
    "parts",
    [
        [file("a"), bytes(5_000_000)],  # behind the end
        [extra(tarfile.XGLTYPE, bytes(5_000_000)), file("a")],
        [block("label", b"V", 5_000_000), bytes(5_000_000)],
        [file("a", bytes(1_000_000)), *(same(f"{each}", "a") for each in range(5))],
        [pax(("GNU.sparse.size", "5000000")), file("a")],
        [
            pax(("GNU.sparse.major", "1"), ("GNU.sparse.realsize", "5000000")),
            file("a", padded(b"0\n")),
        ],
    ],
)
def test_no_bytes_are_free(pack, into, parts):
    refused(pack(*parts), into, "grows to more than 3000000 bytes", limits=Limits(size=3_000_000))
    assert all(path.stat().st_size <= 3_000_000 for path in into.iterdir())


def test_holes_are_counted_before_they_are_made(pack, into):
    huge = altered(block("a", tarfile.GNUTYPE_SPARSE), 483, b"77777777777\0")
    named = pax(("GNU.sparse.size", str(1 << 59))) + file("b")

    for evil in (huge, named):
        refused(pack(evil), into, "grows to more than", limits=Limits(size=1 << 20))
        assert os.listdir(into) == []


@pytest.mark.parametrize("type", [tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE, b"L", b"K"])
@pytest.mark.parametrize("size", [(1 << 20) + 1, 8 << 30])
def test_a_header_is_not_read_when_it_is_too_large(pack, into, type, size):
    refused(pack(block("x", type, size), bytes(100_000)), into, "header of more than 1048576 bytes")


@pytest.mark.parametrize("before", [pax(("a", "b")), extra(b"L", b"x\0"), pax(type=b"g")])
def test_headers_without_end_are_refused(pack, into, before):
    refused(pack(*[before] * 2000, file("a")), into, "too many headers before one entry")


def test_a_map_of_a_file_without_end_is_refused(pack, into):
    first = altered(block("a", tarfile.GNUTYPE_SPARSE), 482, b"\1")
    more = (b"%011o\0" % 0) * 42 + b"\1" + bytes(7)
    refused(pack(first, more * 5000), into, "consists of too many parts")

    nothing = bytes(504) + b"\1" + bytes(7)
    refused(pack(first, nothing * 5000), into, "damaged")

    said = pax(("GNU.sparse.major", "1"), ("GNU.sparse.realsize", "0"))
    lines = b"999999\n" + b"0\n" * 250_000
    refused(pack(said, file("a", lines)), into, "consists of too many parts")


# Damage


def whole():
    content = pax(("path", "ä")) + file("x", b"content " * 50) + folder("b") + link("b/l", "../ä")
    map = b"2\n0\n5\n1000\n3\n"
    said = pax(("GNU.sparse.major", "1"), ("GNU.sparse.realsize", "2000"))
    return content + said + file("s", padded(map) + b"01234567") + same("c", "ä") + END


@pytest.mark.parametrize(
    "content, words",
    [
        (b"", "is empty"),
        (b"\x1f", "not a gzip-compressed tar"),
        (b"<html>not found</html>", "not a gzip-compressed tar"),
        (whole(), "not a gzip-compressed tar"),
        (gzipped(b""), "is empty"),
        (gzipped(END), "is empty"),
        (gzipped(b"hello"), "not a gzip-compressed tar"),
        (gzipped(bytes(100)), "not a gzip-compressed tar"),
        (gzipped(random.Random(1).randbytes(5000)), "not a gzip-compressed tar"),
        (gzipped(gzipped(whole())), "not a gzip-compressed tar"),
        (b"\x1f\x8b\x08", "cut off"),
        (gzipped(whole())[:-1], "cut off"),
        (gzipped(whole())[:100], "cut off"),
        (gzipped(whole()[:1400]), "cut off"),
        (gzipped(whole()[:1900]), "cut off"),
        (gzipped(whole()[:700]), "cut off"),
        (gzipped(pax(("path", "a"))), "cut off"),
        (gzipped(pax(("path", "a")) + END), "cut off"),
        (gzipped(whole()) + b"garbage", "followed by something"),
        (gzipped(whole()) + bytes(10) + b"garbage", "followed by something"),
        (gzipped(whole()) + gzipped(whole())[:20], "cut off"),
        (gzipped(whole())[:-8] + bytes(8), "damaged: .* incorrect data check"),
        (gzipped(whole())[:-4] + bytes(4), "damaged: .* incorrect length check"),
        (gzipped(file("a") + b"x" * 512), "damaged"),
        (b"\x1f\x8b\x08" + bytes(7) + b"\xff" * 20, "damaged"),
    ],
    ids=lambda value: value if isinstance(value, str) else str(len(value)),
)
def test_what_is_no_tarball_is_called_so(pack, into, content, words):
    refused(pack.write(content), into, words)


@pytest.mark.parametrize(
    "said",
    [b"x", b"99 a=b\n", b"0 a=b\n", b"-1 a=b\n", b"5 a=bb\n", b"6 aabb\n", b"9" * 1000, b"2 ",
     b"\xb2 a=b\n", b" a=b\n", b"3 \n", "٧ a=bc\n".encode()],
)
def test_settings_that_are_nonsense_are_damage(pack, into, said):
    refused(pack(extra(tarfile.XHDTYPE, said), file("a")), into, "damaged")


@pytest.mark.parametrize(
    "settings",
    [
        {"size": "-1"},
        {"size": "1e9"},
        {"size": "9" * 30},
        {"GNU.sparse.major": "1"},
        {"GNU.sparse.major": "1", "GNU.sparse.realsize": "x"},
        {"GNU.sparse.major": "1", "GNU.sparse.realsize": "99"},
        {"GNU.sparse.size": "99", "GNU.sparse.map": "1"},
        {"GNU.sparse.size": "99", "GNU.sparse.map": "0,5"},
        {"GNU.sparse.size": "4", "GNU.sparse.map": "0,8"},
        {"GNU.sparse.size": "99", "GNU.sparse.map": "4,4,0,4"},
        {"GNU.sparse.size": "99", "GNU.sparse.map": "0,4,3,4"},
        {"GNU.sparse.size": "99", "GNU.sparse.map": "-4,8"},
        {"GNU.sparse.size": "99", "GNU.sparse.offset": "0"},
    ],
)
def test_sizes_and_maps_that_are_nonsense_are_damage(pack, into, settings):
    refused(pack(pax(*settings.items()), file("a", b"01234567")), into, "damaged|cut off")


@pytest.mark.parametrize("at", [386, 398, 483, 124])
def test_numbers_below_nothing_are_damage(pack, into, at):
    evil = altered(block("a", tarfile.GNUTYPE_SPARSE), at, b"\xff" * 11 + b"\xf0")
    refused(pack(evil), into, "damaged|not a gzip-compressed tar")


@pytest.mark.parametrize("map", [b"", b"x\n", b"1\n", b"1\n0\n-5\n", b"9" * 2000, b"1\n0\n9" * 400])
def test_a_map_before_a_file_that_is_nonsense_is_damage(pack, into, map):
    said = pax(("GNU.sparse.major", "1"), ("GNU.sparse.realsize", "2000"))
    refused(pack(said, file("a", map)), into, "damaged|cut off|too many parts")


def survives(content, path, into):
    """Unpack what may be anything: either all of it is inside, or it is refused."""
    path.write_bytes(content)
    into.mkdir()
    try:
        unpack(path, into, Limits(size=1 << 20, entries=100))
    except BuildError as error:
        assert "archive" in str(error) or "link" in str(error)
    else:
        for found in into.rglob("*"):
            if found.is_symlink():
                assert os.path.realpath(found).startswith(f"{into}/")
    trees.remove(into)


def test_bytes_that_change_break_no_more_than_the_archive(tmp_path):
    """Both of what is compressed, with a checksum that is right again, and of the whole."""
    chance, plain = random.Random(734), whole()
    packed = gzipped(plain)
    for number in range(1500):
        content = bytearray(plain if number % 3 else packed)
        for _ in range(chance.choice((1, 1, 2, 5))):
            at = chance.randrange(len(content))
            content[at] = chance.choice((0, 0xFF, ord("/"), ord("."), chance.randrange(256)))
        if number % 3:
            content = gzip.compress(summed(content) if number % 3 == 1 else content, 1)
        survives(content, tmp_path / "made.tgz", tmp_path / "into")
        assert os.listdir(tmp_path) == ["made.tgz"]


def summed(content):
    """Give all that may be a header the checksum that it should have."""
    for at in range(0, len(content) - 511, 512):
        if content[at + 257 : at + 262] == b"ustar":
            content[at : at + 512] = altered(content[at : at + 512], 0, b"")
    return content


NAMES = some.sampled_from(["a", "b", "a/b", "a/a", "./a", "b/", "..", "../x", "/x", "a/../b", ""])
KINDS = some.sampled_from([b"0", b"1", b"2", b"5", b"L", b"S", b"6"])


@settings(max_examples=200, deadline=None)
@given(some.lists(some.tuples(NAMES, KINDS, NAMES, some.integers(0, 0o7777)), max_size=12))
def test_no_order_of_entries_leads_out(tmp_path_factory, entries):
    folder = tmp_path_factory.mktemp("some")
    parts = [
        block(name, kind, target=target, mode=mode)
        for name, kind, target, mode in entries
    ]

    survives(gzipped(b"".join(parts) + END), folder / "made.tgz", folder / "into")

    assert os.listdir(folder) == ["made.tgz"]


# Stops, and looks beforehand


@pytest.mark.parametrize(
    "parts",
    [
        [file("a", bytes(50_000_000))],
        [file("a"), bytes(50_000_000)],
        [block("label", b"V", 50_000_000), bytes(50_000_000)],
        [file(f"{each}") for each in range(200)],
    ],
)
def test_it_stops_when_it_is_told_to(pack, into, parts):
    calls = []

    def check():
        calls.append(1)
        if len(calls) > 100:
            raise Stopped()

    with pytest.raises(Stopped):
        unpack(pack(*parts, level=1), into, check=check)


def test_nothing_stays_open(pack, into):
    before = os.listdir("/proc/self/fd")
    for parts in ([file("a/b/c")], [file("a/b"), file("a/b/c")], [same("x", "y")], [b"x" * 600]):
        try:
            unpack(pack(*parts), into)
        except BuildError:
            pass
    assert os.listdir("/proc/self/fd") == before


def test_the_first_bytes_say_whether_it_may_be_gzip():
    assert is_gzip(gzipped(b"")) and is_gzip(b"\x1f\x8b\x08")
    assert not is_gzip(b"") and not is_gzip(b"\x1f\x8b") and not is_gzip(zlib.compress(b"a"))
