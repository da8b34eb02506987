"""What every storage has to keep, whichever it is."""

import io

import pytest

from ec_builds.errors import UsageError
from ec_builds.storage import open_storage


@pytest.fixture(params=["folder"])
def storage(request, tmp_path):
    return open_storage(f"file://{tmp_path}/storage")


def put(storage, key, content=b"bytes"):
    return storage.put(key, io.BytesIO(content))


def read(storage, key):
    with storage.open(key) as file:
        return file.read()


def test_what_was_put_can_be_read(storage):
    assert put(storage, "builds/1/a.zip") == 5

    assert read(storage, "builds/1/a.zip") == b"bytes"
    assert storage.size("builds/1/a.zip") == 5


def test_an_opened_file_can_be_read_from_any_place(storage):
    put(storage, "a", b"0123456789")

    with storage.open("a") as file:
        file.seek(7)
        assert file.read() == b"789"


@pytest.mark.parametrize("key", ["missing", "builds", "builds/1/a.zip/below"])
def test_what_is_not_there_is_a_key_error(storage, key):
    put(storage, "builds/1/a.zip")

    with pytest.raises(KeyError):
        storage.open(key)
    assert storage.size(key) is None


def test_everything_below_a_prefix_can_be_deleted(storage):
    for key in ("builds/1/a", "builds/1/b/c", "builds/10/a", "builds/2"):
        put(storage, key)

    storage.delete("builds/1")
    storage.delete("builds/2")
    storage.delete("builds/3")

    assert [storage.size(key) for key in ("builds/1/a", "builds/1/b/c", "builds/2")] == [None] * 3
    assert storage.size("builds/10/a") == 5


@pytest.mark.parametrize(
    "key",
    ["", "/a", "../a", "a/../b", "a//b", "a/.", "a\0b", "a\\b", "a\nb", "x" * 300, "a/" * 600],
)
def test_a_key_cannot_leave_the_storage(storage, key):
    with pytest.raises(KeyError):
        put(storage, key)
    with pytest.raises(KeyError):
        storage.open(key)
    assert storage.size(key) is None


def test_what_could_not_be_put_whole_is_not_there(storage, tmp_path):
    class Broken(io.BytesIO):
        def read(self, *arguments):
            raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        storage.put("builds/1/a.zip", Broken())

    assert storage.size("builds/1/a.zip") is None
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_an_unknown_scheme_is_told():
    with pytest.raises(UsageError, match="file:///"):
        open_storage("ftp://example.com/")
