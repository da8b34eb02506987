"""Which parts of a config are secret."""

import pytest

from ec_builds.plugins.datasources.own_data_manager import OwnDataManager
from ec_builds.plugins.marked import secrets
from ec_builds.plugins.platforms.website import Website

SECRET = {"type": "string", "format": "password"}


@pytest.mark.parametrize(
    "schema, config, found",
    [
        (Website.config_schema, {"secrets": {"A": "abcd", "B": "efgh"}}, {"abcd", "efgh"}),
        (Website.config_schema, {"environment": {"A": "abcd"}}, set()),
        (OwnDataManager.config_schema, {"url": "https://a", "token": "abcd"}, {"abcd"}),
        ({"additionalProperties": SECRET}, {"a": "b", "c": ""}, {"b"}),
        ({"additionalProperties": False}, {"a": "b"}, set()),
        ({"properties": {"a": {}}, "additionalProperties": SECRET}, {"a": "b", "c": "d"}, {"d"}),
        ({"items": SECRET}, ["a", 1, "b"], {"a", "b"}),
        ({"items": [{}, SECRET], "additionalItems": SECRET}, ["a", "b", "c"], {"b", "c"}),
        ({"anyOf": [{"type": "object"}, SECRET]}, "a", {"a"}),
        (
            {"definitions": {"s/t": SECRET}, "items": {"$ref": "#/definitions/s~1t"}},
            ["a"],
            {"a"},
        ),
        ({"$ref": "#", "items": SECRET}, ["a"], {"a"}),
        ({}, {"a": ["b"]}, set()),
    ],
)
def test_what_a_schema_marks_is_found(schema, config, found):
    assert secrets(schema, config) == found
