"""How single entries of a manifest are spelled."""

import pytest

from ec_builds.manifest.document import TEXT, Node
from ec_builds.manifest.entries import read_artifact, read_object, read_source, read_variable
from ec_builds.manifest.parts import Source
from ec_builds.manifest.place import Place


def wrong(reader, text):
    """What is wrong with an entry."""
    place = Place(Node(TEXT, 7, text), "x[0]", [])
    assert reader(place) is None
    (fault,) = place.faults
    assert (fault.line, fault.field) == (7, "x[0]")
    return fault.what


def right(reader, text):
    """What an entry says that nothing is wrong with."""
    place = Place(Node(TEXT, 7, text), "x[0]", [])
    entry = reader(place)
    assert not place.faults
    return entry


@pytest.mark.parametrize(
    "text, variable",
    [
        ("A=b", ("A", "b")),
        ("_a1=", ("_a1", "")),
        ("A=b=c => d", ("A", "b=c => d")),
        ("A= b ", ("A", " b ")),
        ("A=b\nc", ("A", "b\nc")),
    ],
)
def test_a_variable_is_split_at_its_first_equals(text, variable):
    assert right(read_variable, text) == variable


@pytest.mark.parametrize("text", ["=a", " A=b", "A =b", "1A=b", "A-B=c", "ä=b", "A\n=b"])
def test_keys_of_variables_have_a_rule(text):
    assert wrong(read_variable, text).endswith(
        "should have letters, digits and _ only, and no digit first"
    )


@pytest.mark.parametrize(
    "text, pair",
    [
        ("a.bin", ("a.bin", "a.bin")),
        ("in/a.bin", ("in/a.bin", "a.bin")),
        ("out/", ("out/", "out")),
        ("/etc/hosts => ", ("/etc/hosts", "hosts")),
        ("a=>b", ("a", "b")),
        ("  a  =>  b  ", ("a", "b")),
        ("a => b => c", ("a", "b => c")),
        ("a b => c d", ("a b", "c d")),
    ],
)
def test_an_arrow_may_be_left_out(text, pair):
    assert right(read_object, text) == right(read_artifact, text) == pair


@pytest.mark.parametrize("text", ["", "=>", " => b", "/", "///"])
def test_an_arrow_has_something_on_its_left(text):
    assert wrong(read_object, text) == wrong(read_artifact, text)


@pytest.mark.parametrize("text", ["a\nb", "a => b\r", "a => \0", "a => \x1b[2J", "a\u2028"])
def test_paths_are_on_one_line(text):
    for reader in (read_object, read_artifact, read_source):
        assert wrong(reader, text) == "should be on one line, without control characters"


@pytest.mark.parametrize("path", ["/w/in/seed", "in/", ".", "~/x", "..x/x.."])
def test_an_object_may_be_placed_anywhere(path):
    assert right(read_object, f"a => {path}") == ("a", path)


@pytest.mark.parametrize("path", ["..", "../x", "/w/../../etc/passwd", r"..\x"])
def test_an_object_is_not_placed_upwards(path):
    assert wrong(read_object, f"a => {path}") == f'"{path}" should not contain ..'


@pytest.mark.parametrize("name", ["core.tar", "dist/core.tar", "*.log", "./x", "..x", "a//b"])
def test_an_artifact_may_have_a_folder_in_its_name(name):
    assert right(read_artifact, f"a => {name}") == ("a", name)


@pytest.mark.parametrize(
    "name",
    ["/etc/passwd", "..", "../x", "a/../../x", ".", "a/.", "a/", r"..\x", r"a\..\..\x", r"\x",
     r"C:\x", "c:/x"],
)
def test_an_artifact_stays_in_the_zip(name):
    assert wrong(read_artifact, f"a => {name}").startswith(f'"{name}" should ')


def test_paths_are_no_longer_than_file_systems_allow():
    for reader, sign in ((read_object, "=>"), (read_artifact, "=>"), (read_source, " =>")):
        assert right(reader, f"a{sign}{'b' * 255}")
        assert wrong(reader, f"a{sign}{'ä' * 128}").endswith("and 255 between two /")
        assert wrong(reader, f"a{sign}{'b/' * 512}c").endswith("and 255 between two /")


@pytest.mark.parametrize(
    "text, url, ref, folder",
    [
        ("https://h/x/r.git", "https://h/x/r.git", "", "r"),
        ("https://h/x/r v1.2", "https://h/x/r", "v1.2", "r"),
        ("https://h/x/r v1.2 => z", "https://h/x/r", "v1.2", "z"),
        ("https://h/x/r => z", "https://h/x/r", "", "z"),
        ("https://h/x/r =>", "https://h/x/r", "", "r"),
        ("git@h:o/r.git", "git@h:o/r.git", "", "r"),
        ("https://h/x/r/", "https://h/x/r/", "", "r"),
        ("u v1 => d e", "u", "v1", "de"),
        ("u\tv 1 => d\te", "u", "v1", "de"),
        ("u=>d", "u=>d", "", "u=>d"),
        ("  u  ", "u", "", "u"),
        ("u => a/b", "u", "", "a/b"),
        ("u => .", "u", "", "."),
    ],
)
def test_a_source_has_a_url_and_more_behind_a_blank(text, url, ref, folder):
    assert right(read_source, text) == Source(url, ref, folder)


@pytest.mark.parametrize(
    "text, what",
    [
        ("", "should be URL REF => FOLDER, but has no URL"),
        ("--upload-pack=x", '"--upload-pack=x" should not begin with -'),
        ("u --orphan", '"--orphan" should not begin with -'),
        ("u => -d", '"-d" should not begin with -'),
        ("https://h/.git", '"https://h/.git" names no folder'),
        ("u => /d", '"/d" should be relative'),
        ("u => ../x", '"../x" should not contain ..'),
        ("u => a/../../x", '"a/../../x" should not contain ..'),
        ("https://h/..", '".." should not contain ..'),
    ],
)
def test_a_source_is_cloned_below_the_working_directory(text, what):
    assert wrong(read_source, text).startswith(what)


def test_what_they_wrote_is_shown_in_part():
    assert wrong(read_variable, "a" * 100) == f'should be KEY=VALUE, but "{"a" * 60}…" has no ='
    assert wrong(read_variable, "\x1b\n") == 'should be KEY=VALUE, but "��" has no ='
