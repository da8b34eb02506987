"""How much the engine costs: builds that do next to nothing, against a real server.

Each is durable and sandboxed as any other build; what is timed is from the POST to the end.
"""

import itertools
import os
import statistics
import subprocess
import tempfile
import threading
import time
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from tests.acceptance.making import make_app, make_platform, make_plugin
from tests.acceptance.server import Server, address_of
from tests.benchmarks import Row

#: Builds one after the other, and seconds of builds at a time.
SINGLE, BUSY = 100, 20
AT_ONCE = 4
#: Seconds between two questions of a client: often enough to see, and no load of its own. When a
#: build has ended is told by the server.
QUESTIONS = 0.01
#: Milliseconds from POST to end, and builds per minute.
WANTED, WANTED_RATE = 25, 2400


def measure():
    with server() as http:
        platform = trivial(http)
        alone = [one(http, platform) for _ in range(SINGLE)][SINGLE // 10:]
        told = [milliseconds for _, milliseconds in alone]
        rate = busy(http, platform)
    spawn = bubblewrap()
    median = statistics.median(told)
    seen = statistics.median(took for took, _ in alone)
    return [
        Row(
            "trivial build, POST to its end, median (p95)",
            f"one bubblewrap spawn {spawn:.1f} ms",
            f"{median:.1f} ms ({sorted(told)[int(len(told) * 0.95)]:.1f}), seen after {seen:.1f}",
            f"<= {WANTED} ms",
            median <= WANTED,
        ),
        Row(
            "trivial builds per minute",
            f"{AT_ONCE} at a time on {os.cpu_count()} cores",
            f"{rate:.0f}",
            f">= {WANTED_RATE}",
            rate >= WANTED_RATE,
        ),
    ]


@contextmanager
def server(**settings):
    with tempfile.TemporaryDirectory(prefix="ec-builds-") as folder:
        started = Server(Path(folder) / "home", **settings).start()
        try:
            with started.client() as http:
                yield http
        finally:
            started.stop()


def trivial(http):
    """A platform whose builds run `true`."""
    app = make_app(http, "Nothing")
    source = make_plugin(http, app, "codesource", files={"dist/index.html": "hello"})
    config = {"commands": "true", "buildDir": "dist"}
    return make_platform(http, app, "website", config, codesource=source)


def one(http, platform):
    """One build. Returns milliseconds until its end was seen, and until it was written down."""
    begun, wall = time.monotonic(), time.time()
    build = http.make(address_of(platform, "ec:app/builds"))
    while build["successful"] == "running":
        time.sleep(QUESTIONS)
        build = http.read(address_of(build))
    assert build["successful"] == "success", build
    finished = datetime.fromisoformat(build["finished"]).timestamp()
    # it is written down in whole milliseconds, so half of one is missing on average
    return (time.monotonic() - begun) * 1000, (finished + 0.0005 - wall) * 1000


def busy(http, platform):
    """Builds per minute when some are always under way."""
    counter, until = itertools.count(), time.monotonic() + BUSY

    def submit():
        with http_like(http) as own:
            while time.monotonic() < until:
                build = own.make(address_of(platform, "ec:app/builds"))
                while build["successful"] == "running":
                    time.sleep(0.02)
                    build = own.read(address_of(build))
                assert build["successful"] == "success", build
                next(counter)

    threads = [threading.Thread(target=submit) for _ in range(AT_ONCE)]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return next(counter) / (time.monotonic() - begun) * 60


def http_like(http):
    """Another client of the same server."""
    return type(http)(base_url=http.base_url, headers=http.headers, timeout=60)


def bubblewrap():
    """Milliseconds that an empty sandbox costs, without anything of ours."""
    command = ["bwrap", "--unshare-all", "--ro-bind", "/", "/", "--proc", "/proc", "true"]
    took = []
    for _ in range(20):
        begun = time.monotonic()
        subprocess.run(command, check=True)
        took.append((time.monotonic() - begun) * 1000)
    return statistics.median(took)
