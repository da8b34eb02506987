"""Which plugins there are, as clients see them (reference 3.4)."""

import pytest
from jsonschema import Draft4Validator

ARRAYS = {
    "platformTypes": "platform-type",
    "codeSourceTypes": "code-source",
    "dataSourceTypes": "data-source",
    "targetTypes": "target-type",
}


@pytest.fixture
def types(client, narrow):
    return client.get("/plugintypes").json


def test_all_four_kinds_are_lists_of_types_in_order(types):
    names = {array: [each["type"] for each in types[array]] for array in ARRAYS}

    assert {"staticWebsite", "website"} <= {*names["platformTypes"]}
    assert {"remoteGit", "zipFile", "stub"} <= {*names["codeSourceTypes"]}
    assert {"ownDataManager", "stub"} <= {*names["dataSourceTypes"]}
    assert {"localWebServer", "zipDownload", "folder"} <= {*names["targetTypes"]}
    assert all(found == sorted(found) for found in names.values())


def test_a_type_says_what_its_config_has_to_be(types):
    for array, part in ARRAYS.items():
        for each in types[array]:
            Draft4Validator.check_schema(each["configSchema"])
            address = f"http://localhost/schema/types/{part}/{each['type']}"
            assert each["configSchema"]["id"] == address
            assert isinstance(each["typeConfig"], dict)


def test_a_type_may_be_restricted_unless_it_is_a_platform(types):
    assert all("restrictToPlatformType" not in each for each in types["platformTypes"])
    for array in list(ARRAYS)[1:]:
        restricted = {each["type"]: each["restrictToPlatformType"] for each in types[array]}
        assert restricted["narrow"] == "staticWebsite"
        others = {None, "containerImage"}  # the latter for what is uploaded
        assert {only for only in restricted.values()} <= {"staticWebsite", *others}


def test_a_type_tells_what_its_plugin_tells(types):
    narrow = next(each for each in types["targetTypes"] if each["type"] == "narrow")

    assert narrow["typeConfig"] == {"logo": "narrow.svg"}
    assert narrow["configSchema"]["required"] == ["depth"]


def test_types_lead_back_to_the_entry_point(types):
    assert types["_links"].keys() == {"curies", "self", "ec:apps"}
    assert types["_links"]["self"] == {
        "href": "http://localhost/plugintypes",
        "profile": "http://localhost/schema/app-plugin-types",
    }
    assert types["_links"]["ec:apps"]["href"] == "http://localhost/"


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_types_can_only_be_read(client, method):
    answer = getattr(client, method)("/plugintypes", json={})

    assert (answer.status_code, answer.json["code"]) == (405, 3110)
    assert answer.json["detail"] == method.upper()
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
