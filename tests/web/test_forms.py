"""Forms, in all shapes in which clients send them, and in shapes that are none."""

import io
import tracemalloc
from dataclasses import replace

import pytest
from flask import Blueprint, Flask, jsonify
from flask.testing import FlaskClient

from ec_builds.config import MIB
from ec_builds.web import forms, problems
from ec_builds.web.body import LARGEST
from ec_builds.web.current import EXTENSION
from ec_builds.web.entrance import Entrance
from ec_builds.web.forms import FIELD, HEADER, HEADERS, PARTS, PIECE, Window, form
from tests.web.test_hostile_requests import Endless, chunked

LIMIT = 3 * MIB
#: As Node writes what stands between parts.
B = "----formdata-undici-012345678901"
TYPE = f"multipart/form-data; boundary={B}"
PATH = "/builds/v1/app/run/1"
#: What is within a file, and looks like its end but for a byte, or a line end.
NEARLY = f"\r\r\n\r\n--\r\n--{B[:-1]}\n--{B}--\r--{B}--\r\n--\r".encode()


def part(content, name="file", more='; filename="x.tgz"', headers=""):
    """A part of a form, with what stands before it."""
    content = content if isinstance(content, bytes) else content.encode()
    head = f'--{B}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n{headers}\r\n'
    return head.encode() + content + b"\r\n"


def whole(*parts):
    return b"".join(parts) + f"--{B}--\r\n".encode()


def in_chunks(body):
    """The environment of a request whose body is a form, and comes in chunks."""
    return chunked(Endless(body)) | {"CONTENT_TYPE": TYPE}


@pytest.fixture
def config(config):
    return replace(config, upload_limit=LIMIT)


@pytest.fixture
def send(runtime):
    """Sends a form to an application that tells what it has found in it."""
    blp = Blueprint("forms", __name__)

    @blp.post(PATH)
    def upload():
        found = form()
        content = found.file and found.file.read().decode("latin-1")
        assert content is None or len(content) == found.size
        return jsonify(fields=found.fields, file=content, held=runtime.uploads.held)

    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST + 1
    app.extensions[EXTENSION] = runtime
    app.wsgi_app = Entrance(app.wsgi_app, tuple)
    problems.register(app)
    app.register_blueprint(blp)

    def send(data=b"", content_type=TYPE, **options):
        client = FlaskClient(app, app.response_class)
        answer = client.post(PATH, data=data, content_type=content_type, **options)
        assert runtime.uploads.held == 0
        return answer

    return send


def found(answer):
    """The fields and the file that were found."""
    assert answer.status_code == 200, answer.text
    return answer.json["fields"], answer.json["file"]


FILE = part("bread")
FIELD_PART = part("value", "key", "")


@pytest.mark.parametrize(
    "body, expected",
    [
        (whole(), ({}, None)),  # as Node sends a form with nothing in it
        (whole().removesuffix(b"\r\n"), ({}, None)),
        (b"\r\n" + whole(), ({}, None)),  # as Go does
        (whole(FILE), ({}, "bread")),
        (whole(FILE).removesuffix(b"\r\n"), ({}, "bread")),
        (b"\r\n" + whole(FILE), ({}, "bread")),
        (whole(FIELD_PART), ({"key": "value"}, None)),
        (whole(FIELD_PART, FILE), ({"key": "value"}, "bread")),
        (whole(FILE, FIELD_PART), ({"key": "value"}, "bread")),
        (whole(part("1", "a", ""), FILE, part("2", "b", "")), ({"a": "1", "b": "2"}, "bread")),
        (whole(part("")), ({}, "")),
        (whole(part("", "key", "")), ({"key": ""}, None)),
        (whole(part("bread", more="")), ({}, "bread")),
        (whole(part("bread", more='; filename="blob"')), ({}, "bread")),
        (whole(part("bread", more='; filename="ä \\" %22 \' \\\\.tgz"')), ({}, "bread")),
        (whole(part("bread", more="; filename*=utf-8''%e4.tgz")), ({}, "bread")),
        (whole(part("bread", headers="Content-Type: application/gzip\r\n")), ({}, "bread")),
        (whole(part("bread", headers="content-length: 5\r\n")), ({}, "bread")),
        (whole(FILE.replace(b'"file"', b"file")), ({}, "bread")),
        (whole(FILE.replace(b"; ", b";")), ({}, "bread")),
        (whole(FILE.replace(b"Content-Disposition", b"content-disposition")), ({}, "bread")),
        (whole(FILE.replace(b"x.tgz", b"\xff\xfe")), ({}, "bread")),
        (whole(part("\xe4 \u20ac", "\xe4", "")), ({"\xe4": "\xe4 \u20ac"}, None)),
        (whole(part("x", "a%22b", "")), ({'a"b': "x"}, None)),
        (whole(part("x", 'a\\"b', "")), ({'a"b': "x"}, None)),
        (whole(part("bread", "File")), ({"File": "bread"}, None)),
        (whole(part("x" * FIELD, "key", "")), ({"key": "x" * FIELD}, None)),
        (whole(*(part(str(each), str(each), "") for each in range(PARTS))), None),
        (whole(part(NEARLY)), ({}, NEARLY.decode())),
        (whole(part("1", "a", ""), FILE) + b"and more", ({"a": "1"}, "bread")),
    ],
)
def test_a_form_is_its_fields_and_its_file(send, body, expected):
    told = found(send(body))

    assert told == (expected or ({str(each): str(each) for each in range(PARTS)}, None))
    assert found(send(environ_overrides=in_chunks(body))) == told


@pytest.mark.parametrize(
    "boundary, content_type",
    [
        (B, f"multipart/form-data;boundary={B}"),
        (60 * "a", f"Multipart/Form-Data; charset=utf-8; BOUNDARY={60 * 'a'}"),
        ("a b", 'multipart/form-data; boundary="a b"'),
        ("a'()+_,-./:=?", "multipart/form-data; boundary=\"a'()+_,-./:=?\""),
        (70 * "-", f'multipart/form-data; boundary="{70 * "-"}"'),
    ],
)
def test_what_stands_between_parts_may_be_anything(send, boundary, content_type):
    body = whole(FIELD_PART, FILE).replace(B.encode(), boundary.encode())

    assert found(send(body, content_type)) == ({"key": "value"}, "bread")


@pytest.mark.parametrize("content_type", [None, TYPE, "application/json"])
def test_no_body_is_an_empty_form(send, content_type):
    assert found(send(b"", content_type)) == ({}, None)


@pytest.mark.parametrize(
    "content_type",
    [
        None, "", "application/octet-stream", "application/x-www-form-urlencoded",
        "multipart/mixed; boundary=x", "multipart/form-data", "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\xe4", f"multipart/form-data; boundary={201 * 'x'}",
    ],
)
def test_another_type_is_told(send, content_type):
    answer = send(whole(FILE), content_type)

    assert (answer.status_code, answer.json["code"]) == (400, 3252)
    assert answer.json["detail"] == "Content-Type"


@pytest.mark.parametrize(
    "body",
    [
        b"bread",
        b"--" + whole(),
        whole(FILE)[:10],
        whole(FILE).removesuffix(b"--\r\n"),
        whole(FILE).removesuffix(b"-\r\n"),
        FILE,
        FILE.removesuffix(b"\r\n"),
        whole(FILE).replace(b"\r\n", b"\n"),
        whole(FILE).replace(B.encode(), B[:-1].encode()),
        whole(FILE, FILE),
        whole(FILE, part("other", more="")),
        whole(part("bread", headers="Content-Length: 6\r\n")),
        whole(part("bread", headers="Content-Length: 4\r\n")),
        whole(FILE.replace(b"form-data", b"attachment")),
        whole(FILE.replace(b"Content-Disposition", b"X")),
        whole(FILE.replace(b"Content-Disposition:", b"nonsense")),
        whole(part("x" * (FIELD + 1), "key", "")),
        whole(part("x\n" * (FIELD // 2) + "x", "key", "")),
        whole(*(part("", str(each), "") for each in range(PARTS + 1))),
        whole(part("bread", headers=f"X: {HEADER * 'x'}\r\n")),
        whole(part("bread", headers=HEADERS * "X: x\r\n")),
    ],
)
def test_what_is_no_form_is_told(send, body):
    for options in ({"data": body}, {"environ_overrides": in_chunks(body)}):
        answer = send(**options)

        assert (answer.status_code, answer.json["code"]) == (400, 3252), answer.text
        assert answer.json["verbose"]


def test_no_beginning_of_a_form_is_taken_for_all_of_it(send):
    body = whole(FIELD_PART, part(NEARLY))
    for size in range(1, len(body) - 2):
        assert send(body[:size]).status_code == 400, body[:size]


@pytest.mark.parametrize("size", [PIECE - 300, 2 * PIECE - 300])
def test_a_file_ends_where_it_ends_wherever_pieces_end(send, size):
    for more in range(250):
        content = (size + more) * "a" + "\r\n"
        read = io.BytesIO(whole(FIELD_PART, part(content), part("1", "b", "")))
        told = forms.read(read, B)

        assert told.size == len(content) and told.fields == {"key": "value", "b": "1"}
        assert told.file.read() == content.encode()


def test_a_file_has_a_limit(send):
    assert len(found(send(whole(part(LIMIT * "a"))))[1]) == LIMIT

    answer = send(whole(part((LIMIT + 1) * "a")))
    assert (answer.status_code, answer.json["code"]) == (413, 3113)
    assert str(LIMIT) in answer.json["verbose"]


def test_a_file_within_a_form_is_a_file():
    window = Window(io.BytesIO(b"fresh bread, butter"), 6)
    window.size = 5

    assert (window.read(2), window.tell(), window.read(), window.read(1)) == (b"br", 2, b"ead", b"")
    assert (window.seek(1), window.read(2)) == (1, b"re")
    assert (window.seek(-1, io.SEEK_END), window.read()) == (4, b"d")
    assert (window.seek(-2, io.SEEK_CUR), window.read()) == (3, b"ad")
    assert (window.seek(9), window.read()) == (9, b"")
    with pytest.raises(ValueError):
        window.seek(-1)


def test_a_form_is_never_in_memory(tmp_path):
    size = 20 * MIB
    with (tmp_path / "body").open("w+b", buffering=0) as body:
        body.write(part("")[:-2])
        body.seek(size, io.SEEK_CUR)
        body.write(b"\r\n" + whole(FIELD_PART))
        body.seek(0)
        tracemalloc.start()
        try:
            told = forms.read(body, B)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

        assert told.size == size and told.fields == {"key": "value"}
    assert peak < 2 * MIB
