"""Code sources, data sources and targets, as the official client uses them."""

import pytest

KINDS = [
    ("CodeSource", "codesource", "codeSource"),
    ("DataSource", "datasource", "dataSource"),
    ("Target", "target", "target"),
]


@pytest.fixture
def steps(script):
    return script("plugins")


@pytest.mark.parametrize("method, path, name", KINDS)
def test_each_kind_is_created_listed_and_read(steps, method, path, name):
    created = steps[f"create{method}"]
    (posted,) = created.lines  # the client knows the template from before

    assert posted.startswith(f"POST /{path}?appID=")
    owner = posted.partition("=")[2]
    assert steps[f"{name}List"].lines == [f"GET /{path}?appID={owner}&_list=true"]
    assert created.value in steps[f"{name}List"].value["items"]
    own = f"{name}ID={created.value[f'{name}ID']}"
    assert steps[name].lines == [f"GET /{path}?appID={owner}&{own}"]
    assert steps[name].value == created.value


def test_configs_come_back_as_they_were_sent(steps):
    code = steps["codeSource"].value["config"]
    data = steps["dataSource"].value["config"]["data"]

    assert code == {"_title": "Löwe", "files": {"a b/c.txt": "ü \"“"}}
    assert data == {"nothing": None, "list": [1, 2.5, True, None], "deep": {"ü": None}}
    assert steps["titles"].value == ["Löwe", "stub"]


def test_a_plugin_is_saved_after_a_look_at_its_schema(steps):
    schema, *_, put = steps["save"].lines

    assert schema == "GET /schema/codesource"
    assert put == f"PUT /codesource?codeSourceID={steps['createCodeSource'].value['codeSourceID']}"
    assert steps["save"].value["config"] == {"_title": "Tiger", "files": {}}
    assert steps["resolve"].value == steps["save"].value
    assert steps["save right after create"].value["config"] == {"path": "plugins/moved"}


def test_a_config_that_does_not_fit_its_type_is_told_with_its_path(steps):
    wrong, missing = steps["save with a wrong config"].error, steps["missing config key"].error

    assert (wrong["code"], wrong["detail"]) == (3211, "config/path")
    assert "path" in wrong["verbose"]
    assert (missing["code"], missing["detail"]) == (3201, "config/path")
    unknown = steps["unknown type"].error
    assert (unknown["code"], unknown["detail"]) == (3311, "targetType")
    assert steps["missing config"].lines == []
    assert steps["missing config"].error["code"] == 9201
    assert steps["save with an extra property"].lines == []


def test_an_object_whose_save_failed_can_be_read_again(steps):
    assert steps["resolve after a failed save"].value["config"] == {"path": "plugins/moved"}


@pytest.mark.parametrize("what", ["code source", "data source", "target"])
def test_what_a_platform_uses_cannot_be_deleted(steps, what):
    error = steps[f"delete a used {what}"].error

    assert (error["status"], error["code"]) == (403, 3370)
    assert error["title"] == "Cannot delete Resource. Is used."
    assert steps["codeSource is still there"].value["codeSourceType"] == "stub"


def test_what_no_platform_uses_any_more_can_be_deleted(steps):
    names = ("delete the platform", "delete the code source", "delete the data source")
    assert [steps[name].value for name in names] == [[], [], []]
    *_, deleted = steps["deleteResource"].lines
    assert deleted.startswith("DELETE /target?targetID=")
    error = steps["codeSource that was deleted"].error
    assert (error["status"], error["code"], error["detail"]) == (404, 3102, "codeSourceID")
