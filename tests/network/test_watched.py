"""How a wait is ended by whoever looks at it in between."""

import itertools
import socket
import threading
import time

import httpcore
import httpx
import pytest

from ec_builds.errors import BuildError
from ec_builds.network import Network, connections


class Halt(Exception):
    """Somebody pulled the brake."""


@pytest.fixture
def pulse(monkeypatch):
    """Shorter than in earnest, for tests that are not about its length."""
    monkeypatch.setattr(connections, "PULSE", 0.01)


@pytest.fixture
def over():
    """Ends what servers do for ever."""
    event = threading.Event()
    yield event
    event.set()


def stop_at(number, reason):
    """A check that raises when it is called for the nth time."""
    calls = itertools.count(1)

    def check():
        if next(calls) >= number:
            raise reason

    return check


HEADERS = b"HTTP/1.1 200 OK\r\n"


def silence(over):
    return lambda request: over.wait(5)


def silence_in_the_body(over):
    def answer(request):
        request.wfile.write(HEADERS + b"\r\nbegun")
        over.wait(5)

    return answer


def dripping(head, drop):
    def begin(over):
        def answer(request):
            request.wfile.write(head)
            while not over.wait(0.005):
                request.wfile.write(drop)

        return answer

    return begin


WAITS = [
    silence,
    silence_in_the_body,
    dripping(HEADERS, b"A: b\r\n"),
    dripping(HEADERS + b"\r\n", b"x"),
]
NAMES = ["silence", "body", "dripped headers", "dripped body"]


@pytest.mark.parametrize("wait", WAITS, ids=NAMES)
def test_a_wait_ends_when_the_check_raises(network, server, pulse, over, wait):
    server.routes["/"] = wait(over)
    halt = Halt()

    with pytest.raises(Halt) as stopped:
        network.watched(stop_at(10, halt)).get(server.url())

    assert stopped.value is halt


@pytest.mark.parametrize("wait", WAITS, ids=NAMES)
def test_a_wait_within_tls_ends_as_well(secure_server, certificate, pulse, over, wait):
    secure_server.routes["/"] = wait(over)
    network = Network(private="allow", lookup=lambda host: ["127.0.0.1"], ca_file=certificate)

    with pytest.raises(Halt):
        url = secure_server.url(host="secure.example", scheme="https")
        network.watched(stop_at(20, Halt())).get(url)
    assert len(secure_server.seen) == 1


def test_a_greeting_that_is_not_answered_ends(network, pulse):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        with pytest.raises(Halt):
            url = f"https://127.0.0.1:{silent.getsockname()[1]}/"
            network.watched(stop_at(10, Halt())).get(url)


def test_a_connection_that_is_not_taken_ends(network, pulse):
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        place = full.getsockname()
        waiting = [socket.socket() for _ in range(3)]
        for each in waiting:  # the queue is full after the first
            each.setblocking(False)
            each.connect_ex(place)
        with pytest.raises(Halt):
            network.watched(stop_at(10, Halt())).get(f"http://127.0.0.1:{place[1]}/")
        for each in waiting:
            each.close()


@pytest.mark.parametrize(
    "reason",
    [
        BuildError("Enough", url="mine"),
        ValueError("Enough"),
        OSError(5, "Enough"),
        TimeoutError("Enough"),
        BlockingIOError("Enough"),
        httpcore.ReadTimeout("Enough"),
        httpcore.ConnectError("Enough"),
        httpx.ReadError("Enough"),
        KeyboardInterrupt(),
    ],
    ids=lambda reason: type(reason).__name__,
)
@pytest.mark.parametrize("number", [1, 2, 10])
def test_what_a_check_raises_comes_out_as_it_is(network, server, pulse, over, reason, number):
    server.routes["/"] = silence_in_the_body(over)

    with pytest.raises(type(reason)) as stopped:
        network.watched(stop_at(number, reason)).get(server.url())

    assert stopped.value is reason


def test_a_check_is_called_twice_a_second_at_least(network, server, over):
    server.routes["/"] = silence(over)
    calls = []

    def check():
        calls.append(time.monotonic())
        if calls[-1] - calls[0] > 0.7:
            raise Halt

    with pytest.raises(Halt):
        network.watched(check).get(server.url())

    gaps = [later - earlier for earlier, later in itertools.pairwise(calls)]
    assert max(gaps) < 0.5


def test_nobody_is_asked_for_an_address_when_the_run_has_to_stop():
    network = Network(lookup=lambda host: pytest.fail("asked"))

    with pytest.raises(Halt):
        network.watched(stop_at(1, Halt())).get("http://example.com/")


def test_a_watched_network_is_the_same_in_all_else(server):
    network = Network(private="allow", patience=3, git_protocols=("ssh",))
    server.answer("/", b"x" * 300_000)

    watched = network.watched(lambda: None)

    assert watched.get(server.url()).body == b"x" * 300_000
    assert (watched.private, watched.patience, watched.git_protocols) == ("allow", 3, ("ssh",))
    assert watched.certificates is network.certificates


def test_patience_is_counted_from_the_last_byte(server, pulse):
    def pause(request):
        request.wfile.write(HEADERS + b"\r\n")
        for _ in range(6):
            time.sleep(0.05)
            request.wfile.write(b"x")

    server.routes["/"] = pause

    assert Network(private="allow", patience=0.2).get(server.url()).body == b"x" * 6


def test_a_request_that_is_not_taken_ends_in_time(network, pulse):
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        network = Network(private="allow", patience=0.1)
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/"
        with pytest.raises(BuildError, match="did not answer for 0.1 seconds"):
            network.get(url, {"X-Large": "x" * 20_000_000})
