"""What a server finds in its home, and what it leaves there for its user alone."""

import pytest

from ec_builds.config import Config
from ec_builds.runtime import assemble, prepare
from ec_builds.store.database import database


@pytest.fixture
def home(tmp_path):
    """A home that was there before, for everybody to see."""
    home = tmp_path / "home"
    home.mkdir(mode=0o755)
    yield home
    database.close()


def mode(path):
    return path.stat().st_mode & 0o777


@pytest.mark.parametrize("is_elsewhere", [False, True])
def test_database_and_storage_are_private(home, tmp_path, is_elsewhere):
    place = tmp_path / "elsewhere" if is_elsewhere else home
    config = Config.from_environment(
        {},
        home=home,
        executor="none",
        database_url=f"sqlite://{place}/database/builds.db",
        storage_url=f"file://{place}/a%20storage",
    )

    prepare(config)
    assemble(config)

    files = sorted(path.name for path in (place / "database").iterdir())
    assert files == ["builds.db", "builds.db-shm", "builds.db-wal"]
    assert {mode(path) for path in (place / "database").iterdir()} == {0o600}
    assert mode(place / "a storage") == mode(place / "database") == 0o700
    assert mode(home) == 0o755  # it is not ours to change


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"diary"])
def test_a_token_that_is_broken_is_replaced(home, content):
    config = Config.from_environment({}, home=home, executor="none")
    prepare(config)
    runtime = assemble(config)
    runtime.admin_token_file.write_bytes(content)

    text, is_new = runtime.first_token()

    assert is_new
    assert runtime.admin_token_file.read_text().strip() == text
    assert runtime.first_token() == (text, False)
