"""Many threads make what one makes, can be stopped, and need little memory."""

import random
import subprocess
import sys
import threading

import pytest

from ec_builds.engine import archive
from ec_builds.engine.archive import crew
from ec_builds.engine.archive.squeezing import BLOCK
from ec_builds.errors import BuildError


class Stopped(Exception):
    """What a check raises."""


@pytest.fixture
def site(tmp_path):
    """Small files for several batches, and one for several blocks."""
    folder, chance = tmp_path / "site", random.Random(1)
    folder.mkdir()
    for number in range(150):
        words = (str(chance.randrange(1000)) for _ in range(chance.randrange(2000)))
        (folder / f"{number}.txt").write_text(" ".join(words))
    with (folder / "large").open("wb") as file:
        for _ in range(5):
            file.write(b"words words" * (BLOCK // 11) + chance.randbytes(100_000))
    return folder


def workers():
    return [thread for thread in threading.enumerate() if thread.name.startswith("pack")]


def test_any_number_of_threads_makes_the_same_bytes(tmp_path, site):
    made = {
        archive.pack(site, tmp_path / f"{threads}.zip", threads=threads).sha256
        for threads in (1, 2, 3, 8)
    }

    assert len(made) == 1
    archive.unpack(tmp_path / "8.zip", tmp_path / "back")
    for path in site.iterdir():
        assert (tmp_path / "back" / path.name).read_bytes() == path.read_bytes()


@pytest.mark.parametrize("threads", [1, 4])
def test_whoever_is_stopped_leaves_neither_threads_nor_files(tmp_path, site, threads):
    checks = []

    def check():
        checks.append(len(workers()))
        if len(checks) == 4:
            raise Stopped

    with pytest.raises(Stopped):
        archive.pack(site, tmp_path / "site.zip", check, threads)

    assert any(checks) == (threads > 1)
    assert not workers()
    assert not (tmp_path / "site.zip").exists()


def test_a_single_small_file_needs_no_thread(tmp_path):
    (tmp_path / "site").mkdir()
    (tmp_path / "site/index.html").write_text("hello")
    seen = []

    archive.pack(tmp_path / "site", tmp_path / "site.zip", lambda: seen.extend(workers()), 4)

    assert not seen


def test_results_come_in_order_and_few_at_a_time():
    begun, taken = [], 0

    def job(number):
        begun.append(number)
        return number

    for number in crew.work((lambda n=n: job(n) for n in range(100)), 2):
        assert number == taken
        taken += 1
        assert len(begun) <= taken + crew.AHEAD * 2
    assert taken == 100


def test_a_job_that_fails_ends_the_work():
    begun = []

    def job(number):
        begun.append(number)
        if number == 3:
            raise BuildError("no")

    with pytest.raises(BuildError, match="no"):
        list(crew.work((lambda n=n: job(n) for n in range(1000)), 2))
    assert len(begun) < 20
    assert not workers()


def test_memory_does_not_grow_with_the_files(tmp_path):
    (tmp_path / "site").mkdir()
    with (tmp_path / "site/large").open("wb") as file:
        file.truncate(300 * BLOCK)
    script = (
        "import sys; from pathlib import Path; from ec_builds.engine import archive\n"
        "archive.pack(Path(sys.argv[1]), Path(sys.argv[2]), threads=4)\n"
        "print(*(line.split()[1] for line in open('/proc/self/status') if 'VmHWM' in line))"
    )

    command = [sys.executable, "-c", script, tmp_path / "site", tmp_path / "site.zip"]
    peak = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert int(peak) < 120 * 1024  # KiB
