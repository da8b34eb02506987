"""Several keys that are read as one file."""

import io

import pytest

from ec_builds.storage.folder import FolderStorage
from ec_builds.storage.joined import Joined

PARTS = {"a": (0, b"abc"), "b": (3, b"d"), "c": (4, b"efghij")}


@pytest.fixture
def storage(tmp_path):
    storage = FolderStorage(tmp_path)
    storage.prepare(is_new=True)
    for key, (_, content) in PARTS.items():
        storage.put(key, io.BytesIO(content))
    return storage


def find(offset):
    for key, (start, content) in PARTS.items():
        if start <= offset < start + len(content):
            return key, start
    return None


def test_parts_are_read_in_their_order(storage):
    with Joined(storage, find, 10) as file:
        assert (file.readable(), file.seekable()) == (True, True)
        assert file.read() == b"abcdefghij"
        assert file.read(1) == b""


def test_any_place_can_be_gone_to(storage):
    with Joined(storage, find, 9) as file:
        for place in range(9):
            assert file.seek(place) == file.tell() == place
            assert file.read() == b"abcdefghi"[place:]
        assert file.seek(-2, io.SEEK_END) == 7
        assert file.seek(1, io.SEEK_CUR) == 8
        assert file.read(5) == b"i"


def test_it_ends_where_it_ended_when_it_was_opened(storage):
    with Joined(storage, find, 5) as file:
        assert file.read() == b"abcde"


def test_parts_may_be_put_together_meanwhile(storage):
    asked = []

    def moving(offset):
        asked.append(offset)
        if len(asked) == 2:
            storage.put("whole", io.BytesIO(b"abcdefghij"))
            storage.delete("b")
            return "b", 3
        return ("whole", 0) if len(asked) > 2 else find(offset)

    with Joined(storage, moving, 10) as file:
        assert file.read() == b"abcdefghij"
    assert asked == [0, 3, 3]


def test_a_part_that_is_nowhere_is_told(storage):
    storage.delete("b")

    with Joined(storage, find, 10) as file, pytest.raises(OSError, match="byte 3 of 10"):
        file.read()
