"""Configs as the database has them: sealed, and bound to their place."""

import secrets

import pytest

from ec_builds.errors import Unavailable, UsageError
from ec_builds.store.configured import CodeSource, Target
from ec_builds.store.database import database, transaction
from ec_builds.store.platform import Platform
from ec_builds.store.sealing import PREFIX, Key, keys

SECRET = "swordfish"


@pytest.fixture
def rows(platform):
    """Two targets, the first of which has a secret."""
    first = Target.create(app=platform.app, type="folder", config={"token": SECRET})
    return first, Target.create(app=platform.app, type="folder", config={})


def stored(table="target"):
    """All configs of a table as they lie there, by id."""
    return dict(database.execute_sql(f"SELECT id, config FROM {table}").fetchall())


def put(row_id, text, table="target"):
    place = "?" if database.obj.dialect == "sqlite" else "%s"
    database.execute_sql(
        f"UPDATE {table} SET config = {place} WHERE id = {place}", (text, row_id)
    )


def test_a_config_is_sealed_and_comes_back(rows):
    first, _ = rows

    assert all(text.startswith(f"{PREFIX}{keys.first.id}:") for text in stored().values())
    assert SECRET not in stored()[first.id]
    assert Target.get_by_id(first.id).config == {"token": SECRET}
    assert first.config == {"token": SECRET}


def test_the_same_config_is_sealed_in_another_way_each_time(rows):
    first, _ = rows
    before = stored()[first.id]

    first.config = {"token": SECRET}
    first.save()

    assert stored()[first.id] != before
    assert Target.get_by_id(first.id).config == {"token": SECRET}


def test_what_is_copied_into_another_row_does_not_open(rows):
    first, second = rows
    put(second.id, stored()[first.id])

    with pytest.raises(Unavailable):
        Target.get_by_id(second.id).config
    assert Target.get_by_id(first.id).config == {"token": SECRET}


def test_what_is_copied_into_another_table_does_not_open(rows, platform):
    first, _ = rows
    CodeSource.create(id=first.id, app=platform.app, type="stub", config={})
    put(first.id, stored()[first.id], "codesource")

    with pytest.raises(Unavailable):
        CodeSource.get_by_id(first.id).config


@pytest.mark.parametrize("at", [-1, len(PREFIX) + 14, len(PREFIX) + 13])
def test_what_is_damaged_does_not_open(rows, at):
    first, _ = rows
    text = list(stored()[first.id])
    text[at] = "A" if text[at] != "A" else "B"
    put(first.id, "".join(text))

    with pytest.raises(Unavailable):
        Target.get_by_id(first.id).config


def test_nothing_is_written_that_is_not_sealed(rows):
    first, _ = rows
    with pytest.raises(TypeError):
        Target.update(config={"token": SECRET}).execute()
    with pytest.raises(TypeError):
        Target.insert(app=first.app_id, type="folder", config={}).execute()


def test_a_row_is_sealed_for_the_id_that_it_gets(platform):
    made = Platform.create(
        config={"a": 1}, title="Other", type="website", app=platform.app_id,
        codesource=platform.codesource_id, datasource=platform.datasource_id, id="an-id",
    )

    assert Platform.get_by_id("an-id").config == made.config == {"a": 1}


def test_an_update_writes_what_is_new_only(rows):
    first, second = rows

    assert first.rewritten("config", {"token": SECRET}) == {}
    with transaction():
        written = first.rewritten("config", {"token": "other"})
        Target.update(**written).where(Target.id == first.id).execute()
    assert Target.get_by_id(first.id).config == {"token": "other"}


@pytest.fixture
def texts(platform):
    """The keys of this process, to be changed as another process would; bound back in the end."""
    before, texts = keys.read, [secrets.token_hex(32)]
    keys.bind(lambda: tuple(texts))
    yield texts
    keys.bind(before)


def test_a_key_that_came_later_is_found(texts, platform):
    theirs = Key(secrets.token_hex(32))
    new = secrets.token_hex(32)
    row = Target.create(app=platform.app, type="folder", config={"token": SECRET})
    put(row.id, Key(new).seal(b'{"by": "others"}', f"target/config/{row.id}".encode()))
    assert theirs.id not in keys.known and Key(new).id not in keys.known

    texts.insert(0, new)

    assert Target.get_by_id(row.id).config == {"by": "others"}


def test_whoever_seals_takes_the_key_that_is_first_by_then(texts, platform):
    texts.insert(0, secrets.token_hex(32))

    row = Target.create(app=platform.app, type="folder", config={})

    assert stored()[row.id].startswith(f"{PREFIX}{Key(texts[0]).id}:")


def test_a_key_that_is_not_here_is_named_and_nothing_else(texts, platform):
    row = Target.create(app=platform.app, type="folder", config={"token": SECRET})
    lost = keys.first.id
    texts[:] = [secrets.token_hex(32)]
    keys.refresh()

    with pytest.raises(Unavailable, match=f"lacks the key {lost}"):
        Target.get_by_id(row.id).config


def test_nothing_is_sealed_while_the_keys_cannot_be_read(platform):
    def fail():
        raise UsageError("broken")

    before, keys.read = keys.read, fail
    try:
        with pytest.raises(Unavailable):
            Target.create(app=platform.app, type="folder", config={})
    finally:
        keys.bind(before)
    assert Target.select().count() == 1
