"""Whatever comes in as a body, the answer is a sentence (design, section 10)."""

import gzip
import json

import pytest

from ec_builds.store.app import App
from ec_builds.web.body import DEEPEST, LARGEST

GOOD = {"title": "Bakery", "hexColor": "#d97706"}


def nested(levels, opening=b"[", closing=b"]"):
    return opening * levels + closing * levels


#: What is not JSON, or not as far as we read it.
NOT_JSON = [
    b"{",
    b"nonsense",
    b"{'title': 'x'}",
    b'{"title": "x",}',
    b'{"title": 1e999}',
    b'{"title": NaN}',
    b'{"title": "\\ud800"}',
    b'{"title": "\\udc00\\ud800"}',
    b'{"title": "\xff"}',
    b'{"title": "\x01"}',
    b"\xff\xfe{\x00}\x00",
    b"\xef\xbb\xbf{}",
    b"title=Bakery&hexColor=%23d97706",
    nested(100_000),
    nested(2_000, b'{"a":', b"}"),
]


#: JSON all the same, but in words that are not UTF-8.
OTHER_CHARSETS = ["utf-16", "utf-16-le", "utf-32", "cp037", "utf-8-sig", "latin-1"]


@pytest.fixture
def send(client):
    """Tries to create an app with bytes."""

    def send(data, content_type="application/json", **options):
        return client.post("/", data=data, content_type=content_type, **options)

    return send


def test_a_missing_body_is_missing(client, send):
    for data in (b"", b" ", b"\r\n\t "):
        answer = send(data)
        assert (answer.status_code, answer.json["code"]) == (400, 3200)
        assert "detail" not in answer.json

    assert client.post("/").json["code"] == 3200
    assert client.put("/").json["code"] == 3200


def test_what_is_not_json_is_refused(send):
    for data in NOT_JSON:
        answer = send(data)
        assert (answer.status_code, answer.json["code"]) == (400, 3211), data[:40]
        assert answer.json["detail"] == "body"
        assert len(answer.data) < 2000


def test_json_that_is_no_object_is_refused(send):
    for data in (b"[]", b'[{"title": "x"}]', b"null", b"true", b"1", b'"x"'):
        answer = send(data)
        assert (answer.status_code, answer.json["code"]) == (400, 3211), data
        assert answer.json["verbose"] == "the body must be an object"


def test_a_nul_character_is_found_wherever_it_is(send):
    for more, detail in [
        ({"title": "a\0b"}, "title"),
        ({"x": {"y": ["a", "\0"]}}, "x/y/1"),
        ({"x": {"a\0b": 1}}, "x"),
        ({"\0": 1}, "body"),
    ]:
        answer = send(json.dumps({**GOOD, **more}))
        assert (answer.status_code, answer.json["code"]) == (400, 3211), more
        assert answer.json["detail"] == detail
        assert "NUL" in answer.json["verbose"]


def test_nesting_has_an_end(send):
    for levels, status in [(10, 201), (DEEPEST - 2, 201), (DEEPEST, 400), (70, 400), (900, 400)]:
        body = b'{"title": "x", "hexColor": "#d97706", "more": %s}' % nested(levels)
        answer = send(body)
        assert answer.status_code == status, levels
        if status == 400:
            assert (answer.json["code"], answer.json["detail"]) == (3211, "body")


def test_a_body_that_is_too_large_is_not_read(client, send):
    fits = json.dumps({**GOOD, "more": ""})
    fits = json.dumps({**GOOD, "more": "x" * (LARGEST - len(fits))})
    assert len(fits) == LARGEST

    assert send(fits).status_code == 201
    for answer in (
        send(fits + " "),
        send(b"x" * (3 * LARGEST)),
        client.put("/", data=fits + " "),
        client.post("/platform/build?platformID=00000000-0000-4000-8000-000000000000",
                    data=fits + " "),
    ):
        assert (answer.status_code, answer.json["code"]) == (413, 3113)
    assert App.select().count() == 1


def test_many_keys_and_many_items_are_no_trouble(send):
    body = {**GOOD, **{f"key {number}": [number] * 3 for number in range(20_000)}}

    assert send(json.dumps(body)).status_code == 201


def test_json_is_json_whatever_it_is_called(send):
    data = json.dumps({**GOOD, "title": "Größe"}, ensure_ascii=False).encode()

    for content_type in (
        "application/json",
        "application/hal+json",
        "application/json; charset=utf-8",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        "nonsense",
        "",
    ):
        answer = send(data, content_type)
        assert (answer.status_code, answer.json["title"]) == (201, "Größe"), content_type


def test_accept_is_no_condition(client, app):
    for accept in ("application/hal+json", "text/html", "image/png", "nonsense", ""):
        answer = client.get("/", headers={"Accept": accept})
        assert (answer.status_code, answer.mimetype) == (200, "application/hal+json")
        answer = client.get("/nowhere", headers={"Accept": accept})
        assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


def test_the_last_of_equal_keys_counts(send):
    answer = send(b'{"title": "first", "hexColor": "#d97706", "title": "last"}')

    assert answer.json["title"] == "last"


@pytest.mark.parametrize("charset", OTHER_CHARSETS)
def test_json_is_utf8_whatever_is_said(client, send, charset):
    data = '{"title": "Größe", "hexColor": "#d97706"}'.encode(charset)
    answer = send(data, f"application/json; charset={charset}")

    assert (answer.status_code, answer.json["code"]) in {(400, 3211), (400, 3201)}
    assert client.get("/").json["total"] == 0


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "x", "gzip, gzip", "", ","])
def test_a_packed_body_is_not_unpacked(client, send, coding):
    bomb = gzip.compress(json.dumps({**GOOD, "more": "x" * 10_000_000}).encode())
    for data in (bomb, json.dumps(GOOD)):
        answer = send(data, headers={"Content-Encoding": coding})
        assert (answer.status_code, answer.json["code"]) == (400, 3252)
        assert answer.json["detail"] == "Content-Encoding"
    assert send(json.dumps(GOOD), headers={"Content-Encoding": "Identity"}).status_code == 201


NUMBERS = ["1e308", "-1e308", "1e-400", "9223372036854775807", "9223372036854775808",
           "18446744073709551616", "9" * 400, "-0", "-0.0", "1e309", "0.1", "1" + "0" * 5000]


@pytest.mark.parametrize("number", NUMBERS)
def test_numbers_of_any_size_are_answered(client, app, number):
    for name in ("newest", "days", "bytes"):
        body = {"newest": None, "days": None, "bytes": None, name: "N"}
        address = f"/retention?appID={app['appID']}"
        answer = client.put(address, data=json.dumps(body).replace('"N"', number))
        assert answer.status_code in (200, 400), (name, answer.json)
        assert client.get(address).status_code == 200
        assert client.get(f"/retention/preview?appID={app['appID']}").status_code == 200
    answer = client.post(
        f"/codesource?appID={app['appID']}",
        data='{"codeSourceType": "stub", "config": {"files": {}, "n": %s}}' % number,
    )
    assert answer.status_code in (201, 400)
    if answer.status_code == 201:
        assert client.get(answer.json["_links"]["self"]["href"]).status_code == 200


def test_what_is_hidden_behind_equal_keys_is_not_seen_by_anybody(client, send):
    """One parser reads a body, so all that check it see the same."""
    for data in (
        b'{"title": "x", "hexColor": "#d97706", "hexColor": "red"}',
        b'{"title": "x", "hexColor": "#d97706", "title": 1}',
        b'{"title": "x", "hexColor": "#d97706", "\\u0074itle": null}',
    ):
        assert send(data).status_code == 400, data
    assert client.get("/").json["total"] == 0
