"""A token in the query is for the guard alone: nothing else of an answer or of the log has it."""

import io
import logging

import pytest
from werkzeug.test import EnvironBuilder

from ec_builds.logs import Handler, Json, Text, discreet
from ec_builds.web.entrance import Entrance, without

#: Queries with a token {}.
QUERIES = [
    "_token={}", "_token={}&sort=title", "sort=title&_token={}", "%5Ftoken={}", "_toke%6E={}",
    "%5f%74%6F%6b%65%6e={}", "_token={}&_token={}", "&&_token={}&", "sort=title;_token={}",
    "sort=title&_token={}&size=x", "size=x&%5Ftoken={}", "_token={}&nonsense=1", "?_token={}",
    "_token={}&title=%ff", "_token={}#x",
]


@pytest.mark.parametrize(
    "before, after",
    [
        ("", ""), ("a=b", "a=b"), ("a=b?", "a=b?"), ("_token=x", ""), ("_token", ""),
        ("a=b&_token=x", "a=b"), ("_token=x&a=b", "a=b"), ("a=b&_token=x&c=d", "a=b&c=d"),
        ("%5Ftoken=x&a=b", "a=b"), ("a_token=x", "a_token=x"), ("a=_token=x", "a=_token=x"),
        ("_tokens=x", "_tokens=x"), ("a=b;_token=x", "a=b"), ("a=b;c", "a=b;c"),
        ("/x?_token=x", "/x"), ("/x?_token=x&a=b", "/x?a=b"), ("/x?a=b&_token=x#y", "/x?a=b"),
        ("https://h/x?_TOKEN=x", "https://h/x"), ("/x&_token=x", "/x"),
    ],
)
def test_a_query_without_its_token_is_as_it_was(before, after):
    assert without(before) == after


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("path", ["/", "/no/such", "/platform/build", "/docs", "/schema/app"])
def test_a_token_is_nowhere_but_in_its_request(anonymous, token, caplog, query, path):
    caplog.set_level(0)
    for value in (token, "SECRET" * 100, "SECRET" * 2000, "SECRET%zz", "SEC%52ET%00"):
        answer = anonymous.get(f"{path}?{query.replace('{}', value)}")

        told = f"{answer.text} {answer.headers} {caplog.text}" + str(
            [vars(each) for each in caplog.records]
        )
        told = told.replace("invalid_token", "")  # as the challenge says it
        for secret in (value, "SECRET", "_token", "%5Ftoken"):
            assert secret not in told.replace('"name":"_token"', ""), secret
        assert answer.status_code < 500


def test_a_token_that_is_no_parameter_is_kept_secret_as_well(anonymous, caplog):
    caplog.set_level(0)
    for path in ("/no/such&_token=SECRET", "/no/such;_token=SECRET", "/no/such%3F_token=SECRET"):
        answer = anonymous.get(path)

        assert "SECRET" not in f"{answer.text} {answer.headers} {caplog.text}", path


def test_a_defect_is_logged_without_the_token(anonymous, token, application, monkeypatch, caplog):
    def fail(**arguments):
        raise ZeroDivisionError

    monkeypatch.setitem(application.view_functions, "types.Types", fail)
    answer = super(type(anonymous), anonymous).open(f"/plugintypes?_token={token}")

    assert (answer.status_code, answer.json["code"]) == (500, 3000)
    assert "ZeroDivisionError" in caplog.text and token not in caplog.text + answer.text


def test_no_figure_has_a_token(anonymous, token):
    anonymous.get(f"/?_token={token}")
    anonymous.get(f"/{token}?%5Ftoken={token}")
    anonymous.open(f"/?_token={token}", method="SECRET")

    text = anonymous.get("/metrics").text
    assert token not in text and "SECRET" not in text and "_token" not in text


def test_no_event_has_a_token(anonymous, token, make_platform):
    builds = make_platform()["_links"]["ec:app/builds"]["href"]
    built = anonymous.post(f"{builds}&_token={token}")

    assert built.status_code == 201 and token not in built.text
    done = anonymous.get(f"{built.json['_links']['self']['href']}&_token={token}")
    assert done.status_code == 200 and token not in done.text and "_token" not in done.text


@pytest.mark.parametrize("form", [Text(False), Json()])
@pytest.mark.parametrize(
    "line",
    [
        "Error handling request GET /?_token={}", "'GET /?a=b&_token={} HTTP/9'",
        "/?%5Ftoken={}&a=b", "%3F_token%3D{}", '{"a": "/?_toke%6e={}"}',
    ],
)
def test_no_line_of_the_log_has_a_token(capsys, form, line):
    handler = Handler()
    handler.setFormatter(form)
    record = logging.LogRecord("x", 40, "x.py", 1, "%s", (line.replace("{}", "a.SECRET-b"),), None)
    handler.handle(record)

    said = capsys.readouterr().err
    assert "SECRET" not in said and "***" in said

    assert discreet(record)
    assert "SECRET" not in record.getMessage()


#: An address of an upload, with what nobody can guess.
UPLOAD = f"/uploads/{43 * 'S'}/parts/1"


def test_what_nobody_can_guess_of_an_address_is_kept_from_the_server_around_us():
    seen = {}
    entrance = Entrance(lambda environ, start_response: seen.update(environ), tuple)
    environ = EnvironBuilder(path=UPLOAD, headers={"Referer": f"http://x{UPLOAD}"}).get_environ()

    entrance(environ, None)

    assert seen["PATH_INFO"] == UPLOAD
    assert {seen[name] for name in ("RAW_URI", "REQUEST_URI")} == {"/uploads/***/parts/1"}
    assert seen["HTTP_REFERER"] == "http://x/uploads/***/parts/1"


def test_what_nobody_can_guess_of_an_address_is_in_no_log():
    told = io.StringIO()
    record = logging.LogRecord("x", logging.INFO, "x", 1, "PUT %s", (UPLOAD,), None)
    for form in (Json(), Text(is_coloured=False)):
        handler = Handler(told)
        handler.setFormatter(form)
        handler.handle(record)

    assert told.getvalue().count("/uploads/***/parts/1") == 2
    assert "SSS" not in told.getvalue()
