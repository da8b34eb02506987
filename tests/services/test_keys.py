"""The keys of a server: made once, missed in a sentence, and rotated whatever happens meanwhile."""

import dataclasses
import secrets
import stat
import threading

import pytest

from ec_builds.auth.secrets import write_encryption_keys
from ec_builds.errors import UsageError
from ec_builds.runtime import assemble, prepare
from ec_builds.services import keys as module
from ec_builds.services.keys import EncryptionKeys
from ec_builds.store import resealing
from ec_builds.store.app import App
from ec_builds.store.configured import CodeSource, Target
from ec_builds.store.database import database, transaction
from ec_builds.store.sealing import PREFIX, Key, keys

SECRET = "swordfish-of-before"


@pytest.fixture
def file(config):
    return config.home / "encryption-key"


@pytest.fixture
def app(runtime):
    return App.make("Bakery", "#d97706")


@pytest.fixture
def targets(app):
    """Some rows of a table that are sealed."""
    return [
        Target.create(app=app, type="folder", config={"token": f"{SECRET}-{number}"})
        for number in range(7)
    ]


@pytest.fixture
def small_steps(monkeypatch):
    monkeypatch.setattr(resealing, "STEP", 2)


def stored():
    return [text for (text,) in database.execute_sql("SELECT config FROM target").fetchall()]


def make_plain(targets):
    """Have the rows as a release had them that knew of no keys."""
    for number, each in enumerate(targets):
        text = f'{{"token":"{SECRET}-{number}"}}'
        database.execute_sql(f"UPDATE target SET config = '{text}' WHERE id = '{each.id}'")


def check(targets):
    """All rows open, for a process that reads the keys anew."""
    keys.refresh()
    for number, each in enumerate(targets):
        assert Target.get_by_id(each.id).config == {"token": f"{SECRET}-{number}"}


# --- at the start


def test_a_key_is_made_at_the_first_start_and_stays(config, file, runtime):
    text = file.read_text()

    assert len(bytes.fromhex(text.strip())) == 32
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    prepare(config)
    assert file.read_text() == text


@pytest.mark.parametrize("lost", ["missing", "another", "environment"])
def test_a_lost_key_is_told_and_never_replaced(config, file, targets, lost):
    lost_id = keys.first.id
    file.unlink()
    if lost == "another":
        write_encryption_keys(config.home, [secrets.token_hex(32)])
    if lost == "environment":
        config = dataclasses.replace(config, encryption_key=(secrets.token_hex(32),))
    before = file.read_text() if file.exists() else None

    for start in (prepare, assemble):
        with pytest.raises(UsageError, match="7 configs are sealed") as refused:
            start(config)
        assert lost_id in str(refused.value) and "backup" in str(refused.value)
    assert (file.read_text() if file.exists() else None) == before


@pytest.mark.parametrize("text", ["", "no key", "ab" * 31, "zz" * 32])
def test_a_broken_file_is_told_without_what_is_in_it(config, file, runtime, text):
    file.write_text(text)

    with pytest.raises(UsageError, match="encryption-key") as refused:
        prepare(config)
    assert not text or text not in str(refused.value)
    assert file.read_text() == text


def test_a_key_of_the_environment_needs_no_file(config, tmp_path, runtime):
    given = secrets.token_hex(32)
    other = dataclasses.replace(config, home=tmp_path / "other", encryption_key=(given,))

    prepare(other)

    assert keys.first.id == Key(given).id
    assert not (tmp_path / "other" / "encryption-key").exists()
    assert given not in repr(other)


# --- configs of before


def test_configs_of_before_are_sealed_at_the_start(config, targets, small_steps):
    make_plain(targets)
    check(targets)

    prepare(config)

    assert all(text.startswith(PREFIX) for text in stored())
    check(targets)


def test_nothing_of_configs_of_before_stays_in_the_file(config, targets):
    make_plain(targets)
    Target.delete().where(Target.id == targets[0].id).execute()
    files = [path for path in config.home.parent.rglob("*") if path.is_file()]

    prepare(config)

    assert [path for path in files if path.exists() and SECRET.encode() in path.read_bytes()] == []


def test_sealing_that_was_ended_goes_on(config, targets, small_steps, monkeypatch):
    make_plain(targets)
    steps = iter(range(2))

    def some(row, *arguments, whole=resealing.take_step):
        if row is Target and next(steps, None) is None:
            raise KeyboardInterrupt
        return whole(row, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(resealing, "take_step", some)
        with pytest.raises(KeyboardInterrupt):
            prepare(config)
    assert 0 < sum(text.startswith(PREFIX) for text in stored()) < len(targets)
    check(targets)

    prepare(config)

    assert all(text.startswith(PREFIX) for text in stored())
    check(targets)


def test_two_may_seal_at_once(targets, small_steps, at_once):
    make_plain(targets)

    results = at_once(lambda number: resealing.seal(PREFIX), times=2)

    assert sum(done for done, _ in results) == len(targets)
    check(targets)


# --- rotation


def test_a_rotation_seals_all_with_a_new_key_and_drops_the_old_one(
    runtime, file, targets, small_steps
):
    old, old_text = keys.first.id, file.read_text().strip()

    done = runtime.keys.rotate()

    assert (done.sealed, done.failed, done.dropped) == (len(targets), 0, (old,))
    assert done.first == keys.first.id != old
    assert old_text not in file.read_text()
    assert set(resealing.numbers()) == {done.first}
    check(targets)


def test_dropped_keys_are_kept_for_backups_and_not_read(config, runtime, file, targets):
    old_file, first = file.with_suffix(".old"), file.read_text()
    backup = stored()
    runtime.keys.rotate()
    second = file.read_text()
    old_file.chmod(0o644)

    runtime.keys.rotate()

    assert old_file.read_text() == first + second
    assert stat.S_IMODE(old_file.stat().st_mode) == 0o600
    old_file.write_text("Dear diary")
    prepare(config)
    for each, text in zip(targets, backup):
        database.execute_sql(f"UPDATE target SET config = '{text}' WHERE id = '{each.id}'")
    with pytest.raises(UsageError, match="from encryption-key.old"):
        prepare(config)
    file.write_text(file.read_text() + first)
    prepare(config)
    check(targets)


def test_a_key_is_kept_before_it_is_dropped(runtime, file, monkeypatch):
    old, new = file.read_text(), secrets.token_hex(32)
    write_encryption_keys(file.parent, [new, old.strip()])

    def end(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "write_encryption_keys", end)
    with pytest.raises(KeyboardInterrupt):
        runtime.keys.rotate()

    assert file.with_suffix(".old").read_text() == old


STEPS = [
    (module, "write_encryption_keys"),
    (resealing, "wait_for_writers"),
    (resealing, "take_step"),
    (resealing, "seal_anew"),
    (resealing, "numbers"),
]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("where, name", STEPS, ids=[name for _, name in STEPS])
def test_a_rotation_can_be_ended_anywhere_and_begun_again(
    runtime, targets, small_steps, monkeypatch, where, name, after
):
    old = keys.first.id
    whole = getattr(where, name)

    def end(*arguments, **options):
        if after:
            whole(*arguments, **options)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(where, name, end)
        with pytest.raises(KeyboardInterrupt):
            runtime.keys.rotate()
    check(targets)
    runtime.keys.rotate()

    check(targets)
    assert len(runtime.keys.show()[0]) == 1
    assert old not in resealing.numbers()


def test_servers_go_on_writing_while_keys_are_rotated(runtime, app, file, small_steps):
    is_over, failures = threading.Event(), []

    def write():
        try:
            while not is_over.is_set():
                made = CodeSource.create(app=app, type="stub", config={"token": SECRET})
                made.config = {"token": SECRET * 2}
                made.save()
                assert CodeSource.get_by_id(made.id).config == {"token": SECRET * 2}
        except BaseException as error:
            failures.append(error)
        finally:
            database.close()

    threads = [threading.Thread(target=write) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(5):
            runtime.keys.rotate()
    finally:
        is_over.set()
        for thread in threads:
            thread.join()

    assert failures == []
    assert len(file.read_text().split()) == 1
    assert set(resealing.numbers()) <= {keys.first.id}
    assert all(each.config == {"token": SECRET * 2} for each in CodeSource.select())


def test_a_rotation_waits_for_whoever_has_sealed_with_the_old_key(runtime, app):
    """The row is not there for others yet, and needs a key that would be dropped."""
    rotating = threading.Thread(target=lambda: (runtime.keys.rotate(), database.close()))
    with transaction():
        made = CodeSource.create(app=app, type="stub", config={"token": SECRET})
        rotating.start()
        rotating.join(0.5)  # it gets a moment, and goes on later
    rotating.join()

    keys.refresh()
    assert CodeSource.get_by_id(made.id).config == {"token": SECRET}
    assert set(resealing.numbers()) == {keys.first.id}


def test_a_key_stays_while_anything_needs_it(runtime, file, targets):
    old, text = keys.first.id, f"{PREFIX}{keys.first.id}:AAAA"
    database.execute_sql(f"UPDATE target SET config = '{text}' WHERE id = '{targets[0].id}'")

    done = runtime.keys.rotate()

    assert (done.failed, done.dropped) == (1, ())
    assert old in [each.id for each in runtime.keys.show()[0]]
    assert Target.get_by_id(targets[1].id).config == {"token": f"{SECRET}-1"}


def test_two_do_not_rotate_at_once(runtime, config, monkeypatch):
    def meanwhile():
        with pytest.raises(UsageError, match="Somebody else"):
            EncryptionKeys(config.home).rotate()
        return 0, 0

    monkeypatch.setattr(resealing, "seal_anew", meanwhile)

    runtime.keys.rotate()


def test_keys_of_the_environment_are_rotated_by_hand(config, runtime, targets, file):
    """One machine after the other learns of the new key before anything is sealed with it."""
    old, new = file.read_text().strip(), secrets.token_hex(32)
    file.unlink()

    def at_start(*given):
        of_machine = EncryptionKeys(config.home, given)
        of_machine.unlock()
        return of_machine

    with pytest.raises(UsageError, match="Put a second one behind it"):
        at_start(old).rotate()
    at_start(old, new)
    check(targets)
    done = at_start(new, old).rotate()
    assert (done.sealed, done.idle, done.dropped) == (len(targets), (Key(old).id,), ())
    at_start(new)
    check(targets)
    with pytest.raises(UsageError, match=Key(new).id):
        at_start(old)
    assert not file.exists() and not file.with_suffix(".old").exists()
