"""Logs and streams over HTTP."""

import io

import pytest

from ec_builds.store.build import Build
from ec_builds.store.log import LogSegment
from tests.watching import logged, parsed


@pytest.fixture
def built(make_platform, build):
    """A build that printed something."""
    config = {"commands": ["mkdir out; echo Größe > out/a; cat out/a"], "buildDir": "out"}
    return build(make_platform(platformType="website", config=config))


LOG = "$ mkdir out; echo Größe > out/a; cat out/a\nGröße\n".encode()


def address(document, relation):
    return document["_links"][relation]["href"]


@pytest.fixture
def log(built):
    return address(built, "ec:app/build/log")


@pytest.fixture
def stream(built):
    return address(built, "ec:app/build/events/stream")


def test_a_log_is_plain_text(client, log):
    answer = client.get(log)

    assert (answer.status_code, answer.data) == (200, LOG)
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Content-Security-Policy"] == "sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    head = client.head(log)
    assert (head.status_code, head.data, head.content_length) == (200, b"", len(LOG))
    known = client.get(log, headers={"If-None-Match": answer.headers["ETag"]})
    assert (known.status_code, known.data) == (304, b"")


def test_a_part_of_a_log_can_be_had(client, log):
    for wanted, part in [("bytes=0-0", LOG[:1]), ("bytes=-8", LOG[-8:]), ("bytes=5-", LOG[5:])]:
        answer = client.get(log, headers={"Range": wanted})
        assert (answer.status_code, answer.data) == (206, part)
    beyond = client.get(log, headers={"Range": f"bytes={len(LOG)}-"})
    assert (beyond.status_code, beyond.json["code"]) == (416, 3114)
    assert beyond.headers["Content-Range"] == f"bytes */{len(LOG)}"


def test_a_log_that_grows_has_another_tag(client, built, log, runtime):
    before = client.get(log)
    number = built["buildID"]
    fence = Build.get_by_id(number).fence
    runtime.storage.put("more", io.BytesIO(b"more\n"))
    LogSegment.append(number, fence, len(LOG), 5, "more")

    after = client.get(log, headers={"If-None-Match": before.headers["ETag"]})
    assert (after.status_code, after.data) == (200, LOG + b"more\n")
    rest = {"Range": f"bytes={len(LOG)}-", "If-Range": after.headers["ETag"]}
    assert client.get(log, headers=rest).data == b"more\n"


def test_a_build_that_printed_nothing_has_an_empty_log(client, make_platform, build):
    log = address(build(make_platform(files={})), "ec:app/build/log")
    for answer in (client.get(log), client.get(log, headers={"Range": "bytes=0-"})):
        assert answer.data == b"" or answer.status_code == 416
    assert client.get(log).status_code == 200


def test_a_stream_tells_a_build_from_beginning_to_end(client, built, stream):
    answer = client.get(stream)

    assert (answer.status_code, answer.mimetype) == (200, "text/event-stream")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Accel-Buffering"] == "no"
    assert answer.data.startswith(b"retry: 1000\n\n")
    found = parsed(answer.data)
    assert [each.json for each in found if each.name == "event"] == built["events"]
    assert "\n".join([*logged(found), ""]).encode() == LOG
    assert [(each.name, each.json) for each in found[-2:]] == [
        ("state", {"status": "SUCCEEDED", "successful": "success"}), ("end", None),
    ]
    assert client.get(stream).data == answer.data
    head = client.head(stream)
    assert (head.status_code, head.data, head.mimetype) == (200, b"", "text/event-stream")


@pytest.mark.parametrize("way", ["header", "query", "both"])
def test_a_stream_goes_on_after_an_id(client, stream, way):
    found = parsed(client.get(stream).data)

    def after(last_id):
        headers = {} if way == "query" else {"Last-Event-ID": last_id}
        in_query = {"header": "", "query": last_id, "both": "0-0"}[way]
        query = f"&lastEventId={in_query}" if in_query else ""
        return client.get(stream + query, headers=headers)

    assert parsed(after(found[4].id).data) == found[5:]
    gone = after(found[-1].id)
    assert (gone.status_code, gone.data) == (204, b"")


def test_a_strange_id_is_a_problem(client, stream):
    for last_id in ("x", "1-1-1", "0-99999", "99999-0"):
        answer = client.get(stream, headers={"Last-Event-ID": last_id})
        assert (answer.status_code, answer.json["code"]) == (400, 3252)
        assert answer.json["detail"] == "Last-Event-ID"
        assert client.get(f"{stream}&lastEventId={last_id}").status_code == 400


@pytest.mark.parametrize("path", ["log", "events/stream"])
def test_only_builds_have_logs_and_streams(client, anonymous, built, path):
    for query, status, code in [
        ("", 400, 3202),
        ("?buildID=", 400, 3202),
        ("?buildID=x", 400, 3212),
        ("?buildID=99", 404, 3102),
        ("?buildID=1,2", 400, 3212),
        ("?buildID=1&colour=red", 400, 3216),
    ]:
        answer = client.get(f"/platform/build/{path}{query}")
        assert (answer.status_code, answer.json["code"]) == (status, code), query
    client.delete(address(built, "self"))
    answer = client.get(f"/platform/build/{path}?buildID={built['buildID']}")
    assert (answer.status_code, answer.json["code"]) == (404, 3102)
    del anonymous.environ_base["HTTP_AUTHORIZATION"]
    assert anonymous.get(f"/platform/build/{path}?buildID=1").json["code"] == 3400


@pytest.mark.parametrize("path", ["log", "events/stream"])
def test_what_commands_print_can_only_be_read(client, built, path):
    url = f"/platform/build/{path}?buildID={built['buildID']}"

    assert client.options(url).headers["Allow"] == "GET, HEAD, OPTIONS"
    for method in ("post", "put", "delete"):
        assert getattr(client, method)(url).json["code"] == 3110


def test_a_server_that_stops_takes_no_watchers(client, stream, runtime):
    runtime.watch.stop()

    answer = client.get(stream)
    assert (answer.status_code, answer.json["code"]) == (503, 3003)
    assert answer.headers["Retry-After"] == "2"
