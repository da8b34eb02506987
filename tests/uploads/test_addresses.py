"""Addresses of uploads."""

import pytest

from ec_builds.uploads import is_upload


@pytest.mark.parametrize(
    "method, path, expected",
    [
        ("POST", "/objects", True),
        ("POST", "/api/objects", True),
        ("GET", "/objects", False),
        ("post", "/objects", False),
        ("POST", "/objects/", False),
        ("POST", "/objects\n", False),
        ("POST", "/x/objects", False),
        ("POST", "/objects/1", False),
        ("POST", "/", False),
    ],
)
def test_few_addresses_take_large_bodies(method, path, expected):
    assert is_upload(method, path) is expected
