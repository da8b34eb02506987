"""A disk that is really full: nothing breaks, what cannot be done is said, and all recovers."""


import pytest

from ec_builds.config import Config
from ec_builds.engine import queue
from ec_builds.runtime import prepare
from ec_builds.store.database import database
from tests.conftest import wait_until
from tests.lacking import mounted

pytestmark = pytest.mark.mount


@pytest.fixture
def disk(tmp_path):
    """A disk of 16 MiB."""
    with mounted(tmp_path / "disk", 16) as disk:
        yield disk


@pytest.fixture
def config(disk, request):
    """Settings of a server that has everything on that disk."""
    executor = getattr(request, "param", "inline")
    return Config.from_environment({}, home=disk / "home", executor=executor)


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


def ended(client, answer):
    """A build when it has ended."""
    address = answer.headers["Location"]
    return wait_until(lambda: (found := client.get(address).json)["finished"] and found)


@pytest.mark.parametrize("config", ["threads"], indirect=True)
@pytest.mark.parametrize("then", ["true", "sleep 300", "while true; do echo hello; done"])
def test_a_build_that_fills_the_disk_fails_and_all_goes_on(client, make_platform, runtime, then):
    script = f"dd if=/dev/zero of=x bs=64k || true; {then}"
    hog = make_platform(platformType="website", config={"commands": script, "buildDir": "."})
    builds = [each["_links"]["ec:app/builds"]["href"] for each in (hog, make_platform())]
    runtime.executor.start()

    failed, built = (ended(client, client.post(each)) for each in builds)

    assert (failed["successful"], built["successful"]) == ("error", "success")
    told = [event["message"] for event in failed["events"]]
    assert "The disk of the server is nearly full" in told[-1]
    assert client.delete(failed["_links"]["self"]["href"]).status_code == 200


@pytest.fixture
def left(disk):
    """A workspace whose worker has died."""
    folder = disk / "home/workspaces/builds-1-1-abc"
    folder.mkdir(parents=True)
    (disk / "home/locks").mkdir(exist_ok=True)
    (disk / "home/locks" / folder.name).touch()
    return folder


@pytest.mark.parametrize("config", ["threads"], indirect=True)
def test_a_server_that_died_of_a_full_disk_starts_and_goes_on(
    client, make_platform, runtime, disk, left, fill
):
    answer = client.post(make_platform()["_links"]["ec:app/builds"]["href"])
    queue.claim("one who died")
    (disk / "home/workers").mkdir()
    (disk / "home/workers/one who died").touch()
    fill()
    (disk / "filler").rename(left / "file")

    runtime.executor.start()

    assert ended(client, answer)["successful"] == "success"


def test_a_database_is_begun_on_a_disk_that_a_dead_worker_has_filled(config, disk, left, fill):
    fill()
    (disk / "filler").rename(left / "file")

    assert prepare(config)
    database.close()
