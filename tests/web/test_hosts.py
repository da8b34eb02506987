"""Which hosts a request may be sent to, and which of them are this machine."""

from dataclasses import replace

import pytest
from werkzeug.test import EnvironBuilder, run_wsgi_app

from ec_builds.config import hosts as setting
from ec_builds.web import hosts
from ec_builds.web.current import EXTENSION

NONE = [
    "", " ", "a b", "user@x", "x/y", "x:y", "x:0", "x:", "x:65536", "x:80:80", "[::1", "::1", "[x]",
    "[::1]x", "[::1%25eth0]", "[:::]", "..", "a..b", "-a", "a-", "x" * 64, "x." * 200, "x,y", "é",
    "http://x", "x?y", "x#y", "x\\y", "{x}", "%61", "x\0", "x\r\n",
]


@pytest.mark.parametrize("host", NONE)
def test_what_is_no_host(host):
    assert hosts.name(host) is None


@pytest.mark.parametrize(
    "host, name",
    [
        ("localhost", "localhost"), ("Builds.Example.com:443", "builds.example.com"),
        ("builds.example.com.", "builds.example.com."), ("127.0.0.1:7470", "127.0.0.1"),
        ("[::1]:7470", "::1"), ("[2001:DB8::1]", "2001:db8::1"), ("xn--bcker-gra.example",) * 2,
    ],
)
def test_hosts(host, name):
    assert hosts.name(host) == name


@pytest.mark.parametrize(
    "name", ["localhost", "127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"]
)
def test_this_machine(name):
    assert hosts.is_loopback(name)


@pytest.mark.parametrize(
    "name",
    ["localhost.evil.example", "127.0.0.1.nip.io", "127.0.0.1.", "localhost.", "2130706433",
     "127.1", "0177.0.0.1", "0x7f.0.0.1", "0.0.0.0", "::", "::ffff:10.0.0.1", "64:ff9b::127.0.0.1",
     "", "evil.localhost", "localhost4", "127.0.0.1 "],
)
def test_another_machine_perhaps(name):
    assert not hosts.is_loopback(name)


@pytest.fixture
def ask(client, application, runtime):
    """Asks a server that answers to some names."""

    def ask(host, names=None, public=None, **environ):
        config = replace(runtime.config, hosts=setting(names) if names else (), public_url=public)
        application.extensions[EXTENSION] = replace(runtime, config=config)
        overrides = {"HTTP_HOST": host, **environ}
        return client.get("/", headers={"Host": "x"}, environ_overrides=overrides)

    return ask


def test_a_server_may_answer_to_its_names_only(ask):
    names = "builds.example.com, .intern.example, [::1], 127.0.0.1"
    for host, status in [
        ("builds.example.com", 200), ("BUILDS.example.com:8080", 200), ("builds.example.com.", 200),
        ("a.intern.example", 200), ("intern.example", 200), ("[::1]:7470", 200),
        ("127.0.0.1", 200),
        ("evil.example", 400), ("xintern.example", 400), ("builds.example.com.evil.example", 400),
        ("x.builds.example.com", 400), ("127.0.0.2", 400), ("", 400),
    ]:
        answer = ask(host, names)
        assert answer.status_code == status, host
        if status == 400:
            assert (answer.json["code"], answer.json["detail"]) == (3252, "Host")
            assert answer.json["type"] == "http://localhost:80/doc/error/3252"


def test_a_host_that_is_none_is_refused_also_where_links_do_not_need_it(ask):
    for host in ("a b", '"><script>', "user@x", "x:80:80", ".."):
        answer = ask(host, public="https://own.example/")
        assert (answer.status_code, answer.json["detail"]) == (400, "Host"), host
        assert answer.json["type"] == "https://own.example/doc/error/3252"


@pytest.mark.parametrize(
    "target, status",
    [
        ("http://x/", 200), ("HTTP://X/?a=b", 200), ("http://x", 200), ("/?href=http://evil/", 200),
        ("http://evil.example/", 400), ("http://x@evil.example/", 400), ("http://user@x/", 400),
        ("http://[/", 400), ("http://x.evil/?", 400),
    ],
)
def test_a_target_that_is_a_whole_address_goes_to_the_host_of_the_header(ask, target, status):
    assert ask("x", RAW_URI=target).status_code == status


@pytest.mark.parametrize("protocol, status", [("HTTP/1.0", 200), ("HTTP/1.1", 400)])
def test_only_the_old_protocol_may_leave_the_host_out(application, runtime, protocol, status):
    application.extensions[EXTENSION] = runtime
    environ = EnvironBuilder(path="/healthz").get_environ()
    del environ["HTTP_HOST"]

    _, told, _ = run_wsgi_app(application, {**environ, "SERVER_PROTOCOL": protocol})

    assert told.startswith(f"{status} ")
