"""A disk that is really full: nothing breaks, what cannot be done is said, and all recovers."""

import subprocess

import pytest

from ec_builds.config import Config
from tests.lacking import MOUNT

pytestmark = pytest.mark.mount


@pytest.fixture
def disk(tmp_path):
    """A disk of 16 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(MOUNT.format(16, folder).split(), check=True)
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture
def config(disk):
    """Settings of a server that has everything on that disk."""
    return Config.from_environment({}, home=disk / "home", executor="inline")


@pytest.fixture
def fill(disk):
    """Fills the disk to its last byte. Returns what empties it again."""

    def fill():
        with (disk / "filler").open("wb", buffering=0) as file:
            for size in (2**20, 2**12, 1):
                while takes(file, size):
                    pass
        return (disk / "filler").unlink

    return fill


def takes(file, size):
    try:
        return file.write(bytes(size)) == size
    except OSError:
        return False


def test_a_server_on_a_full_disk_reads_on_and_recovers(client, app, make_platform, build, fill):
    platform = make_platform()
    built = build(platform)
    builds = platform["_links"]["ec:app/builds"]["href"]
    empty = fill()

    for answer in (client.post("/", json=app), client.post(builds)):
        assert (answer.status_code, answer.json["code"]) == (503, 3003)
        assert answer.json["verbose"] == "The disk of this server is full; try again later."
        assert answer.headers["Retry-After"] == "5"
    ready = client.get("/readyz")
    assert ready.json["verbose"] == "The storage: No space left on device."
    for address in (built["buildLocation"]["config"]["url"], builds, "/metrics", "/healthz"):
        assert client.get(address).status_code == 200

    empty()
    assert client.get("/readyz").status_code == 200
    assert client.get(builds).json["total"] == client.get("/").json["total"] == 1
    assert build(platform)["successful"] == "success"


def test_a_storage_on_a_full_disk_keeps_nothing_by_halves(runtime, disk, fill):
    large = disk.parent / "large"
    large.write_bytes(bytes(2**20))
    empty = fill()
    with large.open("rb") as file, pytest.raises(OSError, match="No space left"):
        runtime.storage.put("builds/1/a", file)
    assert runtime.storage.size("builds/1/a") is None
    assert list((disk / "home/storage/.new").iterdir()) == []

    empty()
    with large.open("rb") as file:
        assert runtime.storage.put("builds/1/a", file) == 2**20
