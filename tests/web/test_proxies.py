"""Where a request comes from: proxies are believed if they are on the list, and nobody else."""

import logging
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec_builds.config import proxies
from ec_builds.web.current import EXTENSION
from ec_builds.web.proxies import MOST, Origin, origin

TRUSTED = proxies("10.0.0.0/8, 2001:db8:ffff::/48, unix")
STANDARD = proxies("10.0.0.0/8, forwarded")


def found(trusted=TRUSTED, peer="10.0.0.1", **headers):
    """The Origin of a request with some headers."""
    environ = {"REMOTE_ADDR": peer, "wsgi.url_scheme": "http", "HTTP_HOST": "own"}
    return origin({**environ, **{f"HTTP_{name}": text for name, text in headers.items()}}, trusted)


def address(chain, peer="10.0.0.1"):
    return found(peer=peer, X_FORWARDED_FOR=chain).address


@pytest.mark.parametrize(
    "chain, client",
    [
        ("192.0.2.7", "192.0.2.7"),
        ("1.1.1.1, 192.0.2.7", "192.0.2.7"),
        ("1.1.1.1, 192.0.2.7, 10.9.9.9,10.1.1.1", "192.0.2.7"),
        ("10.2.2.2, 10.3.3.3", "10.2.2.2"),
        ("192.0.2.7:4711", "192.0.2.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("2001:DB8:0:0::7", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("[2001:db8::7]:4711", "2001:db8::7"),
        ("192.0.2.7, 2001:db8:ffff::1", "192.0.2.7"),
        ("192.0.2.7, ::ffff:10.1.1.1", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ('"192.0.2.7"', "192.0.2.7"),
        ("192.0.2.7, ,", "192.0.2.7"),
        ("192.0.2.7,garbage", "10.0.0.1"),
        ("127.0.0.1, garbage, 10.1.1.1", "10.0.0.1"),
        ("unknown", "10.0.0.1"),
        ("fe80::1%eth0", "10.0.0.1"),
        ("0x7f000001", "10.0.0.1"),
        ("127.1", "10.0.0.1"),
        ("", "10.0.0.1"),
        (",,,", "10.0.0.1"),
        ("\xff\0\r\n", "10.0.0.1"),
    ],
)
def test_the_list_is_read_from_the_right_as_long_as_proxies_are_trusted(chain, client):
    assert address(chain) == client


def test_strangers_are_not_believed():
    told = {"X_FORWARDED_FOR": "127.0.0.1", "X_FORWARDED_PROTO": "https", "X_FORWARDED_HOST": "x"}
    for peer in ("192.0.2.1", "11.0.0.1", "::1", "127.0.0.1", "x"):
        assert found(peer=peer, **told) == Origin(peer, "http", "own")
    assert found((), "", **told) == Origin("", "http", "own")
    assert found(proxies("forwarded"), "", **told) == Origin("", "http", "own")


def test_a_unix_socket_is_trusted_by_its_word():
    assert found(peer="", X_FORWARDED_FOR="192.0.2.7") == Origin("192.0.2.7", "http", "own", True)
    assert found(peer="") == Origin("", "http", "own", True)


def test_a_proxy_of_http_1_0_may_know_the_host():
    environ = {"REMOTE_ADDR": "10.0.0.1", "wsgi.url_scheme": "http"}

    assert origin({**environ, "HTTP_X_FORWARDED_HOST": "shop.example"}, TRUSTED).host == (
        "shop.example"
    )
    assert origin(environ, TRUSTED).host is None


def test_a_mapped_address_is_the_one_that_it_is():
    assert found(peer="::ffff:10.0.0.1", X_FORWARDED_FOR="192.0.2.7").address == "192.0.2.7"


@pytest.mark.parametrize(
    "headers, scheme, host",
    [
        ({"X_FORWARDED_PROTO": "https", "X_FORWARDED_HOST": "shop.example"}, "https",
         "shop.example"),
        ({"X_FORWARDED_PROTO": "HTTPS"}, "https", "own"),
        ({"X_FORWARDED_PROTO": "gopher"}, "http", "own"),
        # The nearest proxy has written the last; what is before it came from the client.
        ({"X_FORWARDED_FOR": "192.0.2.7", "X_FORWARDED_PROTO": "https, http"}, "http", "own"),
        ({"X_FORWARDED_FOR": "192.0.2.7", "X_FORWARDED_HOST": "evil, good"}, "http", "good"),
        # Of two proxies, the one that the client has come to knows.
        ({"X_FORWARDED_FOR": "192.0.2.7, 10.1.1.1", "X_FORWARDED_PROTO": "https, http"}, "https",
         "own"),
        ({"X_FORWARDED_FOR": "192.0.2.7, 10.1.1.1", "X_FORWARDED_PROTO": "https"}, "https", "own"),
    ],
)
def test_scheme_and_host_are_those_that_the_client_used(headers, scheme, host):
    told = found(**headers)

    assert (told.scheme, told.host) == (scheme, host)


@pytest.mark.parametrize(
    "header, expected",
    [
        ("for=192.0.2.7;proto=https;host=shop.example", ("192.0.2.7", "https", "shop.example")),
        ('For="[2001:db8::7]:4711";Proto=HTTPS', ("2001:db8::7", "https", "own")),
        ("for=1.1.1.1, for=192.0.2.7;proto=https, for=10.1.1.1;proto=http",
         ("192.0.2.7", "https", "own")),
        ("for=_hidden, for=unknown;proto=https", ("10.0.0.1", "https", "own")),
        ("for=192.0.2.7;for=10.1.1.1", ("10.1.1.1", "http", "own")),
        ("garbage", ("10.0.0.1", "http", "own")),
        ('for="', ("10.0.0.1", "http", "own")),
        (";;==,;", ("10.0.0.1", "http", "own")),
    ],
)
def test_the_standard_header_is_read_where_it_is_sent(header, expected):
    told = found(STANDARD, FORWARDED=header)

    assert (told.address, told.scheme, told.host) == expected


def test_one_kind_of_header_counts_and_the_other_is_passed_on_by_anybody():
    both = {"FORWARDED": "for=192.0.2.1", "X_FORWARDED_FOR": "192.0.2.2"}

    assert found(STANDARD, **both).address == "192.0.2.1"
    assert found(TRUSTED, **both).address == "192.0.2.2"


def test_thousands_of_hops_are_no_trouble():
    assert address("127.0.0.1" + ", 10.1.1.1" * (MOST + 1)) == "10.1.1.1"
    assert address("127.0.0.1" + ", 10.1.1.1" * 100_000) == "10.1.1.1"
    assert address("," * 1_000_000) == "10.0.0.1"


@given(st.text(st.characters(max_codepoint=255)), st.text(st.characters(max_codepoint=255)))
def test_no_text_breaks_it(one, other):
    for trusted in (TRUSTED, STANDARD):
        found(trusted, X_FORWARDED_FOR=one, FORWARDED=f"for={one};{other}", X_FORWARDED_HOST=other,
              X_FORWARDED_PROTO=other)


@pytest.fixture
def visit(anonymous, application, runtime, token):
    """Asks a server that trusts proxies in 10.0.0.0/8."""

    def visit(path="/", peer="10.0.0.1", with_token=True, headers=(), **settings):
        config = replace(runtime.config, **{"trusted_proxies": TRUSTED, **settings})
        application.extensions[EXTENSION] = replace(runtime, config=config)
        known = {"Authorization": f"Bearer {token}"} if with_token else {}
        return anonymous.get(
            path, headers={**known, **dict(headers)}, environ_overrides={"REMOTE_ADDR": peer}
        )

    return visit


TOLD = {
    "X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "builds.example.com",
}


def own(answer):
    return answer.json["_links"]["self"]["href"]


def test_links_begin_as_the_client_of_a_trusted_proxy_sees_them(visit):
    assert own(visit(headers=TOLD)) == "https://builds.example.com/"
    assert own(visit(headers=TOLD, peer="192.0.2.1")) == "http://localhost/"
    assert own(visit(headers=TOLD, trusted_proxies=())) == "http://localhost/"
    assert own(visit(headers=TOLD, public_url="https://own.example/x/")) == "https://own.example/x/"
    assert visit("/docs", headers=TOLD).headers["Location"].startswith(
        "https://builds.example.com/docs/"
    )


def test_a_host_that_is_none_is_refused_whoever_says_it(visit):
    for host in ("a b", "user@x", '"><script>', "x/y", "x:99999", "[", "..", "x" * 5000):
        answer = visit(headers={"X-Forwarded-Host": host})
        assert (answer.status_code, answer.json["detail"]) == (400, "Host"), host
        assert visit(headers={"X-Forwarded-Host": host}, peer="192.0.2.1").status_code == 200


def test_the_log_says_where_a_request_comes_from(visit, caplog):
    caplog.set_level(logging.INFO, "ec_builds.request")
    visit(headers=TOLD)
    visit(headers=TOLD, peer="192.0.2.1")
    visit(peer="")

    lines = [each.facts for each in caplog.records if each.name == "ec_builds.request"]
    assert [each.get("address") for each in lines] == ["192.0.2.7", "192.0.2.1", None]


def test_who_comes_through_a_proxy_is_not_this_machine(visit):
    local = proxies("127.0.0.1")
    for headers in ({}, {"X-Forwarded-For": "127.0.0.1"}, {"X-Forwarded-For": "::1"}):
        answer = visit(
            peer="127.0.0.1", with_token=False, auth="open", trusted_proxies=local, headers=headers
        )
        assert answer.status_code == 401, headers
    assert visit(peer="127.0.0.1", with_token=False, auth="open").status_code == 200


def test_https_only_is_said_to_who_came_by_https(visit):
    header = "Strict-Transport-Security"

    assert header in visit(headers=TOLD).headers
    assert header not in visit().headers
    assert header not in visit(headers=TOLD, peer="192.0.2.1").headers
