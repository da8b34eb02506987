"""What a manifest may say, and what is said about one that cannot be used."""

import pytest

from ec_builds.manifest.errors import ManifestError
from ec_builds.manifest.grammar import read
from ec_builds.manifest.parts import Job, Manifest, Source

DRIVERS = ("os", "docker", "qemu", "ssh")
FULL = """\
namespace: lab/nightly@ada
driver: {type: docker, image: "alpine:3", workspace: /w}
env: [MODE=fast, "GREETING=hello world"]
objects: ["seed.bin => /w/in/seed.bin"]
sources: ["https://git.example.test/core.git v2 => core"]
stages: [check, pack]
allow_failures: [check]
jobs:
- stage: check
  commands: ["cd core", "make test"]
- stage: pack
  name: bundle
  commands: ["tar cf out.tar core"]
  artifacts: ["out.tar => core.tar"]
"""
EMPTY = """\
namespace: ""
driver: {}
env: []
objects: []
sources: []
stages: []
allow_failures: []
jobs: []
"""
NO_LETTERS = "namespace name can only contain letters and numbers"


def with_os(more):
    return read(f"driver: {{type: os}}\n{more}")


def refused(text, drivers=DRIVERS):
    with pytest.raises(ManifestError) as caught:
        read(text, drivers)
    return caught.value


def fault(more):
    """Line, field and sentence of the one thing that is wrong; the text begins in line 2."""
    (only,) = refused(f"driver: {{type: os}}\n{more}").faults
    return only.line, only.field, only.what


def test_a_manifest_says_everything():
    assert read(FULL, DRIVERS) == Manifest(
        namespace="lab/nightly",
        owner="ada",
        driver={"type": "docker", "image": "alpine:3", "workspace": "/w"},
        env=[("MODE", "fast"), ("GREETING", "hello world")],
        objects={"seed.bin": "/w/in/seed.bin"},
        sources=[Source("https://git.example.test/core.git", "v2", "core")],
        stages=["check", "pack"],
        allow_failures=frozenset({"check"}),
        jobs=[
            Job("check", commands=["cd core", "make test"]),
            Job("pack", "bundle", ["tar cf out.tar core"], {"out.tar": "core.tar"}),
        ],
    )


@pytest.mark.parametrize("empty", ["''", "[]", "~", ""])
def test_a_driver_is_enough(empty):
    lists = "".join(f"{name}: {empty.replace(chr(39) * 2, '[]')}\n" for name in
                    ("env", "objects", "sources", "stages", "allow_failures", "jobs"))
    namespace = f"namespace: {empty.replace('[]', '')}\n"

    assert with_os(lists + namespace) == Manifest(driver={"type": "os"})


def test_a_job_may_be_empty():
    jobs = "jobs: [{stage: t, name: '', commands: [], artifacts: []}, {name: ' '}, {}, ~]"

    assert with_os(jobs).jobs == [Job("t"), Job(""), Job(""), Job("")]


def test_scalars_are_taken_as_they_are_written():
    commands = "[5, true, 1.10, 0x1F, 2001-01-01, ~, null, 'null', !!str null, !!int 07, \"\\e\"]"

    (job,) = with_os(f"jobs: [{{commands: {commands}}}]").jobs

    assert job.commands == [
        *("5", "true", "1.10", "0x1F", "2001-01-01", "", "", "null", "null", "07", "\x1b"),
    ]
    assert read("driver: {type: os, version: 1.10, on: yes}").driver == {
        "type": "os", "version": "1.10", "on": "yes",
    }


def test_commands_keep_their_lines():
    (job,) = with_os("jobs:\n- commands:\n  - |\n    a\n      b\n  - >-\n    c\n    d\n").jobs

    assert job.commands == ["a\n  b\n", "c d"]


def test_unknown_keys_are_nothing():
    assert with_os("name: x\n? [a, b]\n: c\n1: 2\n~: 3\njobs: [{image: x}]").jobs == [Job("")]


def test_of_a_repeated_key_the_last_one_wins():
    assert with_os("stages: 5\nstages: [a]\nstages: [b]").stages == ["b"]
    assert read("driver: {type: foo, type: os}").driver == {"type": "os"}


def test_stages_are_there_once():
    assert with_os("stages: [b, a, b, b]").stages == ["b", "a"]


def test_anchors_stand_for_what_they_name():
    text = "x: &c [make]\ny: &j {stage: t, commands: *c}\njobs: [*j, {<<: *j, stage: u}]"

    assert with_os(text).jobs == [Job("t", commands=["make"]), Job("u", commands=["make"])]


def test_of_merged_mappings_the_first_one_wins():
    text = "a: &a {name: a}\nb: &b {name: b, stage: b}\njobs: [{<<: [*a, *b]}, {'<<': *a}]"

    assert with_os(text).jobs == [Job("b", "a"), Job("")]


def test_only_the_first_document_counts():
    assert read("driver: {type: os}\n---\n]}: !!python/none &").driver == {"type": "os"}
    assert read("driver: {type: os}\n...\n]}").driver == {"type": "os"}
    assert read("%YAML 1.1\n---\ndriver: {type: os}\n---\n").driver == {"type": "os"}


def test_line_ends_and_a_byte_order_mark_do_not_matter():
    assert read("\ufeff" + FULL.replace("\n", "\r\n"), DRIVERS) == read(FULL, DRIVERS)


@pytest.mark.parametrize("text", ["", " \n", "# nothing\n", "---\n", "~", "{}", EMPTY, "foo: bar"])
def test_an_empty_manifest_is_none(text):
    error = refused(text)

    messages = ["Build manifest is required", "Build manifest invalid driver specified"]
    assert error.messages == [fault.message for fault in error.faults] == messages
    assert str(error).startswith("Build manifest is required")


@pytest.mark.parametrize(
    "driver, field, contract",
    [
        ("image: a", "type", "Build manifest invalid driver specified"),
        ("type: foo", "type", "Build manifest invalid driver specified"),
        ("type: ''", "type", "Build manifest invalid driver specified"),
        ("type: docker, workspace: /w", "image", "Build manifest driver docker requies image"),
        ("type: docker, image: a", "workspace", "Build manifest driver docker requires workspace"),
        ("type: docker, image: a, workspace: ' '", "workspace",
         "Build manifest driver docker requires workspace"),
        ("type: qemu", "image", "Build manifest driver qemu requires image"),
        ("type: ssh, address: ~", "address", "Build manifest driver ssh requires address"),
    ],
)
def test_clients_expect_what_is_said_about_a_driver(driver, field, contract):
    error = refused(f"stages: [a]\ndriver:\n  {{{driver}}}")

    (fault,) = error.faults
    assert (fault.message, fault.line, fault.field) == (contract, 3, f"driver.{field}")
    assert error.messages == [contract, f"line 3, driver.{field}: {fault.what}"]
    assert str(error) == f"Build manifest line 3, driver.{field}: {fault.what}"


def test_a_driver_has_to_be_enabled():
    error = refused("driver:\n  type: docker", drivers=("os",))

    assert error.messages == [
        "unknown driver",
        "line 2, driver.type: docker is not enabled on this server; enabled: os",
    ]


def test_drivers_can_be_added():
    known = {"script": ("steps",)}

    assert read("driver: {type: script, steps: 3}", ["script"], known).driver["steps"] == "3"
    with pytest.raises(ManifestError, match="driver.steps: is missing; script needs it"):
        read("driver: {type: script}", ["script"], known)


@pytest.mark.parametrize("folder", ["w", "/", "//", "/.", "/w/..", "/w:ro", "/w,ro", "./w"])
def test_a_workspace_is_a_folder_of_its_own(folder):
    error = refused(f"driver:\n  type: docker\n  image: a\n  workspace: '{folder}'")

    assert str(error) == (
        f'Build manifest line 4, driver.workspace: "{folder}" should be an absolute path other '
        "than /, without .. and : and ,"
    )


@pytest.mark.parametrize(
    "driver, where, what",
    [
        ("os", "line 1, driver", "should be a mapping, but is a text"),
        ("[os]", "line 1, driver", "should be a mapping, but is a list"),
        ("{type: [os]}", "line 1, driver.type", "should be a text, but is a list"),
        ("{type: docker, image: {}, workspace: /w}", "line 1, driver.image",
         "should be a text, but is a mapping"),
        ("{type: docker, image: --privileged, workspace: /w}", "line 1, driver.image",
         "should not begin with -"),
        ('{type: "o\\ns"}', "line 1, driver.type", "should be on one line"),
        ('{type: os, "a\\nb": []}', 'line 1, driver."a�b"', "should be a text, but is a list"),
    ],
)
def test_a_driver_is_a_mapping_of_texts(driver, where, what):
    error = refused(f"driver: {driver}")

    (only,) = error.messages
    assert only.startswith(f"Build manifest {where}: {what}")


@pytest.mark.parametrize(
    "more, line, field, what",
    [
        ("jobs:\n- {}\n-\n  commands: make\n", 5, "jobs[1].commands",
         "should be a list of texts, but is a text"),
        ("jobs: make", 2, "jobs", "should be a list of mappings, but is a text"),
        ("jobs:\n- make", 3, "jobs[0]", "should be a mapping, but is a text"),
        ("stages: test", 2, "stages", "should be a list of texts, but is a text"),
        ("stages: {a: b}", 2, "stages", "should be a list of texts, but is a mapping"),
        ("stages: [a, '']", 2, "stages[1]", "is empty, but should be the name of a stage"),
        ('stages: ["a\\nb"]', 2, "stages[0]", "should be on one line, without control characters"),
        (f"stages: [{'a' * 201}]", 2, "stages[0]", "is too long; at most 200 bytes are possible"),
        (f"stages: [{'a,' * 1001}]", 2, "stages",
         "has 1,001 entries; at most 1,000 are possible"),
        ("env: {A: b}", 2, "env", "should be a list of texts, but is a mapping"),
        ("env:\n- A=b\n- A: b", 4, "env[1]",
         "should be a text, but is a mapping; put it in quotes if it is one"),
        ("env: [A]", 2, "env[0]", 'should be KEY=VALUE, but "A" has no ='),
        ("env: [1A=b]", 2, "env[0]",
         'the key "1A" should have letters, digits and _ only, and no digit first'),
        (f"env: [A={'a' * 65536}]", 2, "env[0]", "is too long; at most 64 KiB are possible"),
        (f"env: [&a A={'ä' * 32766}, *a, *a, *a, *a]", 2, "env",
         "is too long; at most 256 KiB are possible"),
        ("namespace: [a]", 2, "namespace",
         "should be a text, but is a list; put it in quotes if it is one"),
        ("jobs: [{commands: [echo a: b]}]", 2, "jobs[0].commands[0]",
         "should be a text, but is a mapping; put it in quotes if it is one"),
        (f"jobs: [{{artifacts: &a [{','.join('abcdefghij')}]}}{', {artifacts: *a}' * 100}]", 2,
         "jobs", "has 1,010 artifacts in all jobs together; at most 1,000 are possible"),
    ],
)
def test_what_is_wrong_is_named_by_line_and_field(more, line, field, what):
    assert fault(more) == (line, field, what)


def test_faults_are_in_the_order_of_the_text():
    error = refused("jobs: 1\nenv: [A]\ndriver: {type: foo}\nnamespace: a-b\n")

    assert [fault.line for fault in error.faults] == [1, 2, 3, 4]
    assert str(error).endswith("jobs: should be a list of mappings, but is a text (and 3 more "
                               "faults)")
    assert error.info["faults"][3]["field"] == "namespace"


def test_not_all_of_many_faults_are_told():
    error = refused("driver: {type: os}\nenv: [" + "a," * 900 + "]")

    assert len(error.faults) == 20
    assert error.messages[20:] == ["Build manifest has 880 more faults"]


@pytest.mark.parametrize("text, kind", [("make", "a text"), ("- make", "a list")])
def test_a_manifest_is_a_mapping(text, kind):
    sentence = f"Build manifest line 1: should be a mapping, with `driver:` and more, but is {kind}"
    assert refused(text).messages == [sentence]


@pytest.mark.parametrize(
    "text, path, owner",
    [
        ("blackmesa", "blackmesa", None),
        ("a/B2/3", "a/B2/3", None),
        ("city17@gordon.freeman", "city17", "gordon.freeman"),
        ("/".join("a" * 20), "/".join("a" * 20), None),
        ("''", "", None),
        ("17", "17", None),
    ],
)
def test_a_namespace_may_name_its_owner(text, path, owner):
    manifest = with_os(f"namespace: {text}")

    assert (manifest.namespace, manifest.owner) == (path, owner)


@pytest.mark.parametrize(
    "text", ["black-mesa", "a b", "ä", "/a", "a/", "a//b", "/", "'@ada'", "a.b", "' a'"]
)
def test_a_namespace_has_letters_and_digits(text):
    error = refused(f"driver: {{type: os}}\nnamespace: {text}")

    (only,) = error.faults
    assert (only.message, only.line, only.field) == (NO_LETTERS, 2, "namespace")


def test_a_namespace_has_so_many_levels():
    assert fault(f"namespace: {'/'.join('a' * 21)}") == (
        2, "namespace", "has 21 levels; at most 20 are possible",
    )
    assert fault(f"namespace: {'a' * 1001}")[2] == "is too long; at most 1000 bytes are possible"
    assert fault("namespace: a@")[2] == "should name an owner after the @, or have no @"
