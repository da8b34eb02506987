"""Uploads of the Hathora face: parts, forms, and archives that go with the run.

The numbers are those of the lines of the checklist of its reference (section 11), counted through.
None of these archives has a Dockerfile, so a run soon fails, and says which archive it had.
"""

import io
import os
import socket
import tarfile
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from tests.acceptance.archives import OCTETS, file, hopeless, tgz
from tests.acceptance.hathora import Api, completing, exchange, piece, send, slots, told
from tests.acceptance.oldtools import Legacy, form

pytestmark = [pytest.mark.buildah, pytest.mark.registry]
CHUNK = 50
LIMIT = 1 << 20
MISSING = "Dockerfile"
#: Its instruction is one that nobody knows.
UNKNOWN = tgz({"Dockerfile": b"FROM scratch\nFLY away\n"})
ARCHIVE = hopeless()
#: How clients write the completing document.
STYLES = {
    "the CI tool": "\n\t<Part>\n\t\t<PartNumber>{}</PartNumber>\n\t\t<ETag>{}</ETag>\n\t</Part>",
    "Unity": "<Part><PartNumber>{}</PartNumber><ETag>{}</ETag></Part>",
    "Godot": "\r\n <Part>\r\n  <PartNumber> {} </PartNumber>\r\n<ETag> {} </ETag>\r\n  </Part>\n",
}
BOUNDARY = "a" * 60
#: Forms without a part: of Go, and of Node with and without its last line break.
EMPTY = {
    "go": f"\r\n--{BOUNDARY}--\r\n",
    "node": f"--{BOUNDARY}--\r\n",
    "old node": f"--{BOUNDARY}--",
    "fields": f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="x"\r\n\r\ny\r\n'
    f"--{BOUNDARY}--\r\n",
}


@pytest.fixture(scope="module")
def cloud(make_cloud):
    return make_cloud(
        "sqlite",
        EC_BUILDS_UPLOAD_CHUNK_SIZE=str(CHUNK),
        EC_BUILDS_UPLOAD_LIMIT=str(LIMIT),
        EC_BUILDS_TRUSTED_PROXIES="127.0.0.1",
    )


@pytest.fixture(scope="module")
def api(cloud):
    client = Api(cloud.root, cloud.token_of("uploader@example.com"))
    yield client
    client.close()


@pytest.fixture(scope="module")
def first(api):
    return api.builds("v1")


@pytest.fixture(scope="module")
def second(api):
    return api.builds("v2")


@pytest.fixture(scope="module")
def third(api):
    return api.builds("v3")


@pytest.fixture(scope="module", params=["v2", "v3"])
def builds(request, api):
    """Builds of the versions whose archives come in parts."""
    return api.builds(request.param)


def put_all(builds, created, archive):
    return [(each["partNumber"], builds.put(created, each, archive)) for each in slots(created)]


def complete(created, body):
    """The status of the answer to a completing document."""
    address, headers = created["completeUploadPostRequestUrl"], {"Content-Type": "application/xml"}
    return send("POST", address, content=body, headers=headers).status_code


def fails_for_want_of(text, builds, build_id, **options):
    """Whether a run goes to its end, at which it complains of something."""
    log = builds.run(build_id, **options)
    assert log.lines[-1].startswith("Error"), log.text
    assert builds.read(build_id)["status"] == "failed"
    return text in log.lines[-1]


def headers_of(boundary):
    return {"Content-Type": f"multipart/form-data; boundary={boundary}"}


@pytest.mark.parametrize("size", [1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_22_there_are_as_many_parts_as_are_needed(builds, size):
    created = builds.create_parts(size)

    assert created["maxChunkSize"] == CHUNK
    assert len(created["uploadParts"]) == -(-size // CHUNK)
    addresses = [each["putRequestUrl"] for each in created["uploadParts"]]
    assert len({*addresses, created["completeUploadPostRequestUrl"]}) == len(addresses) + 1


def test_22_addresses_are_those_by_which_the_client_came(third, second):
    """Whatever the name of the server, or of the proxy before it."""
    host, proxied = "builds.example.com:8080", "builds.example.com"
    proxy = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": proxied}
    for headers, root in (({"Host": host}, f"http://{host}/"), (proxy, f"https://{proxied}/")):
        options = {"json": {"buildSizeInBytes": 3 * CHUNK}, "headers": headers}
        made = third.api.json("POST", "/builds/v3/builds", 201, **options)
        form = second.api.json("POST", second.path_of("createWithUploadUrl"), 201, headers=headers)
        addresses = [each["putRequestUrl"] for each in made["uploadParts"]]
        addresses += [made["completeUploadPostRequestUrl"], form["uploadUrl"]]
        assert all(each.startswith(root) for each in addresses), addresses


def test_23_parts_come_at_the_same_time_in_any_order(builds):
    archive = tgz({"noise": os.urandom(20 * CHUNK)})
    created = builds.create_parts(len(archive))
    parts = list(reversed(created["uploadParts"]))

    assert len(parts) > 20
    with ThreadPoolExecutor(len(parts)) as together:
        tags = list(together.map(lambda each: builds.put(created, each, archive), parts))
    assert all(tags)
    numbers = [each["partNumber"] for each in parts]
    assert complete(created, completing(zip(numbers, tags))) == 200
    assert fails_for_want_of(MISSING, builds, created["buildId"])


def test_23_godot_writes_headers_with_blanks_and_reads_them_by_the_letter(cloud, third):
    created = third.create_parts(3)
    path = urlsplit(created["uploadParts"][0]["putRequestUrl"]).path
    head = (
        f"PUT {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        f"Content-Type : {OCTETS}\r\nContent-Length: 3\r\n\r\n"
    )
    answer = exchange(cloud.root, head.encode() + b"abc")

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b'\r\nETag: "' in answer


def test_23_a_part_can_come_again_instead_of_one_before(builds):
    created = builds.create_parts(len(ARCHIVE))
    for each in slots(created):
        builds.put(created, each, bytes(len(ARCHIVE)))
    builds.upload(created, ARCHIVE)

    assert fails_for_want_of(MISSING, builds, created["buildId"])


def test_23_a_part_whose_connection_was_cut_can_come_again(builds):
    created = builds.create_parts(len(ARCHIVE))
    last = slots(created)[-1]
    tags = put_all(builds, created, ARCHIVE)[:-1]
    again = builds.create_parts(len(ARCHIVE))
    parts = urlsplit(slots(again)[0]["putRequestUrl"])
    with socket.create_connection((parts.hostname, parts.port)) as connection:
        head = f"PUT {parts.path} HTTP/1.1\r\nHost: x\r\nContent-Length: {CHUNK}\r\n\r\nabc"
        connection.sendall(head.encode())

    assert complete(again, completing([(1, '"x"')])) == 400
    builds.upload(again, ARCHIVE)
    tags.append((last["partNumber"], builds.put(created, last, ARCHIVE)))
    assert complete(created, completing(tags)) == 200


@pytest.mark.parametrize("style", STYLES)
def test_24_documents_of_all_clients_complete_an_upload(builds, style):
    created = builds.create_parts(len(ARCHIVE))
    tags = put_all(builds, created, ARCHIVE)
    body = completing(tags, STYLES[style])

    assert complete(created, body) == 200
    assert complete(created, body) == 200, "again"
    assert fails_for_want_of(MISSING, builds, created["buildId"])


def test_24_parts_may_be_shuffled_and_tags_be_written_otherwise(third):
    ways = [
        lambda tag: tag.strip('"'),
        lambda tag: tag.replace('"', "&quot;"),
        lambda tag: f" {tag}\n",
    ]
    for way in ways:
        created = third.create_parts(len(ARCHIVE))
        tags = [(each, way(tag)) for each, tag in put_all(third, created, ARCHIVE)]
        body = completing(tags[1:] + tags[:1])
        assert complete(created, body) == 200, body
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    space = ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
    body = completing(tags).replace("Upload>", f"Upload{space}>", 1)
    assert complete(created, head + body) == 200


def faults(tags):
    """Documents that complete nothing."""
    bomb = "<!DOCTYPE x [<!ENTITY a 'aaaa'>]>"
    return {
        "an empty tag": completing([(tags[0][0], ""), *tags[1:]]),
        "a wrong tag": completing([(tags[0][0], '"0123"'), *tags[1:]]),
        "the word error": completing([(tags[0][0], "error"), *tags[1:]]),
        "a missing part": completing(tags[:-1]),
        "a part too many": completing([*tags, (99, '"x"')]),
        "a part twice": completing([*tags, (tags[0][0], '"x"')]),
        "no part": completing([]),
        "no document": "<Complete",
        "nothing": "",
        "another document": "<x/>",
        "entities": bomb + completing([(tags[0][0], "&a;"), *tags[1:]]),
        "no number": completing([("one", tags[0][1]), *tags[1:]]),
    }


@pytest.mark.parametrize("fault", faults([(1, "x")]))
def test_25_an_upload_with_a_fault_is_not_complete(builds, fault):
    created = builds.create_parts(len(ARCHIVE))
    tags = put_all(builds, created, ARCHIVE)

    assert complete(created, faults(tags)[fault]) == 400
    builds.api.refused("POST", builds.path_of("run", created["buildId"]), 400)
    assert builds.read(created["buildId"])["status"] == "created"
    assert complete(created, completing(tags)) == 200
    assert fails_for_want_of(MISSING, builds, created["buildId"])


def test_25_what_was_never_uploaded_cannot_be_run(builds):
    created = builds.create_parts(len(ARCHIVE))

    assert complete(created, completing([(1, '"x"')])) == 400
    builds.api.refused("POST", builds.path_of("run", created["buildId"]), 400)
    assert builds.read(created["buildId"])["status"] == "created"


@pytest.mark.parametrize("change", [-1, 1])
def test_26_an_archive_of_another_size_cannot_be_run(builds, change):
    created = builds.create_parts(len(ARCHIVE))
    tags = put_all(builds, created, ARCHIVE)
    last = slots(created)[-1]
    part = (piece(created, last, ARCHIVE) + b"x")[: len(piece(created, last, ARCHIVE)) + change]
    answer = send("PUT", last["putRequestUrl"], content=part)
    tags[-1] = (last["partNumber"], answer.headers.get("ETag", ""))

    assert complete(created, completing(tags)) == 400
    builds.api.refused("POST", builds.path_of("run", created["buildId"]), 400)


def test_26_a_part_longer_than_parts_are_is_refused(builds):
    created = builds.create_parts(2 * CHUNK)
    address = created["uploadParts"][0]["putRequestUrl"]

    for content in (bytes(CHUNK + 1), bytes(LIMIT + 1), iter([bytes(CHUNK), b"x"])):
        assert 400 <= send("PUT", address, content=content).status_code < 500


def test_26_what_is_no_archive_is_told_before_the_run(builds):
    created = builds.uploaded(b"PK\x03\x04 is not what is wanted" * 5)

    message = builds.api.refused("POST", builds.path_of("run", created["buildId"]), 400)
    assert "gzip" in message
    assert builds.read(created["buildId"])["status"] == "created"


def test_27_a_form_with_its_fields_in_order_is_taken(second):
    created = second.create_form(buildTag="")
    fields = [(each["key"], each["value"]) for each in created["uploadBodyParams"]]
    body = form(BOUNDARY, fields, "x.tgz", UNKNOWN)
    for content in (body, form(BOUNDARY, fields, "x.tgz", ARCHIVE)):
        sent = {"content": content, "headers": headers_of(BOUNDARY)}
        answer = send("POST", created["uploadUrl"], **sent)
        assert (answer.status_code, answer.content) == (204, b""), told(answer)

    assert fails_for_want_of(MISSING, second, created["buildId"]), "the later form counts"


def test_27_a_form_with_a_fault_is_refused(second):
    created = second.create_form()
    fields = [(each["key"], each["value"]) for each in created["uploadBodyParams"]]
    assert fields
    bad = [
        form(BOUNDARY, [(key, f"{value}x") for key, value in fields], "x.tgz", ARCHIVE),
        form(BOUNDARY, [], "x.tgz", ARCHIVE),
        form(BOUNDARY, fields, "x.tgz", bytes(LIMIT + 1)),
        EMPTY["go"].encode(),
        form(BOUNDARY, fields, "x.tgz", ARCHIVE)[:-100],
        b"",
    ]
    for content in bad:
        sent = {"content": content, "headers": headers_of(BOUNDARY)}
        answer = send("POST", created["uploadUrl"], **sent)
        assert 400 <= answer.status_code < 500, told(answer)
    second.api.refused("POST", second.path_of("run", created["buildId"]), 400)


def test_28_addresses_of_an_upload_take_no_token_and_are_of_one_build(builds):
    other, created = builds.create_parts(len(ARCHIVE)), builds.uploaded(ARCHIVE)
    assert not {each["putRequestUrl"] for each in slots(other)} & {
        each["putRequestUrl"] for each in slots(created)
    }
    tags = put_all(builds, other, ARCHIVE)
    builds.run(created["buildId"])

    for each in slots(created):
        answer = send("PUT", each["putRequestUrl"], content=piece(created, each, ARCHIVE))
        assert answer.status_code in (403, 404), told(answer)
    assert complete(created, completing(tags)) in (403, 404)
    assert complete(other, completing(tags)) == 200


def test_28_the_address_of_a_form_is_no_good_after_the_run(second):
    created = second.create_form()
    fields = [(each["key"], each["value"]) for each in created["uploadBodyParams"]]
    sent = {"content": form(BOUNDARY, fields, "x", ARCHIVE), "headers": headers_of(BOUNDARY)}
    assert send("POST", created["uploadUrl"], **sent).status_code == 204
    second.run(created["buildId"])

    assert send("POST", created["uploadUrl"], **sent).status_code in (403, 404)


@pytest.mark.parametrize("change", [lambda path: path[:-1] + "0", lambda path: path + "9"])
def test_28_an_address_that_was_not_given_is_not_there(third, change):
    created = third.create_parts(3 * CHUNK)
    parts = urlsplit(created["uploadParts"][0]["putRequestUrl"])

    answer = send("PUT", parts._replace(path=change(parts.path)).geturl(), content=b"x")
    assert answer.status_code in (400, 403, 404), told(answer)


def test_28_a_deleted_build_takes_no_upload(builds):
    created = builds.create_parts(len(ARCHIVE))
    builds.delete(created["buildId"])

    for each in slots(created):
        answer = send("PUT", each["putRequestUrl"], content=piece(created, each, ARCHIVE))
        assert answer.status_code in (403, 404), told(answer)


def test_29_the_first_version_takes_an_archive_as_a_stream(cloud, api, first, tmp_path):
    path = tmp_path / "bundle.tgz"
    path.write_bytes(ARCHIVE)
    tool = Legacy(cloud.root, api.token, first.app)

    ending = tool.call("create", path)
    assert ending.code == 0, ending.text
    assert ending.said[-1].startswith("Error")
    assert first.read(ending.result)["status"] == "failed"


def test_29_the_first_version_needs_a_file(first):
    build_id = first.create()["buildId"]
    path = first.path_of("run", build_id)

    for shape in EMPTY.values():
        sent = {"content": shape.encode(), "headers": headers_of(BOUNDARY)}
        first.api.refused("POST", path, 400, 422, **sent)
    first.api.refused("POST", path, 400, 422)
    first.api.refused("POST", path, 400, 422, json={})
    assert first.read(build_id)["status"] == "created"


@pytest.mark.parametrize("shape", [*EMPTY, None])
def test_30_a_form_without_a_file_runs_what_was_uploaded(second, shape):
    options = {"content": EMPTY[shape].encode(), "headers": headers_of(BOUNDARY)} if shape else {}
    created = second.uploaded(ARCHIVE)
    nothing = second.create()["buildId"]

    second.api.refused("POST", second.path_of("run", nothing), 400, **options)
    assert second.read(nothing)["status"] == "created"
    assert fails_for_want_of(MISSING, second, created["buildId"], **options)


def test_30_a_run_of_the_third_version_ignores_its_body(third):
    created = third.uploaded(ARCHIVE)

    assert fails_for_want_of(MISSING, third, created["buildId"], json={"orgId": "x"})


@pytest.mark.parametrize("accepted", [
    "*/*", "application/json;q=1, application/json;q=0.7, text/plain;q=0", "image/png",
])
def test_32_what_a_client_accepts_does_not_matter(first, accepted):
    build_id, headers = first.create()["buildId"], {"Accept": accepted}

    options = {"files": file(ARCHIVE), "headers": headers}
    assert fails_for_want_of(MISSING, first, build_id, **options)


def test_31_a_file_of_the_run_counts_more_than_a_form_before(second):
    created = second.create_form()
    fields = [(each["key"], each["value"]) for each in created["uploadBodyParams"]]
    sent = {"content": form(BOUNDARY, fields, "x", UNKNOWN), "headers": headers_of(BOUNDARY)}
    assert send("POST", created["uploadUrl"], **sent).status_code == 204

    assert fails_for_want_of(MISSING, second, created["buildId"], files=file(ARCHIVE))


@pytest.mark.parametrize("kind, name", [
    (OCTETS, "x.tgz"), ("application/gzip", "x.tar.gz"), ("text/plain", "blob"),
    (OCTETS, "../../etc/passwd"), (OCTETS, 'a"b;c=\r\n'),
])
def test_31_the_name_and_the_type_of_a_file_do_not_matter(first, kind, name):
    build_id = first.create()["buildId"]

    assert fails_for_want_of(MISSING, first, build_id, files={"file": (name, ARCHIVE, kind)})


def test_an_archive_beyond_the_limit_is_refused_and_the_build_waits(first):
    build_id = first.create()["buildId"]
    path, large = first.path_of("run", build_id), b"\x1f\x8b" + bytes(LIMIT)

    first.api.refused("POST", path, 400, 422, files=file(large))
    assert first.read(build_id)["status"] == "created"
    assert fails_for_want_of(MISSING, first, build_id, files=file(ARCHIVE))


def test_a_run_whose_upload_was_cut_leaves_the_build_as_it_was(cloud, first):
    build_id = first.create()["buildId"]
    body = form(BOUNDARY, (), "x.tgz", ARCHIVE)
    path = first.path_of("run", build_id)
    parts = urlsplit(cloud.root)
    with socket.create_connection((parts.hostname, parts.port)) as connection:
        head = (
            f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {first.api.token}\r\n"
            f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        connection.sendall(head.encode() + body[:-90])

    assert fails_for_want_of(MISSING, first, build_id, files=file(ARCHIVE))


def test_many_upload_at_a_time(builds):
    def outcome(number):
        archive = tgz({f"{number}": os.urandom(5 * CHUNK)})
        created = builds.uploaded(archive)
        return builds.run(created["buildId"]).lines[-1], builds.read(created["buildId"])["status"]

    with ThreadPoolExecutor(8) as together:
        outcomes = list(together.map(outcome, range(8)))
    assert {status for _, status in outcomes} == {"failed"}
    assert all(MISSING in line for line, _ in outcomes)


def entry(name, **fields):
    """An archive of one entry that is no common file, and a Dockerfile."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for info in (tarfile.TarInfo(name), tarfile.TarInfo("Dockerfile")):
            for field, value in (fields if info.name == name else {}).items():
                setattr(info, field, value)
            archive.addfile(info)
    return packed.getvalue()


HOSTILE = {
    "a way out": entry("../escaped"),
    "a place of its own": entry("/escaped"),
    "a way out in the middle": entry("a/../../escaped"),
    "a link out": entry("way", type=tarfile.SYMTYPE, linkname="../../etc"),
    "a link to the root": entry("way", type=tarfile.SYMTYPE, linkname="/etc"),
    "a hard link out": entry("way", type=tarfile.LNKTYPE, linkname="../../etc/passwd"),
    "a device": entry("way", type=tarfile.CHRTYPE, devmajor=1, devminor=3),
    "a pipe": entry("way", type=tarfile.FIFOTYPE),
    "half of one": ARCHIVE[: len(ARCHIVE) // 2],
    "noise": b"\x1f\x8b\x08\x00" + os.urandom(200),
    "a tar of noise": tgz({})[:10] + os.urandom(100),
}


@pytest.mark.parametrize("archive", HOSTILE.values(), ids=list(HOSTILE))
def test_34_a_hostile_archive_is_a_build_that_failed(third, archive):
    log, build = third.outcome(archive)

    assert build["status"] == "failed"
    assert log.lines[-1].startswith("Error"), log.text
