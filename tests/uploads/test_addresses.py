"""Addresses of uploads."""

import pytest

from ec_builds.uploads import Kind, Secret, Token, find

SECRET = "Aa0-_" + 38 * "x"


@pytest.mark.parametrize(
    "method, path, kind",
    [
        ("POST", "/objects", Kind.WHOLE),
        ("POST", "/api/objects", Kind.WHOLE),
        ("POST", "/builds/v1/app-1/run/7", Kind.FORM),
        ("POST", "/builds/v2/app-1/run/7", Kind.FORM),
        ("PUT", f"/uploads/{SECRET}/parts/12", Kind.PART),
        ("POST", f"/uploads/{SECRET}/form", Kind.FORM),
    ],
)
def test_some_addresses_take_large_bodies(method, path, kind):
    found = find(method, path)

    assert found.kind is kind
    assert found.secret(path) == (Secret(SECRET) if "uploads" in path else None)


@pytest.mark.parametrize(
    "method, path",
    [
        ("GET", "/objects"),
        ("post", "/objects"),
        ("POST", "/objects/"),
        ("POST", "/objects\n"),
        ("POST", "/x/objects"),
        ("POST", "/objects/1"),
        ("POST", "/"),
        ("POST", f"/uploads/{SECRET}/parts/1"),
        ("PUT", f"/uploads/{SECRET}/parts/"),
        ("PUT", f"/uploads/{SECRET}/parts/x"),
        ("PUT", f"/uploads/{SECRET}x/parts/1"),
        ("PUT", f"/uploads/{SECRET[1:]}/parts/1"),
        ("PUT", f"/uploads/{SECRET}/form"),
        ("POST", f"/uploads/{SECRET}/complete"),
        ("POST", "/builds/v3/builds/bld-1/run"),
        ("POST", "/builds/v1/app-1/2/run/7"),
        ("POST", "/builds/v1/app-1/create"),
    ],
)
def test_others_do_not(method, path):
    assert find(method, path) is None


def test_what_lets_one_in_is_shown_nowhere():
    assert SECRET not in f"{Secret(SECRET)!r} {Token(SECRET)!r}"
