"""A thousand idle watchers of one server process, and how soon a line is seen.

Beside the server as it is (the hub has the sockets) stand other classes of
gunicorn's workers, in which each stream keeps a thread or a greenlet:

    python -m tests.benchmarks.watchers --all
"""

import importlib.util
import socket
import sys
import tempfile
import threading
import time
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from tests.acceptance.making import make_app, make_platform, start_build
from tests.acceptance.server import PATIENCE, Hosted, Server, wait_until
from tests.watching import messages

WATCHERS = 1000
REQUESTS, ROUNDS = 1000, 4
LINES = 100
#: Other classes of workers, and what they need to hold so many streams.
OTHERS = {
    "gthread": ["--threads", str(WATCHERS + 200), "--worker-connections", str(2 * WATCHERS)],
    "gevent": ["--worker-connections", str(2 * WATCHERS)],
}


def measure():
    """The rows about the server as it is: what, beside what, figure, what is wanted, whether."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "home", "--workers", "1").start()
        try:
            before, after, size = crowd(server)
            late = latency(server)
        finally:
            server.stop()
    return [
        (
            f"p99 of a GET, {WATCHERS} idle watchers", f"{1000 * before:.2f} ms without them",
            f"{1000 * after:.2f} ms, {after / before:.2f} times", "<= 2 times", after <= 2 * before,
        ),
        ("an idle watcher", "-", f"{size:.1f} KiB", "<= 50 KiB", size <= 50),
        ("line printed to line seen, p95", "-", f"{late:.3f} s", "<= 0.5 s", late <= 0.5),
    ]


def compare():
    """The same figures of other classes of workers, as lines."""
    for name in OTHERS:
        if name == "gevent" and importlib.util.find_spec("gevent") is None:
            yield "gevent is not installed"
            continue
        with tempfile.TemporaryDirectory() as folder:
            options = ["-k", name, "--keep-alive", "30", *OTHERS[name]]
            server = Hosted(Path(folder) / "home", *options).start()
            try:
                before, after, size = crowd(server)
            finally:
                server.process.kill()
                server.process.wait()
        yield f"{name}: p99 {1000 * before:.2f} -> {1000 * after:.2f} ms, {size:.1f} KiB each"


def crowd(server):
    """p99 of a GET in seconds without and with watchers, and KiB of memory for each of them."""
    with server.client() as http:
        build = start_build(http, printer(http, ["echo hello", "sleep 300"]))
        path = f"/platform/build?buildID={build['buildID']}"
        wait_until(lambda: len(http.read(path[1:])["events"]) > 11)
    one_round(server, path)
    before, memory = p99(server, path), resident(server)
    stream = f"/platform/build/events/stream?buildID={build['buildID']}"
    watchers = [watch(server, stream) for _ in range(WATCHERS)]
    for each in watchers:
        until(each, b"hello")
    time.sleep(1)
    size = (resident(server) - memory) / WATCHERS
    after = p99(server, path)
    for each in watchers:
        each.close()
    with server.client() as http:
        http.delete(path[1:])
    return before, after, size


def printer(http, commands):
    app = make_app(http, "Printer")
    return make_platform(http, app, "website", {"commands": commands, "buildDir": "out"})


def p99(server, path):
    """Of a GET, in seconds: the best of some rounds, as others may be using the machine."""
    return min(one_round(server, path) for _ in range(ROUNDS))


def one_round(server, path, times=REQUESTS):
    """The p99 of GETs over a connection that is kept, in seconds."""
    connection = HTTPConnection(urlsplit(server.root).netloc)
    headers, took = {"Authorization": f"Bearer {server.token}"}, []
    for _ in range(times):
        begun = time.perf_counter()
        connection.request("GET", path, headers=headers)
        connection.getresponse().read()
        took.append(time.perf_counter() - begun)
    connection.close()
    return sorted(took)[int(0.99 * times)]


def resident(server):
    """Memory of the worker process, in KiB."""
    with open(f"/proc/{server.process.pid}/task/{server.process.pid}/children") as children:
        (worker,) = children.read().split()
    with open(f"/proc/{worker}/status") as status:
        (line,) = (line for line in status if line.startswith("VmRSS"))
    return int(line.split()[1])


def watch(server, path):
    """A connection that has asked for a stream."""
    parts = urlsplit(server.root)
    connection = socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE)
    head = f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {server.token}"
    connection.sendall(f"{head}\r\n\r\n".encode())
    return connection


def until(connection, wanted):
    seen = b""
    while wanted not in seen:
        piece = connection.recv(65536)
        assert piece, seen
        seen += piece


def latency(server):
    """p95 of the seconds from the moment at which a line is printed to that at which it is seen."""
    script = f"for i in $(seq {LINES}); do date +%s.%N; sleep 0.05; done; mkdir out; echo > out/a"
    took = []

    def look(path):
        with server.client() as http, http.stream("GET", path) as answer:
            for message in messages(answer.iter_lines()):
                if message.name == "log" and message.data[0].isdigit():
                    took.append(time.time() - float(message.data))

    with server.client() as http:
        build = start_build(http, printer(http, [script]))
    path = build["_links"]["ec:app/build/events/stream"]["href"]
    threads = [threading.Thread(target=look, args=(path,)) for _ in range(5)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(took) == 5 * LINES
    return sorted(took)[int(0.95 * len(took))]


if __name__ == "__main__":
    for row in measure():
        print(*row, sep=" | ")
    for told in compare() if "--all" in sys.argv else ():
        print(told)
