"""Registries that mean us ill are told apart from good ones before anything of theirs is used."""

import dataclasses
import itertools
import json
import threading

import pytest

from ec_builds.network import Network
from ec_builds.oci import (
    Broken, ImageError, Missing, Refused, Unfit, Unreachable, copy, inspect, manifest, transfer,
)
from ec_builds.oci.manifest import INDEX, LAYER, MANIFEST, Descriptor
from tests.oci import making

OTHER = "sha256:" + "0" * 64


@pytest.fixture
def parts(double):
    """The manifest as a document, to be changed."""
    return json.loads(double.image.content)


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(transfer, "PAUSES", (0, 0))


def refuse(what, kind, words, *args):
    with pytest.raises(kind, match=words) as refused:
        what(*args)
    return refused.value


def test_an_honest_double_is_believed(double, reach, reference):
    assert inspect(reach(), reference).digest == double.image.digest


def test_an_endless_manifest_is_not_read(double, reach, reference, network):
    def pour(request):
        request.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        for piece in itertools.repeat(b" " * 65536):
            request.wfile.write(piece)

    double.routes["GET", double.path("manifests", "7")] = pour
    refuse(inspect, Broken, "more than 4194304 bytes", reach(), reference)


def test_a_manifest_that_announces_too_much_is_not_read(double, reach, reference):
    double.offer_document(b"{}", Content_Length=str(1 << 40))
    refuse(inspect, Broken, "more than 4194304 bytes", reach(), reference)


@pytest.mark.parametrize("pinned", [True, False])
def test_another_manifest_than_its_digest_says_is_refused(double, reach, reference, pinned):
    content = double.image.content + b" "
    told = {} if pinned else {"Docker_Content_Digest": double.image.digest}
    wanted = double.image.digest if pinned else "7"
    double.offer(content, MANIFEST, wanted, **told)

    reference = reference.pinned(double.image.digest) if pinned else reference
    refuse(inspect, Broken, "another manifest", reach(), reference)


@pytest.mark.parametrize(
    "change, kind, words",
    [
        (b"", Broken, "not JSON"),
        (b"[" * 100_000, Broken, "not JSON"),
        (b"\xff", Broken, "not JSON"),
        (b"[]", Broken, "not a JSON object"),
        (b"7", Broken, "not a JSON object"),
        ({"mediaType": 7}, Broken, "a type that is none"),
        ({"mediaType": "application/vnd.docker.manifest.v1+json"}, Unfit, "understood"),
        ({"fsLayers": []}, Unfit, "understood"),
        ({"manifests": []}, Unfit, "understood"),
        ({"layers": None}, Unfit, "no layers"),
        ({"layers": {}}, Unfit, "no layers"),
        ({"layers": [None]}, Broken, "digest"),
        ({"layers": [{"digest": "../../../etc/passwd"}]}, Broken, "digest"),
        ({"layers": [{"digest": OTHER, "size": -1, "mediaType": LAYER}]}, Broken, "size"),
        ({"layers": [{"digest": OTHER, "size": 1.5, "mediaType": LAYER}]}, Broken, "size"),
        ({"layers": [{"digest": OTHER, "size": True, "mediaType": LAYER}]}, Broken, "size"),
        ({"layers": [{"digest": OTHER, "size": 1}]}, Broken, "type"),
        ({"layers": [{"digest": OTHER, "size": 1 << 60, "mediaType": LAYER}]}, Unfit, "bytes"),
        ({"layers": [{"digest": OTHER, "size": 1, "mediaType": "text/html"}]}, Unfit, "Linux"),
        ({"layers": [Descriptor(OTHER, 1, LAYER).as_dict()] * 501}, Unfit, "500"),
        (
            {"layers": [Descriptor(OTHER, size, LAYER).as_dict() for size in (1, 2)]},
            Broken, "two sizes",
        ),
        ({"config": None}, Broken, "digest"),
        ({"config": {"digest": OTHER, "size": 1 << 30, "mediaType": ""}}, Unfit, "config"),
        ({"config": {"digest": OTHER, "size": 9, "mediaType": ""}}, Missing, "has no"),
    ],
    ids=str,
)
def test_a_manifest_that_is_none_is_refused(double, reach, reference, parts, change, kind, words):
    document = change if isinstance(change, bytes) else parts | change
    double.offer_document(document)

    refuse(inspect, kind, words, reach(), reference)


@pytest.mark.parametrize(
    "index, kind, words",
    [
        ({"manifests": None}, Broken, "no list"),
        ({"manifests": [{}] * 1001}, Broken, "1000"),
        ({"manifests": []}, Unfit, "linux/amd64"),
        ({"manifests": [7, None]}, Unfit, "linux/amd64"),
        ({"manifests": [{"platform": {"os": "linux", "architecture": "arm64"}}]}, Unfit, "amd64"),
        ({"manifests": [{"platform": {"os": "linux", "architecture": "amd64"}}]}, Broken, "digest"),
        ({"manifests": [], "layers": []}, Unfit, "not understood"),
    ],
)
def test_an_index_that_is_none_is_refused(double, reach, reference, index, kind, words):
    double.offer_document({"mediaType": INDEX, **index})

    refuse(inspect, kind, words, reach(), reference)


def nest(double, content, media_type=MANIFEST):
    """An index of one image. Returns its bytes."""
    entry = Descriptor.of(content, media_type).as_dict()
    entry["platform"] = {"os": "linux", "architecture": "amd64"}
    double.offer(content, media_type, entry["digest"])
    return json.dumps({"mediaType": INDEX, "manifests": [{"x": 1}, entry]}).encode()


def test_the_image_for_our_machines_is_chosen_from_an_index(double, reach, reference):
    double.offer(nest(double, double.image.content), INDEX)

    assert inspect(reach(), reference).digest == double.image.digest


def test_indexes_of_indexes_come_to_an_end(double, reach, reference):
    content, kind = double.image.content, MANIFEST
    for _ in range(3):
        content, kind = nest(double, content, kind), INDEX
    double.offer(content, INDEX)

    refuse(inspect, Broken, "without end", reach(), reference)


@pytest.mark.parametrize("platform", [{"architecture": "arm64"}, {"os": "windows"}])
def test_the_config_is_asked_what_the_image_is_for(double, reach, reference, platform):
    image, blobs = making.image(**platform)
    double.answer("GET", double.path("blobs", image.config.digest), blobs[image.config.digest])
    double.offer(image.content, image.media_type)

    refuse(inspect, Unfit, "not one for linux/amd64", reach(), reference)


@pytest.fixture
def copying(double, reach, reference, registry, talking):
    """Copies from the double to a real registry."""

    def run(name, login=None, network=None):
        source = reach(login, network) if network else reach(login)
        return copy(source, reference, registry.client, name, "1", **talking)

    return run


def endless(request):
    request.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    for piece in itertools.repeat(b"x" * 65536):
        request.wfile.write(piece)


@pytest.mark.registry
@pytest.mark.parametrize(
    "name, change",
    [
        ("forged", lambda content: content[:-1] + b"?"),
        ("short", lambda content: content[:-1]),
        ("long", lambda content: content + b"?"),
        ("empty", lambda content: b""),
        ("endless", None),
    ],
)
def test_a_blob_that_is_another_never_becomes_an_image(double, copying, registry, name, change):
    digest = double.image.layers[0].digest
    path = double.path("blobs", digest)
    if change:
        double.answer("GET", path, change(double.blobs[digest]))
    else:
        double.routes["GET", path] = endless

    refuse(copying, Broken, "damaged|more bytes|sent more", f"bad/{name}")
    assert not registry.has(f"bad/{name}", "1")
    assert not registry.client.has(f"bad/{name}", double.image.layers[0])


@pytest.mark.registry
def test_a_blob_that_breaks_off_is_asked_for_again_a_few_times(double, copying, registry, said):
    digest = double.image.layers[0].digest
    content, asked = double.blobs[digest], []

    def falter(request):
        asked.append(1)
        whole = content if len(asked) == 3 else content[:9]
        request.send(whole, Content_Length=str(len(content)))

    double.routes["GET", double.path("blobs", digest)] = falter

    assert copying("faltering").digest == double.image.digest
    assert len(asked) == 3 and sum("Trying again" in line for line in said) == 2


@pytest.mark.registry
def test_a_registry_that_is_never_ready_is_given_up(double, copying):
    path = double.path("manifests", "7")
    double.answer("GET", path, b"<h1>Sorry</h1>", 503)

    told = refuse(copying, Unreachable, "cannot answer now: 503", "never")
    assert told.passing and len(double.seen) == 3


@pytest.mark.parametrize(
    "status, kind", [(400, Broken), (403, Refused), (404, Missing), (429, Unreachable)]
)
def test_other_answers_are_told_without_what_they_say(double, reach, reference, status, kind):
    body = b'{"errors": [{"code": "<script>", "message": "Dear reader"}]}'
    double.answer("GET", double.path("manifests", "7"), body, status)

    told = refuse(inspect, kind, "registry", reach(), reference)
    assert "Dear" not in str(told) and "script" not in str(told)
    assert told.info["status"] == status


def test_a_registry_that_is_slow_is_given_up(double, reach, reference, network):
    impatient = dataclasses.replace(network, patience=0.2)
    double.routes["GET", double.path("manifests", "7")] = lambda request: request.rfile.read(1)

    told = refuse(inspect, Unreachable, "did not answer", reach(network=impatient), reference)
    assert told.passing


def test_a_registry_that_is_slow_in_all_is_given_up(double, reach, reference):
    told = refuse(inspect, Unreachable, "longer than 0 seconds", reach(), reference, 0)
    assert told.passing


@pytest.mark.parametrize("part", ["manifests", "blobs"])
def test_a_trickle_is_given_up_in_time(double, reach, reference, network, part):
    """A byte now and then is enough for patience, but not for the time of a question."""
    ended = threading.Event()

    def trickle(request):
        request.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while not ended.wait(0.02):
            request.wfile.write(b" ")

    wanted = {"manifests": "7", "blobs": double.image.config.digest}[part]
    double.routes["GET", double.path(part, wanted)] = trickle
    hasty = dataclasses.replace(network, timeout=0.3)
    try:
        refuse(inspect, Unreachable, "longer than 0.3 s", reach(network=hasty), reference)
    finally:
        ended.set()


def test_nobody_listens(double, reach, reference):
    double.server_close()
    refuse(inspect, Unreachable, "could not be read: Connection", reach(), reference)


def test_a_private_registry_is_not_reached(double, reach, reference):
    told = refuse(inspect, Unreachable, "loopback", reach(network=Network()), reference)
    assert not double.seen and not told.passing


class Outside(Network):
    """127.0.0.1 passes for a public address here; no other does."""

    def resolve(self, host):
        return (host,) if host == "127.0.0.1" else super().resolve(host)


@pytest.mark.parametrize(
    "target", ["http://127.0.0.2:{port}/", "http://[::1]:{port}/", "file:///x"]
)
def test_a_blob_is_not_fetched_from_a_private_address(double, reach, reference, stranger, target):
    path = double.path("blobs", double.image.config.digest)
    double.answer("GET", path, status=307, Location=target.format(port=stranger.server_port))

    refuse(inspect, Unreachable, "loopback|must start", reach(network=Outside()), reference)
    assert not stranger.seen


@pytest.mark.parametrize("location", ["", "ftp://127.0.0.1/", "http://a:b@127.0.0.1/", "//[::1/"])
def test_a_blob_is_sent_nowhere_strange(double, reach, location):
    headers = {"Location": location} if location else {}
    double.answer("POST", double.path("blobs", "uploads/"), status=202, **headers)
    layer = double.image.layers[0]

    opening = making.opening(double.blobs[layer.digest])
    refuse(reach().send, Broken, "where|nowhere", double.repository, layer, opening)


def test_what_is_sent_is_what_was_promised(double, reach):
    """A folder that changes while it is sent makes no image."""
    place = double.path("blobs", "uploads", "1")
    double.answer("POST", double.path("blobs", "uploads/"), status=202, Location=place)
    double.answer("PUT", place, status=201)

    opening = making.opening(b"some", b"thing")
    wrong = Descriptor(OTHER, 9, LAYER)
    refuse(reach().send, Broken, "damaged", double.repository, wrong, opening)


def test_limits_are_those_of_the_specification():
    assert manifest.LARGEST_DOCUMENT == 4 << 20
    assert issubclass(Unfit, ImageError)
