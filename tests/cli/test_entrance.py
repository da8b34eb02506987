"""What comes in from outside, through sockets: who it is from, to whom, and what must not be told.

The same is asked of `serve` and of gunicorn alone, which has its own ways with proxies and logs.
"""

import itertools
import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest

from tests.acceptance.server import PATIENCE, Server, wait_until

STREET = Path(__file__).parents[2]
SETTINGS = {"EC_BUILDS_LOG_FORMAT": "json", "EC_BUILDS_EXECUTOR": "none"}
numbers = itertools.count()


def connected(place):
    """A connection to a path of a Unix socket, or to a host and a port."""
    if isinstance(place, str):
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(place)
        return connection
    return socket.create_connection(place, timeout=PATIENCE)


def ask(place, *lines):
    """Send the lines of a request as they are. Returns status, headers and body of its answer."""
    with connected(place) as connection:
        connection.settimeout(PATIENCE)
        text = "\r\n".join([*lines, "Connection: close", "", ""])
        connection.sendall(text.encode("latin-1"))
        raw = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = raw.decode().partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    return int(first.split()[1]), headers, body


@pytest.fixture(scope="module")
def make_gunicorn(tmp_path_factory):
    """A maker of servers of gunicorn, bound to somewhere, that log all that they can."""
    made = []

    def make(bind, **settings):
        folder = tmp_path_factory.mktemp("gunicorn")
        own = {name: text for name, text in os.environ.items() if not name.startswith("EC_BUILDS")}
        environment = {
            **own, **SETTINGS, "EC_BUILDS_HOME": str(folder / "home"), **settings,
        }
        log = folder / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "wsgi:app", "--bind", bind, "--threads", "4",
                 "--access-logfile", "-", "--log-level", "debug", "--no-control-socket"],
                cwd=STREET, env=environment, stdout=output, stderr=subprocess.STDOUT,
            )
        made.append(process)
        listening = re.compile(r"Listening at: (?:http://([\d.]+):(\d+)|unix:(\S+))")

        def place():
            assert process.poll() is None, log.read_text()
            found = listening.search(log.read_text())
            return found and (found[3] or (found[1], int(found[2])))

        def begun():
            assert process.poll() is None, log.read_text()
            return ask(where, "GET /healthz HTTP/1.1", "Host: localhost")[0] == 200

        where = wait_until(place)
        wait_until(begun)
        token = folder / "home" / "admin-token"
        return SimpleNamespace(place=where, said=log.read_text, token=token)

    yield make
    for process in made:
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0


@pytest.fixture(scope="module")
def gunicorn(make_gunicorn):
    return make_gunicorn("127.0.0.1:0")


@pytest.fixture(scope="module")
def open_gunicorn(make_gunicorn):
    """Bound to all the world, though nobody is asked for a token."""
    return make_gunicorn("0.0.0.0:0", EC_BUILDS_AUTH="open")


@pytest.fixture(scope="module")
def proxied(tmp_path_factory):
    """`serve` that trusts proxies on this machine."""
    home = tmp_path_factory.mktemp("proxied") / "home"
    settings = {"EC_BUILDS_TRUSTED_PROXIES": "127.0.0.1", "EC_BUILDS_RATE_LOGINS": "20/minute"}
    server = Server(home, "--workers", "1", **SETTINGS, **settings).start()
    parts = urlsplit(server.root)
    yield SimpleNamespace(
        place=(parts.hostname, parts.port), said=server.said, token=home / "admin-token"
    )
    assert server.stop() == 0


@pytest.fixture(params=["proxied", "gunicorn"])
def either(request):
    return request.getfixturevalue(request.param)


def test_gunicorn_believes_nobody_on_this_machine(gunicorn):
    for header in (
        "X-Forwarded-Proto: https", "X-Forwarded-Ssl: on", "X-Forwarded-Protocol: ssl",
        "X-Forwarded-Host: evil.example", "Forwarded: proto=https;host=evil.example",
    ):
        status, headers, body = ask(gunicorn.place, "GET / HTTP/1.1", "Host: x", header)

        assert status == 401
        assert json.loads(body)["type"] == "http://x/doc/error/3400", header
        assert "strict-transport-security" not in headers


def test_an_open_server_of_gunicorn_is_open_to_its_own_machine_only(open_gunicorn):
    place = ("127.0.0.1", open_gunicorn.place[1])
    for lines, status in [
        (["Host: localhost"], 200),
        (["Host: localhost", "X-Forwarded-For: 127.0.0.1"], 401),
        (["Host: localhost", "X-Forwarded-Proto: http"], 401),
        (["Host: evil.example"], 401),
        (["Host: localhost", "Origin: null"], 401),
    ]:
        assert ask(place, "GET / HTTP/1.1", *lines)[0] == status, lines


def test_a_unix_socket_is_nobodys_word_for_the_own_machine(make_gunicorn, tmp_path):
    path = f"unix:{tmp_path}/socket"
    server = make_gunicorn(path, EC_BUILDS_AUTH="open", EC_BUILDS_TRUSTED_PROXIES="unix")

    for lines in (["Host: localhost"], ["Host: localhost", "X-Forwarded-For: 127.0.0.1"]):
        assert ask(server.place, "GET / HTTP/1.1", *lines)[0] == 401
        assert ask(server.place, "GET /metrics HTTP/1.1", *lines)[0] == 401
    status, headers, body = ask(
        server.place, "GET / HTTP/1.1", "Host: localhost", "X-Forwarded-For: 1.1.1.1, 192.0.2.7",
        "X-Forwarded-Proto: https", "X-Forwarded-Host: builds.example.com",
    )
    assert json.loads(body)["type"] == "https://builds.example.com/doc/error/3400"
    assert "strict-transport-security" in headers
    wait_until(lambda: '"address": "192.0.2.7"' in server.said())
    assert ask(server.place, "GET / HTTP/1.1", "Host: a b")[0] == 400
    assert ask(server.place, "GET / HTTP/1.0")[0] in (400, 401)


FORGED = [
    (["X-Forwarded-For: 192.0.2.7"], "192.0.2.7"),
    (["X-Forwarded-For: 1.1.1.1", "X-Forwarded-For: 192.0.2.7"], "192.0.2.7"),
    (["X-Forwarded-For: 192.0.2.7", "X_Forwarded_For: 1.1.1.1"], "192.0.2.7"),
    (["X-Forwarded-For: 192.0.2.7", "x-forwarded_for: 1.1.1.1"], "192.0.2.7"),
    (["X-Forwarded-For: " + "1.1.1.1," * 900 + "192.0.2.7"], "192.0.2.7"),
    (["X-Forwarded-For: " + "127.0.0.1," * 800 + "127.0.0.1"], "127.0.0.1"),
    (["X-Forwarded-For: ,,,;;\xff\xfe[[::"], "127.0.0.1"),
    (["Forwarded: for=1.1.1.1"], "127.0.0.1"),
    (["X-Real-IP: 1.1.1.1"], "127.0.0.1"),
    *((["X-Forwarded-For: 1.1.1.1"] * count, "1.1.1.1") for count in (2, 50)),
]


@pytest.mark.parametrize("lines, address", FORGED)
def test_a_chain_of_proxies_is_read_to_its_end(proxied, lines, address):
    mine = f"forged-{next(numbers)}"
    asked = ("GET / HTTP/1.1", "Host: x", f"X-Request-ID: {mine}", *lines)

    assert ask(proxied.place, *asked)[0] == 401
    assert line(proxied, mine)["address"] == address


def line(server, request_id):
    """The line of the log about a request, as soon as it is there."""

    def look():
        said = [json.loads(each) for each in server.said().splitlines() if each.startswith("{")]
        return next((each for each in said if each.get("requestID") == request_id), None)

    return wait_until(look)


@pytest.mark.parametrize(
    "lines",
    [
        ["GET / HTTP/1.1", "Host: x", "Host: y"],
        ["GET / HTTP/1.1", "Host: x y"],
        ["GET / HTTP/1.1", "Host: user@x"],
        ["GET / HTTP/1.1", "Host: x:99999"],
        ["GET / HTTP/1.1", "Host: x, y"],
        ["GET / HTTP/1.1", "Host:"],
        ["GET / HTTP/1.1", "Host : x"],
        ["GET / HTTP/1.1", "Host: x", " y"],
        ["GET http://evil.example/ HTTP/1.1", "Host: x"],
        ["GET http://user:pw@x/ HTTP/1.1", "Host: x"],
        ["GET / HTTP/1.1", "Host: ://evil.example"],
    ],
)
def test_a_host_that_is_none_or_two_is_refused(either, lines):
    status, _, body = ask(either.place, *lines)

    assert status == 400
    if body.startswith("{"):  # gunicorn alone answers what it cannot read in its own words
        assert "evil" not in body


SECRETS = [
    "/?_token=SECRET", "/?%5Ftoken=SECRET&a=1", "/?_token=SECRET&_token=SECRET2",
    "/no/such?_token=SECRET", "/no/such?a=%ff&_token=SECRET%zz", "/?a=1&&_token=SECRET;b",
    "/docs?_token=SECRET", "/?_token=" + "SECRET" * 1200, "/?_token=" + "SECRET" * 2000,
    "/no/such&_token=SECRET", "http://x/?_token=SECRET", "http://y/?_token=SECRET",
    "/platform/build/events/stream?buildID=1&_toke%6E=SECRET", "/metrics?_token=SECRET",
]


@pytest.mark.parametrize("target", SECRETS)
@pytest.mark.parametrize("version", ["HTTP/1.1", "HTTP/7.7", "nonsense"])
def test_a_token_in_an_address_is_in_no_log_and_in_no_answer(either, target, version):
    mine = f"secret-{next(numbers)}"
    status, headers, body = ask(
        either.place, f"GET {target} {version}", "Host: x", f"X-Request-ID: {mine}",
        "Referer: http://x/docs/?_token=SECRET",
    )

    assert 300 <= status < 500
    if version == "HTTP/1.1" and status != 414:
        line(either, mine)
    if body.startswith(("{", "<!doctype html>\n<title>")) or either.said().startswith("{"):
        assert "SECRET" not in f"{headers} {body}"
    assert "SECRET" not in either.said()


def test_a_header_that_is_none_is_in_no_log_either(proxied):
    for secret in ("Authorization Bearer SECRET", "Authorization: Bearer SECRET\x00",
                   "Author ization: Bearer SECRET", "A: b\r\n Bearer SECRET"):
        status, headers, body = ask(proxied.place, "GET / HTTP/1.1", "Host: x", secret)

        assert status == 400
        assert "SECRET" not in f"{headers} {body} {proxied.said()}"


def test_the_server_says_nothing_of_its_versions(either):
    for lines in (["GET / HTTP/1.1"], ["GET /docs/ HTTP/1.1"], ["GET /no HTTP/1.1"], ["x"]):
        _, headers, _ = ask(either.place, *lines, "Host: x")
        assert headers.get("server", "gunicorn") == "gunicorn"
        assert "x-powered-by" not in headers


def test_what_is_no_http_has_the_headers_of_everything_else(proxied):
    status, headers, _ = ask(proxied.place, "GET / HTTP/7.7", "Host: x")

    assert status == 400
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"


def test_guesses_over_sockets_are_slowed_down_by_address(proxied):
    def guess(number, address, token=None):
        return ask(
            proxied.place, "GET / HTTP/1.1", "Host: x", f"X-Forwarded-For: {address}",
            f"Authorization: Bearer {token or f'guess{number}'}",
        )

    told = [guess(number, "198.51.100.7") for number in range(25)]

    assert [status for status, _, _ in told] == [401] * 20 + [429] * 5
    assert 1 <= int(told[-1][1]["retry-after"]) <= 60
    assert guess(99, "198.51.100.7", proxied.token.read_text().strip())[0] == 200
    assert guess(99, "198.51.100.8")[0] == 401
