"""A registry learns who asks, and nobody else does."""

import base64
import itertools
from contextlib import nullcontext

import httpx
import pytest

from ec_builds.network import Network
from ec_builds.oci import Broken, Login, Refused, Unreachable, inspect, push
from ec_builds.oci.authorization import Authorization, challenges

ADA = Login("ada", "lovelace")
BASIC = "Basic " + base64.b64encode(b"ada:lovelace").decode()


def bearer(realm, service="here"):
    return f'Bearer realm="{realm}",service="{service}",scope="registry:catalog:*"'


@pytest.fixture
def realm(double, stranger):
    """A server of tokens that the double believes, at another address."""
    stranger.answer("GET", "/token", b'{"token": "t0ken"}')
    double.guard(bearer(stranger.url("/token?a=b")), "Bearer t0ken")
    return stranger


def sent(server, name="Authorization"):
    """What was sent to a server in a header, each once."""
    return {seen["headers"][name] for seen in server.seen}


def test_a_token_is_asked_for_and_used_again(double, reach, reference, realm):
    inspect(reach(ADA), reference)

    assert [seen["headers"]["Authorization"] for seen in double.seen] == [
        None, "Bearer t0ken", "Bearer t0ken"
    ]
    assert sent(realm) == {BASIC}
    asked = httpx.URL(realm.seen[0]["path"]).params
    assert dict(asked) == {
        "a": "b", "service": "here", "scope": f"repository:{double.repository}:pull"
    }


def test_an_answer_that_is_none_may_be_longer_than_what_was_asked_for(
    double, reach, reference, realm
):
    """As that of 401 is, where the blob is tiny."""
    path = double.path("blobs", double.image.config.digest)
    honest = double.routes["GET", path]

    def doubt(request):
        double.routes["GET", path] = honest
        request.send(b"x" * 10_000, 401, WWW_Authenticate=bearer(realm.url("/token")))

    double.routes["GET", path] = doubt
    assert inspect(reach(ADA), reference).digest == double.image.digest


def test_a_realm_is_asked_without_a_login_too(reach, reference, realm):
    inspect(reach(), reference)

    assert sent(realm) == {None}


def test_a_token_that_is_old_is_replaced(double, reach, reference, realm):
    registry = reach(ADA)
    inspect(registry, reference)
    double.accepted = "Bearer another"
    realm.answer("GET", "/token", b'{"access_token": "another"}')

    assert inspect(registry, reference).digest == double.image.digest
    assert len(realm.seen) == 2


def test_basic_goes_to_the_registry_alone(double, reach, reference, stranger):
    config = double.image.config.digest
    stranger.answer("GET", "/blob", double.blobs[config])
    moved = stranger.url("/blob?X-Signature=hush")
    double.answer("GET", double.path("blobs", config), status=307, Location=moved)
    double.guard('Basic realm="x"', BASIC)

    assert inspect(reach(ADA), reference).digest == double.image.digest
    assert sent(double) == {None, BASIC} and sent(stranger) == {None}


@pytest.mark.parametrize("challenge", ["Negotiate", "", "Bearer", 'Bearer realm=""', "Basic"])
def test_a_login_is_not_shown_to_who_does_not_know_what_to_ask(
    double, reach, reference, challenge
):
    double.guard(challenge, "nobody knows")

    with pytest.raises((Refused, Broken)):
        inspect(reach(ADA), reference)
    assert sent(double) <= {None, BASIC}


def test_a_realm_that_refuses_a_login_is_told_of_without_it(reach, reference, realm):
    realm.answer("GET", "/token", b'{"details": "ada:lovelace is wrong"}', 401)

    with pytest.raises(Refused, match="does not accept the credential") as told:
        inspect(reach(ADA), reference)
    assert "lovelace" not in f"{told.value} {told.value.info}"


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"{}", b'{"token": 7}', b'{"token": ""}', b'{"token": "a b"}',
        b'{"token": "a\\n"}',
    ],
)
def test_a_realm_that_gives_no_token_is_told_of(reach, reference, realm, body):
    realm.answer("GET", "/token", body)

    with pytest.raises(Broken, match="no token"):
        inspect(reach(ADA), reference)


def test_a_realm_that_does_not_end_is_not_read(reach, reference, realm):
    def pour(request):
        request.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        for piece in itertools.repeat(b" " * 65536):
            request.wfile.write(piece)

    realm.routes["GET", "/token"] = pour
    with pytest.raises(Unreachable, match="1048576"):
        inspect(reach(), reference)


def test_a_realm_that_is_busy_may_pass(reach, reference, realm):
    realm.answer("GET", "/token", b"", 503)

    with pytest.raises(Unreachable) as told:
        inspect(reach(), reference)
    assert told.value.passing


class Outside(Network):
    """127.0.0.1 passes for a public address here; no other does."""

    def resolve(self, host):
        return (host,) if host == "127.0.0.1" else super().resolve(host)


@pytest.mark.parametrize(
    "realm", ["http://127.0.0.2:{port}/token", "http://[::1]:{port}/", "file:///etc/passwd", "x"]
)
def test_a_realm_is_reached_as_any_address_of_a_stranger(
    double, reach, reference, stranger, realm
):
    double.guard(bearer(realm.format(port=stranger.server_port)), "Bearer t")

    with pytest.raises((Unreachable, Broken), match="realm"):
        inspect(reach(ADA, Outside()), reference)
    assert not stranger.seen


def test_a_realm_that_redirects_takes_no_login_along(double, reach, reference, realm):
    realm.answer("GET", "/token", status=302, Location=double.url("/elsewhere"))
    double.answer("GET", "/elsewhere", b'{"token": "t0ken"}')

    inspect(reach(ADA), reference)
    [elsewhere] = [seen for seen in double.seen if seen["path"] == "/elsewhere"]
    assert elsewhere["headers"]["Authorization"] is None


@pytest.mark.parametrize("realm", ["http://r.example.com/token", "HTTP://other.example.com/"])
def test_who_has_tls_has_no_realm_without(network, realm):
    authorization = Authorization(network, "r.example.com", "https://r.example.com/v2/", ADA)

    with pytest.raises(Broken, match="not asked by https"):
        authorization.token({"realm": realm}, "s")


def test_a_token_of_a_person_may_be_what_the_registry_wants(double, reach, reference, stranger):
    double.guard(bearer(stranger.url("/token")), "Bearer mine")

    inspect(reach(Login(token="mine")), reference)
    assert not stranger.seen


def test_else_it_is_exchanged_for_one(double, reach, reference, realm):
    realm.answer("POST", "/token", b'{"access_token": "t0ken"}')

    assert inspect(reach(Login(token="mi&ne")), reference).digest == double.image.digest
    form = dict(httpx.QueryParams(realm.seen[0]["body"].decode()))
    assert (form["grant_type"], form["refresh_token"]) == ("refresh_token", "mi&ne")
    assert all("mi" not in seen["path"] for seen in realm.seen)


def test_a_token_is_not_exchanged_with_who_redirects(double, reach, reference, realm):
    realm.answer("POST", "/token", status=307, Location=double.url("/elsewhere"))

    with pytest.raises(Refused):
        inspect(reach(Login(token="mine")), reference)
    assert not [seen for seen in double.seen if seen["path"] == "/elsewhere"]


def test_an_upload_whose_token_has_become_old_begins_anew(
    double, layout, realm, reach, talking, monkeypatch
):
    """What was sent is gone, and is read once more."""
    monkeypatch.setattr("ec_builds.oci.transfer.PAUSES", (0, 0))
    uploads, place = double.path("blobs", "uploads/"), double.path("blobs", "uploads", "1")
    tokens = iter(["first", "second"])

    def age(request):
        double.accepted = "Bearer second"
        request.send(b"", 202, Location=place)

    double.routes["POST", uploads] = age
    double.answer("PUT", place, status=201)
    double.answer("PUT", double.path("manifests", "8"), status=201)
    double.guard(bearer(realm.url("/token")), "Bearer first")
    realm.routes["GET", "/token"] = lambda request: request.send(
        b'{"token": "%s"}' % next(tokens).encode()
    )

    push(layout, reach(ADA), double.repository, "8", **talking)
    statuses = [seen["body"] for seen in double.seen if seen["method"] == "PUT"]
    assert len(statuses) == len(layout.manifest.blobs) + 2


def test_an_upload_to_another_host_carries_no_login(double, reach, stranger):
    double.answer(
        "POST", double.path("blobs", "uploads/"), status=202, Location=stranger.url("/up?x=1")
    )
    double.guard('Basic realm="x"', BASIC)
    stranger.answer("PUT", "/up", status=201)
    layer = double.image.layers[0]

    content = double.blobs[layer.digest]
    reach(ADA).send(double.repository, layer, lambda: nullcontext(iter([content])))
    [put] = stranger.seen
    assert put["headers"]["Authorization"] is None and put["body"] == content
    assert put["path"] == f"/up?x=1&digest={layer.digest.replace(':', '%3A')}"


@pytest.mark.parametrize(
    "lines, found",
    [
        (["Basic"], {"basic": {}}),
        (["basic realm=x"], {"basic": {"realm": "x"}}),
        (['Bearer realm="https://a/t",service="b, c"'],
         {"bearer": {"realm": "https://a/t", "service": "b, c"}}),
        (['BEARER realm = "a\\"b"'], {"bearer": {"realm": 'a"b'}}),
        (['Basic realm="x", Bearer realm=y'], {"basic": {"realm": "x"}, "bearer": {"realm": "y"}}),
        (["Basic realm=x", "Bearer realm=y"], {"basic": {"realm": "x"}, "bearer": {"realm": "y"}}),
        (["Negotiate"], {}),
        (["Basically", 'Digest realm="x"'], {}),
        ([""], {}),
        ([], {}),
    ],
)
def test_challenges_are_read(lines, found):
    assert challenges(httpx.Headers([("www-authenticate", line) for line in lines])) == found
