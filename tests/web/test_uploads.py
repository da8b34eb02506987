"""Bodies that are uploaded, whichever server is around the application."""

import gzip
import io
import tracemalloc
from dataclasses import replace

import pytest
from flask import Blueprint, Flask, jsonify
from flask.testing import FlaskClient

from ec_builds.config import MIB
from ec_builds.web import problems
from ec_builds.web.body import LARGEST, uploaded
from ec_builds.web.current import EXTENSION
from ec_builds.web.entrance import Entrance
from tests.web.test_hostile_requests import Endless, chunked

LIMIT = 3 * MIB


class Zeros(io.RawIOBase):
    """A body of zeros, which are nowhere."""

    def __init__(self, size):
        self.left = size

    def readable(self):
        return True

    def readinto(self, buffer):
        size = min(len(buffer), self.left)
        buffer[:size] = bytes(size)
        self.left -= size
        return size


def sized(stream, length):
    """The environment of a request whose body has a length, or so it says."""
    return {"wsgi.input": stream, "CONTENT_LENGTH": str(length)}


@pytest.fixture
def config(config):
    return replace(config, upload_limit=LIMIT)


@pytest.fixture
def send(runtime):
    """Uploads a body to an application that tells how much of it there is."""
    blp = Blueprint("uploads", __name__)

    @blp.post("/objects")
    def upload():
        file, size = uploaded()
        assert file.tell() == 0
        return jsonify(size=size, begin=file.read(5).decode(), held=runtime.uploads.held)

    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST + 1
    app.extensions[EXTENSION] = runtime
    app.wsgi_app = Entrance(app.wsgi_app, tuple)
    problems.register(app)
    app.register_blueprint(blp)

    def send(**options):
        answer = FlaskClient(app, app.response_class).post("/objects", **options)
        assert runtime.uploads.held == 0
        assert not any(runtime.uploads.folder.glob("*"))
        return answer

    return send


def test_an_upload_is_a_file_and_its_size(send):
    answer = send(data=b"bread" + LARGEST * b"a")

    assert answer.json == {"size": LARGEST + 5, "begin": "bread", "held": LARGEST + 5}
    assert send().json["size"] == 0


def test_an_upload_may_come_in_chunks(send):
    answer = send(environ_overrides=chunked(Endless(b"bread" + LARGEST * b"a")))

    assert answer.json["size"] == LARGEST + 5


def test_an_upload_has_a_limit_of_its_own(send):
    assert send(environ_overrides=sized(Zeros(LIMIT), LIMIT)).json["size"] == LIMIT
    for answer in (
        send(environ_overrides=sized(Zeros(LIMIT + 1), LIMIT + 1)),
        send(environ_overrides=chunked(Zeros(LIMIT + 1))),
        send(environ_overrides=chunked(Zeros(100 * LIMIT))),
    ):
        assert (answer.status_code, answer.json["code"]) == (413, 3113)


def test_objects_are_uploads(client):
    plain = FlaskClient(client.application, client.application.response_class)
    plain.environ_base = client.environ_base

    answer = plain.post("/objects?name=flour", data=LIMIT * b"a")
    assert (answer.status_code, answer.json["size"]) == (201, LIMIT)

    answer = plain.post("/api/objects?name=flour", data=LIMIT * b"a" + b"a")
    assert (answer.status_code, list(answer.json)) == (400, ["file"])


def test_an_upload_that_is_cut_short_is_refused(send):
    for server in ({}, {"wsgi.input_terminated": True}):
        answer = send(environ_overrides=sized(Zeros(3), 5) | server)
        assert (answer.status_code, answer.json["code"]) == (400, 3252)


def test_an_upload_that_breaks_off_is_refused(send):
    class Broken(Endless):
        def read(self, size=-1):
            raise OSError("Invalid chunk size")

    answer = send(environ_overrides=chunked(Broken(b"")))

    assert (answer.status_code, answer.json["code"]) == (400, 3252)


def test_an_upload_is_not_unpacked(send):
    answer = send(data=gzip.compress(b"bread"), headers={"Content-Encoding": "gzip"})

    assert (answer.status_code, answer.json["detail"]) == (400, "Content-Encoding")


def test_uploads_have_to_wait_for_room(send, runtime):
    runtime.uploads.most = 1000
    for answer in (send(data=1001 * b"a"), send(environ_overrides=chunked(Zeros(1001)))):
        assert (answer.status_code, answer.json["code"]) == (503, 3003)
        assert answer.headers["Retry-After"]


def test_an_upload_is_never_in_memory(send, runtime):
    runtime.uploads.limit = 20 * MIB
    send(data=b"bread")
    tracemalloc.start()
    try:
        assert send(environ_overrides=chunked(Zeros(20 * MIB))).json["size"] == 20 * MIB
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < MIB
