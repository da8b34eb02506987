"""`ec-builds types`: the plugins of this machine."""

import json
import re

import pytest

from ec_builds.plugins.registry import KINDS, Plugins


@pytest.fixture
def left_out(tmp_path, monkeypatch):
    """A package whose plugin cannot be imported is installed."""
    package = tmp_path / "broken/ec_builds_broken-1.0.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: ec-builds-broken\nVersion: 1\n")
    (package / "entry_points.txt").write_text("[ec_builds.targets]\nmoon = not_there:Moon\n")
    monkeypatch.syspath_prepend(str(package.parent))


def test_every_plugin_and_every_property_is_shown(call):
    plugins = Plugins.installed()

    told = call("types").stdout

    for kind in KINDS:
        for type in plugins.types(kind):
            assert re.search(rf"^  {type}  \S", told, re.M)
            schema = plugins.get(kind, type).config_schema
            for name in schema["properties"]:
                mark = r"\*" if name in schema.get("required", ()) else " "
                assert re.search(rf"^ +{name}{mark} +\S", told, re.M)
    assert "* is required" in told
    assert "[default: .]" in " ".join(told.split())


def test_programs_get_the_whole_schemas(call):
    told = json.loads(call("types", "--json").stdout)

    git = next(each for each in told["codesource"] if each["type"] == "remoteGit")
    assert git["configSchema"]["required"] == ["giturl"]
    assert git["description"].startswith("Fetches one commit")
    assert git["source"] == "ec_builds.plugins.codesources.remote_git:RemoteGit"
    assert told["leftOut"] == []


def test_what_is_left_out_is_told_with_the_reason(call, left_out):
    result = call("types")
    assert "The target plugin “moon” of not_there:Moon is left out" in result.stdout
    assert "No module named 'not_there'" in result.stdout
    assert result.stderr == ""

    (told,) = json.loads(call("types", "--json").stdout)["leftOut"]
    assert (told["kind"], told["type"]) == ("target", "moon")
    assert "not_there" in told["reason"]


def test_a_doctor_tells_it_too(call, left_out):
    result = call("doctor")

    assert result.exit_code == 0
    assert "! plugins    The target plugin “moon” of not_there:Moon is left out" in result.stdout
