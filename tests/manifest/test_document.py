"""What YAML may be, and that none of it costs more than it should."""

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ec_builds.manifest import document as documents
from ec_builds.manifest.document import LIST, MAPPING, NOTHING, document
from ec_builds.manifest.errors import ManifestError
from ec_builds.manifest.grammar import Manifest, read
from ec_builds.manifest.plan import plan

LAUGHS = "a: &a [ha, ha, ha, ha, ha, ha, ha, ha]\n" + "".join(
    f"{after}: &{after} [{', '.join([f'*{before}'] * 8)}]\n"
    for before, after in zip("abcdefghijklmno", "bcdefghijklmnop", strict=True)
)
MERGED = "a: &a {" + ", ".join(f"k{i}: v" for i in range(5000)) + "}\nb: {"


@pytest.fixture(params=["CSafeLoader", "SafeLoader"])
def loader(request, monkeypatch):
    """Both parsers, of which a machine may have but the slow one."""
    monkeypatch.setattr(documents, "LOADER", getattr(yaml, request.param))


def plain(node):
    """What a node stands for."""
    if node.kind == LIST:
        return [plain(each) for each in node.value]
    if node.kind == MAPPING:
        return {name: plain(each) for name, each in node.value.items()}
    return None if node.kind == NOTHING else node.value


def fault(text):
    with pytest.raises(ManifestError) as caught:
        document(text)
    (only,) = caught.value.faults
    return only.line, only.what


def test_lines_are_those_of_the_text(loader):
    node = document("# one\na: x\nb:\n- y\n-\n  - z\n\nc: {d: e,\n  f: g}\nh: |\n  i\n  j\nk:\n")

    assert node.line == 2
    assert node.value["b"].line == 4
    assert node.value["b"].value[1].value[0].line == 6
    assert [node.value["c"].line, node.value["c"].value["f"].line] == [8, 9]
    assert [node.value["h"].line, node.value["k"].line] == [10, 13]


@pytest.mark.parametrize(
    "text, line, what",
    [
        ("a: b\nb: c: d", 2, "is not YAML: mapping values are not allowed"),
        ("a:\n\tb: c", 2, "is not YAML: a tab cannot stand here; indent with spaces"),
        ("a: b\nc\n", 3, "is not YAML: "),
        ("a: 'b\n\n", 3, "is not YAML: found unexpected end of stream, while scanning a quoted "
         "scalar from line 1"),
        ("%YAML 2.0\n---\na", 1, "is not YAML: found incompatible YAML document"),
        ("{a: b}\n}", 2, "is not YAML: "),
        ("a: b\nc: *d", 2, 'the alias "d" stands for nothing that comes before it'),
        ("a: &a\n- *a", 2, 'the alias "a" stands for something that contains it'),
        ("&a a: b\n*b : c", 2, 'the alias "b" stands for nothing'),
        ("a: &a {b: {c: *a}}", 1, 'the alias "a" stands for something that contains it'),
        ("a: &a\n  <<: *a", 2, 'the alias "a" stands for something that contains it'),
        ("a: b\n<<: [{}, c]", 2, "<< should name a mapping, or a list of mappings"),
        ("a: b\nc: !!python/object/apply:os.system [id]", 2,
         'has the tag "!!python/object/apply:os.system", which means nothing here; take it out'),
        ("a: !x b", 1, 'has the tag "!x", which means nothing here; take it out'),
        ("%TAG !! tag:x,2000:\n---\na: !!str b", 3, 'has the tag "tag:x,2000:str"'),
        ("a: b\r\n\r\nc\x00", 3, "has the character U+0000, which YAML cannot contain"),
        ("a: \x1b", 1, "has the character U+001B"),
        ("a: b\n\ufeffc: d", 2, "has the character U+FEFF"),
        ("a\n\ud800", 2, "has the character U+D800"),
        ('a:\n- "\\0"', 2, "has a text with the character U+0000; take it out"),
        ("[" * 100, 1, "is nested too deeply; at most 20 levels are read"),
        ("- " * 100_000, 1, "is nested too deeply"),
        (LAUGHS, 6, "has more than 50,000 values with what aliases repeat"),
        (f"a: &a {'a' * 100_000}\nb:\n- [{'*a,' * 10_000}]", 3,
         "has more than 1,048,576 characters with what aliases repeat"),
        ("[" + "a," * 60_000 + "]", 1, "has more than 50,000 values"),
        (MERGED + "<<: *a, " * 5000 + "}", 2, "has more than 50,000 values"),
    ],
)
def test_what_cannot_be_read_has_a_line(loader, text, line, what):
    found = fault(text)

    assert found[0] == line
    assert found[1].startswith(what.partition(":")[0] if "is not YAML" in what else what)


def test_the_parsers_own_words_are_kept():
    assert fault("a:\n\tb: c") == (2, "is not YAML: a tab cannot stand here; indent with spaces")
    assert fault("a: 'b\n\n") == (
        3, "is not YAML: found unexpected end of stream, while scanning a quoted scalar from line 1"
    )


@pytest.mark.parametrize(
    "text", ['a: "\\UFFFFFFFF"', 'a: "\\ud800"', f"%YAML 1.{'9' * 5000}\n--- a"]
)
def test_numbers_that_are_none_are_refused(loader, text):
    assert fault(text)


@pytest.mark.parametrize("text", ["a" * (256 * 1024 + 1), "ä" * (128 * 1024 + 1)])
def test_a_manifest_has_so_many_bytes(text):
    assert fault(text) == (None, "is too long; at most 256 KiB are read")
    assert document("#" + text[2:]).kind == NOTHING


def test_an_anchor_may_be_used_again(loader):
    assert plain(document("[&a x, *a, &a y, *a, &b [&b z, *b], *b]")) == [
        *("x", "x", "y", "y"), ["z", "z"], "z",
    ]


def test_an_empty_stream_is_nothing(loader):
    assert [document(text).kind for text in ("", "#", "---", "\ufeff")] == [NOTHING] * 4


quick = settings(max_examples=60, deadline=None, derandomize=True, database=None)
trees = st.recursive(
    st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("ab<=>:#", min_size=1),
                                                                inner, max_size=4),
    max_leaves=20,
)


@quick
@given(trees)
def test_what_another_one_wrote_is_read_as_it_was_meant(tree):
    assert plain(document(yaml.safe_dump(tree, allow_unicode=True))) == tree


pieces = st.sampled_from(
    "driver: |{type: os}|type: |os|docker|\n|\n- |\n  |- |: |, |{|}|[|]|&a |*a|<<: |!!str |!x |? |"
    "env: |A=b|objects: |a => b|=>|sources: |u v => d|stages: |jobs:\n|stage: |commands: |name: |"
    "artifacts: |namespace: |a/b@c|allow_failures: |---\n|...\n|%YAML |\t|\0|\"|'|| |>|~|\\0|..|/"
    .split("|")
)


@quick
@given(st.lists(pieces | st.text(max_size=3)).map("".join), st.booleans())
def test_whatever_it_is_it_is_a_manifest_or_an_error_that_says_why(text, sound):
    try:
        manifest = read(("driver: {type: os}\n" if sound else "") + text)
    except ManifestError as error:
        assert error.messages and all(message.strip() for message in error.messages)
        assert all(fault.sentence.startswith("Build manifest ") for fault in error.faults)
    else:
        assert isinstance(manifest, Manifest)
        assert plan(manifest, 1)[0].kind == "driver"
