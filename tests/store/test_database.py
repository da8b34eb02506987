"""One interface to SQLite and PostgreSQL."""

import re
import threading
import uuid

import pytest

from ec_builds.errors import UsageError
from ec_builds.store.account import Account
from ec_builds.store.app import App, short_id
from ec_builds.store.database import database, new_id, now, open_database, transaction
from ec_builds.store.deployment import Deployment


@pytest.mark.parametrize(
    "url, sentence",
    [
        ("mysql://localhost/x", "should begin with sqlite:/// or postgresql://"),
        ("", "should begin with sqlite:/// or postgresql://"),
        ("sqlite://", "names no file"),
        ("sqlite:///", "names no file"),
        ("postgresql://[::1/x", "cannot be read"),
    ],
)
def test_an_address_that_makes_no_sense_is_refused_with_a_sentence(url, sentence):
    with pytest.raises(UsageError, match=sentence):
        open_database(url)


@pytest.mark.parametrize("slashes", ["", "/", "//"])
def test_the_path_of_a_file_is_absolute_however_many_slashes_it_has(tmp_path, slashes):
    opened = open_database(f"sqlite://{slashes}{tmp_path}/a%20b/builds.db")

    assert opened.database == f"{tmp_path}/a b/builds.db"
    assert (tmp_path / "a b").is_dir()


def test_moments_have_one_shape():
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", now())


def test_ids_are_uuids_of_version_four():
    pattern = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"

    assert re.fullmatch(pattern, new_id())
    assert new_id() != new_id()


@pytest.mark.parametrize(
    "app_id, short",
    [
        ("7b1d6a52-3c0e-4f7a-9d21-0c5e8a4b1f63", "50793615"),
        ("00000000-0000-4000-8000-000000000000", "80004000"),
        ("ffffffff-ffff-4fff-bfff-ffffffffffff", "4000b000"),
    ],
)
def test_the_short_id_follows_from_the_id(app_id, short):
    digits = app_id.replace("-", "")
    while len(digits) > 8:
        half = len(digits) // 2
        digits = f"{int(digits[:half], 16) ^ int(digits[half:], 16):0{half}x}"

    assert short_id(app_id) == short == digits


def test_no_app_gets_the_short_id_of_another(tables, monkeypatch):
    """Folders of targets are named by it, so the newer app would write over the older one's."""
    first, twin, free = (str(uuid.UUID(int=number)) for number in (1, 1 << 32, 2))
    assert short_id(first) == short_id(twin)
    ids = iter([first, twin, free])
    monkeypatch.setattr("ec_builds.store.app.new_id", lambda: next(ids))

    one, other = App.make("One", "#d97706"), App.make("Other", "#d97706")

    assert (one.id, other.id) == (first, free)


@pytest.mark.parametrize(
    "text", ["Bäckerei 🎂", "'; DROP TABLE app; --", "%s %(x)s ? {0}", "\\", "\n\t", "x" * 500]
)
def test_texts_come_back_as_they_were(tables, text):
    made = App.make(text, "#d97706")

    assert App.get_by_id(made.id).title == text


@pytest.mark.parametrize(
    "value",
    [{}, [], "text", 0, False, 1.5, 2**53, {"b": None, "a": [{"ü": ""}]}, "\u2028", {"": ""}],
    ids=str,
)
def test_json_comes_back_as_it_was(make_run, value):
    made = make_run(Deployment, build_id=1, outside_config=value)

    kept = Deployment.get_by_id(made.id).outside_config
    assert kept == value and type(kept) is type(value)


def test_a_transaction_may_be_nested(tables):
    with transaction():
        App.make("outer", "#d97706")
        with pytest.raises(RuntimeError), transaction():
            App.make("inner", "#d97706")
            raise RuntimeError

    assert [app.title for app in App.select()] == ["outer"]


def test_writers_take_turns(tables, at_once):
    App.make("0", "#d97706")

    def count(number):
        for _ in range(5):
            with transaction():
                rows = App.select()
                if database.obj.dialect == "postgresql":
                    rows = rows.for_update()
                app = rows.get()
                App.update(title=str(int(app.title) + 1)).execute()

    at_once(count, 4)

    assert App.get().title == "20"


def test_readers_do_not_wait_for_a_writer(tables):
    seen, written, done = [], threading.Event(), threading.Event()

    def write():
        try:
            with transaction():
                App.make("unseen", "#d97706")
                written.set()
                done.wait(20)
        finally:
            database.close()

    writer = threading.Thread(target=write)
    writer.start()
    written.wait(20)
    seen.append(App.select().count())
    done.set()
    writer.join()
    seen.append(App.select().count())

    assert seen == [0, 1]


def test_an_account_is_made_once_however_many_ask_for_it(tables, at_once):
    found = at_once(lambda number: Account.named("admin", "admin@localhost").id)

    assert len(set(found)) == 1
    assert Account.select().count() == 1
