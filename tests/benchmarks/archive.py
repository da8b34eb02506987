"""The zip of build results beside Info-ZIP's, and all cores beside one."""

import itertools
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from ec_builds.engine import archive
from ec_builds.engine.archive import crew
from tests.benchmarks import Row

TIMES = 7
TEXTS, IMAGES = 6300, 700
TEXT_BYTES, IMAGE_BYTES = 110_000_000, 30_000_000
LARGE = 500_000_000
#: Where this machine has texts, and how those are called that a build might leave.
PLACES = ("/usr/share", "/usr/lib", "/usr/include", "/usr/local", sys.base_prefix, sys.prefix)
KINDS = (".js", ".css", ".html", ".json", ".md", ".svg", ".txt", ".ts", ".py", ".h", ".xml", ".map")
ZIP = ("zip", "-r", "-q", "-6")


def measure():
    with tempfile.TemporaryDirectory(prefix="ec-builds-") as folder:
        return [*beside_zip(Path(folder)), beside_one_core(Path(folder))]


def beside_zip(folder):
    files, size = make_site(folder / "site")
    what = f"zip of {files:,} files, {size / 1e6:.0f} MB, on {crew.cores()} cores"
    theirs, ours = folder / "theirs.zip", folder / "ours.zip"
    speed = ratio(
        lambda: timed(theirs, lambda: subprocess.run([*ZIP, theirs, "."], cwd=folder / "site")),
        lambda: timed(ours, lambda: archive.pack(folder / "site", ours)),
    )
    sizes = ours.stat().st_size / theirs.stat().st_size
    yield Row(f"{what}: speed", "zip -r -6", f"{speed:.2f} times", "≥ 4 times", speed >= 4)
    yield Row(f"{what}: size", "zip -r -6", f"{sizes:.3f}", "≤ 1.06", sizes <= 1.06)


def beside_one_core(folder):
    (folder / "large").mkdir()
    make_large(folder / "large/file")
    ours, cores = folder / "large.zip", crew.cores()
    speed = ratio(
        lambda: timed(ours, lambda: archive.pack(folder / "large", ours, threads=1)),
        lambda: timed(ours, lambda: archive.pack(folder / "large", ours)),
    )
    what = f"zip of one file of {LARGE / 1e6:.0f} MB on {cores} cores: speed"
    wanted = 0.75 * cores
    return Row(what, "one core", f"{speed:.2f} times", f"≥ {wanted:.1f} times", speed >= wanted)


def ratio(theirs, ours):
    """How many times as fast is the other one? Both run by turns, for the machine changes."""
    pairs = [(theirs(), ours()) for _ in range(TIMES)]
    return median(their for their, _ in pairs) / median(our for _, our in pairs)


def timed(path, pack):
    path.unlink(missing_ok=True)
    start = time.perf_counter()
    pack()
    return time.perf_counter() - start


def make_site(folder):
    """Texts of this machine, and noise in place of images. Returns number of files and bytes."""
    chance, left = random.Random(7), TEXT_BYTES
    found = texts(chance)
    for number in range(TEXTS):
        # as many bytes as planned, whatever this machine has: few large files, many small ones
        size = 200 + int(chance.expovariate((TEXTS - number) / left))
        content = b""
        while len(content) < size:
            content += next(found)
        left -= size
        put(folder / f"{number % 70:02}/{number}.txt", content[:size])
    for number in range(IMAGES):
        noise = chance.randbytes(chance.randrange(2 * IMAGE_BYTES // IMAGES))
        put(folder / f"{number % 70:02}/{number}.png", noise)
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    return len(sizes), sum(sizes)


def make_large(path):
    with path.open("wb") as file:
        for text in texts(random.Random(11)):
            if file.write(text[: LARGE - file.tell()]) < len(text):
                return


def put(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def texts(chance):
    """Contents of files of this machine in an order that is always the same, without end."""
    paths = sorted({path for place in PLACES for path in files(place)})
    chance.shuffle(paths)
    for path in itertools.cycle(paths):
        yield path.read_bytes()


def files(place):
    for here, _, names in os.walk(place):
        for name in names:
            path = Path(here, name)
            if name.endswith(KINDS) and not path.is_symlink() and usual(path):
                yield path


def usual(path):
    return 200 <= path.stat().st_size <= 1_000_000
