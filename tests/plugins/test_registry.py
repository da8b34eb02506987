"""Plugins, found by kind and type, and the schemas of ours."""

import configparser
from importlib.metadata import EntryPoint
from pathlib import Path

import jsonschema
import pytest

from ec_builds.plugins.contract import CodeSource, Target
from ec_builds.plugins.registry import KINDS, Plugins

SETUP = Path(__file__).parents[2] / "setup.cfg"


def entries(**groups):
    """Stands in for the entry points that are installed."""

    def find(group):
        return [
            EntryPoint(name, value, group)
            for name, value in groups.get(group.removeprefix("ec_builds."), ())
        ]

    return find


def declared():
    """The entry points of our own plugins."""
    setup = configparser.ConfigParser()
    setup.read(SETUP)
    groups = {}
    for group, lines in setup["options.entry_points"].items():
        pairs = (line.split("=") for line in lines.strip().splitlines())
        groups[group.removeprefix("ec_builds.")] = [(a.strip(), b.strip()) for a, b in pairs]
    return groups


@pytest.fixture(scope="module")
def ours():
    return Plugins.installed(entries(**declared()))


class Other(CodeSource):
    """What somebody else might write."""

    type = "other"

    def fetch(self, config, into, context):
        return {}


class RemoteGit(Other):
    type = "remoteGit"


class Remote(Other):
    type = "remote"
    config_schema = {"properties": {"a": {"items": [{"$ref": "https://example.com/schema"}]}}}


class Local(Other):
    type = "local"
    config_schema = {"definitions": {"a": {}}, "properties": {"$ref": {"$ref": "#/definitions/a"}}}


class Unfinished(CodeSource):
    type = "unfinished"


class Deliver(Target):
    type = "deliver"

    def deploy(self, config, result, context):
        return ""


def test_all_plugins_of_ours_are_found(ours):
    assert ours.broken == []
    assert ours.types("codesource") == ["remoteGit", "stub", "uploadedArchive", "zipFile"]
    assert ours.types("datasource") == ["ownDataManager", "stub"]
    assert {"staticWebsite", "website"} <= set(ours.types("platform"))
    assert {"folder", "localWebServer", "zipDownload"} <= set(ours.types("target"))


def test_a_plugin_is_got_by_kind_and_type(ours):
    found = ours.get("codesource", "stub")

    assert (found.__name__, found.__module__) == ("Stub", "ec_builds.plugins.codesources.stub")
    assert found is not ours.get("datasource", "stub")
    assert isinstance(found(), CodeSource)
    assert ours.get("codesource", "nope") is None


def test_plugins_can_be_given_as_classes():
    plugins = Plugins.of(Other, Deliver)

    assert plugins.get("codesource", "other") is Other
    assert plugins.get("target", "deliver") is Deliver
    assert plugins.types("platform") == []


def test_the_plugins_of_others_enter_by_the_same_door():
    find = entries(codesources=[("other", f"{__name__}:Other")])

    assert Plugins.installed(find).types("codesource") == ["other"]


@pytest.mark.parametrize(
    "name, value, reason",
    [
        ("gone", "no_such_module_at_all:Gone", "ModuleNotFoundError"),
        ("gone", "ec_builds.errors:Gone", "AttributeError"),
        ("gone", f"{__name__}:Deliver", "not a class that extends CodeSource"),
        ("gone", f"{__name__}:SETUP", "not a class that extends CodeSource"),
        ("gone", f"{__name__}:Other", "its type is 'other', its entry point says 'gone'"),
        ("unfinished", f"{__name__}:Unfinished", "it lacks fetch"),
        ("remote", f"{__name__}:Remote", "refers to https://example.com/schema"),
    ],
)
def test_a_broken_plugin_is_left_out_and_remembered(caplog, name, value, reason):
    find = entries(codesources=[(name, value), ("local", f"{__name__}:Local")])

    plugins = Plugins.installed(find)

    assert plugins.types("codesource") == ["local"]
    (broken,) = plugins.broken
    assert (broken.kind, broken.name, broken.source) == ("codesource", name, value)
    assert reason in broken.reason
    assert f"The codesource “{name}” from {value} is left out: " in caplog.text


def test_a_module_that_wants_to_end_the_server_is_left_out(tmp_path, monkeypatch):
    (tmp_path / "ends_it_all.py").write_text("raise SystemExit('bye')")
    monkeypatch.syspath_prepend(tmp_path)

    plugins = Plugins.installed(entries(targets=[("x", "ends_it_all:X")]))

    assert plugins.broken[0].reason == "SystemExit: bye"


def test_of_two_plugins_of_one_type_ours_is_taken(caplog):
    one_of_ours = ("remoteGit", "ec_builds.plugins.codesources.remote_git:RemoteGit")
    find = entries(codesources=[("remoteGit", f"{__name__}:RemoteGit"), one_of_ours])

    plugins = Plugins.installed(find)

    assert plugins.get("codesource", "remoteGit").__module__ == one_of_ours[1].partition(":")[0]
    assert "there is one of this type already" in plugins.broken[0].reason
    assert f"from {__name__}:RemoteGit is left out" in caplog.text


CONFIGS = {
    "remoteGit": [
        {"giturl": "https://example.com/a", "hexColor": "#00ffAA"},
        {"giturl": "git@example.com:a", "branch": "main", "subdirectory": "a/b"},
        {"giturl": "ssh://git@example.com/a", "ref": "v1.0"},
    ],
    "zipFile": [{"url": "https://example.com/a.zip", "sha256": "0" * 64, "subdirectory": "a"}],
    "uploadedArchive": [{}, {"hexColor": "#00ffAA"}],
    "ownDataManager": [{"url": "https://example.com/a", "token": "t0k3n", "property": "p"}],
    "stub": [{}],
    "staticWebsite": [{}, {"directory": "."}, {"directory": "a/b"}],
    "website": [
        {"commands": "make", "buildDir": "dist"},
        {
            "commands": ["npm ci", "npm run build"],
            "buildDir": "./dist",
            "workingDirectory": "site",
            "environment": {"NODE_ENV": "production"},
            "timeout": 60,
        },
    ],
    "localWebServer": [{"path": "shop"}],
    "zipDownload": [{}, {"filename": "shop.zip"}],
    "folder": [{"path": "shop/de"}],
}
FAULTY = {
    "remoteGit": [
        {},
        {"giturl": "-x"},
        {"giturl": "https://a:b@example.com/c"},
        {"giturl": "https://example.com/a", "branch": "-x"},
        {"giturl": "https://example.com/a", "branch": "a b"},
        {"giturl": "https://example.com/a", "branch": "a", "ref": "b"},
        {"giturl": "https://example.com/a", "subdirectory": "/etc"},
        {"giturl": "https://example.com/a", "subdirectory": "a/../.."},
        {"giturl": "https://example.com/a", "hexColor": "red"},
    ],
    "zipFile": [{}, {"url": "ftp://example.com/a"}, {"url": "https://e.com", "sha256": "00"}],
    "uploadedArchive": [{"url": "https://example.com/a.tgz"}],
    "ownDataManager": [{}, {"url": "file:///a"}, {"url": "https://e.com", "token": "a b"}],
    "stub": [{"files": {"../a": ""}}, {"files": {"/a": ""}}, {"nothing": 1}],
    "staticWebsite": [{"directory": ""}, {"directory": "-x"}, {"directory": ".."}],
    "website": [
        {},
        {"commands": [], "buildDir": "dist"},
        {"commands": "", "buildDir": "dist"},
        {"commands": "a", "buildDir": "../dist"},
        {"commands": "a", "buildDir": "d", "environment": {"1A": ""}},
        {"commands": "a", "buildDir": "d", "environment": {"A": 1}},
        {"commands": "a", "buildDir": "d", "environment": {"EC_BUILDS_DATA": "/etc"}},
        {"commands": "a", "buildDir": "d", "timeout": 0},
    ],
    "localWebServer": [{}, {"path": "../a"}],
    "zipDownload": [{"filename": "a/b"}],
    "folder": [{}, {"path": "/a"}],
}


def of_ours(ours):
    return [
        (type, ours.get(kind, type).config_schema)
        for kind in KINDS
        for type in ours.types(kind)
        if type in CONFIGS
    ]


def test_the_schemas_of_ours_are_draft_4_and_describe_what_they_ask_for(ours):
    for type, schema in of_ours(ours):
        jsonschema.Draft4Validator.check_schema(schema)
        assert schema["additionalProperties"] is False
        assert "hexColor" in schema["properties"]
        for name, part in schema["properties"].items():
            assert part["description"].endswith("."), (type, name)
        assert not {"const", "if", "$id"} & set(str(schema).replace("'", " ").split())


def test_the_schemas_of_ours_accept_what_is_meant_and_nothing_else(ours):
    seen = set()
    for type, schema in of_ours(ours):
        seen.add(type)
        validator = jsonschema.Draft4Validator(schema)
        for config in CONFIGS[type]:
            assert validator.is_valid(config), (type, config)
        for config in FAULTY[type]:
            assert not validator.is_valid(config), (type, config)
    assert seen == set(CONFIGS)


def test_a_plugin_needs_nothing_but_its_contract():
    assert Plugins.of(Local).broken == []
    assert Plugins.of(Remote).get("codesource", "remote") is None
