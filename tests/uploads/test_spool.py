"""Bodies on disk."""

import os
from types import SimpleNamespace

import pytest

from ec_builds.errors import BodyTooLarge, Unavailable
from ec_builds.uploads import Kind, Uploads, spool

LIMIT = 1000


@pytest.fixture
def disk():
    return SimpleNamespace(free=10_000, reserve=2_000)


@pytest.fixture
def uploads(tmp_path, disk):
    return Uploads(tmp_path / "uploads", LIMIT, lambda folder: disk)


def test_what_is_written_can_be_read_and_has_no_name(uploads):
    with uploads.begin(Kind.WHOLE) as body:
        for piece in (b"fresh ", b"bread"):
            body.write(piece)
        body.seek(0)

        assert (body.read(5), body.read(), body.size) == (b"fresh", b" bread", 11)
        assert uploads.held == 11
        assert list(uploads.folder.iterdir()) == []
        assert uploads.folder.stat().st_mode & 0o777 == 0o700
        assert not os.get_inheritable(body.fileno())
    assert uploads.held == 0


def test_a_body_may_be_as_large_as_the_limit(uploads):
    with uploads.begin(Kind.WHOLE, LIMIT) as body:
        body.write(LIMIT * b"a")
        with pytest.raises(BodyTooLarge):
            body.write(b"a")
    with pytest.raises(BodyTooLarge):
        uploads.begin(Kind.WHOLE, LIMIT + 1)


@pytest.mark.parametrize(
    "kind, most",
    [(Kind.WHOLE, LIMIT), (Kind.PART, LIMIT), (Kind.FORM, LIMIT + spool.FRAME)],
)
def test_each_kind_of_bodies_has_its_limit(uploads, kind, most):
    uploads = Uploads(uploads.folder, LIMIT, lambda folder: SimpleNamespace(free=2**40, reserve=0))
    with pytest.raises(BodyTooLarge, match=f" {most} bytes"):
        uploads.begin(kind, most + 1)
    with uploads.begin(kind, most) as body:
        body.write(bytes(most))
        with pytest.raises(BodyTooLarge, match=f" {most} bytes"):
            body.write(b"a")


def test_some_of_the_disk_stays_free(uploads, disk):
    with uploads.begin(Kind.WHOLE) as body:
        disk.free = disk.reserve + 100
        body.write(100 * b"a")
        with pytest.raises(Unavailable) as told:
            body.write(101 * b"a")
        assert told.value.headers["Retry-After"]
        with pytest.raises(Unavailable):
            uploads.begin(Kind.WHOLE, 101)


def test_a_folder_that_cannot_be_written_is_told(uploads):
    uploads.folder.write_text("a file")

    with pytest.raises(Unavailable):
        uploads.begin(Kind.WHOLE)


def test_a_disk_that_is_away_is_told(uploads):
    def away(folder):
        raise FileNotFoundError(folder)

    with uploads.begin(Kind.WHOLE) as body:
        uploads.room = away
        with pytest.raises(Unavailable):
            body.write(b"a")
        with pytest.raises(Unavailable):
            uploads.begin(Kind.WHOLE)


def test_a_full_disk_is_told_and_nothing_is_left(uploads, monkeypatch):
    uploads.begin(Kind.WHOLE).close()
    monkeypatch.setattr(spool, "nameless", lambda folder, flags: os.open("/dev/full", os.O_RDWR))

    with uploads.begin(Kind.WHOLE) as body, pytest.raises(Unavailable):
        body.write(b"a")
    assert uploads.held == 0


def test_too_many_at_once_are_refused(uploads):
    uploads.most = LIMIT
    with uploads.begin(Kind.WHOLE) as one, uploads.begin(Kind.WHOLE) as another:
        one.write(LIMIT * b"a")
        uploads.require_room()
        another.write(b"a")
        with pytest.raises(Unavailable):
            uploads.require_room()
    uploads.require_room()
