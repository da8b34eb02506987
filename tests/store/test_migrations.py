"""The tables, on empty databases and on those that were used before."""

import importlib
import pkgutil
import subprocess
import sys

import peewee
import pytest

from ec_builds import store
from ec_builds.errors import UsageError
from ec_builds.store import migrations
from ec_builds.store.database import Row, database, open_database

for module in pkgutil.iter_modules(store.__path__, "ec_builds.store."):
    importlib.import_module(module.name)


def leaves(row):
    """The classes of rows that have a table of their own."""
    return [leaf for each in row.__subclasses__() for leaf in leaves(each)] or [row]


ROWS = leaves(Row)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request, tmp_path):
    """The address of a database that has no tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/empty.db"
    return request.getfixturevalue("make_database")()


@pytest.fixture
def empty(empty_url):
    """A database that has no tables."""
    database.initialize(open_database(empty_url))
    yield database
    database.close()


def test_an_empty_database_gets_every_migration_once(empty):
    names = [name for _, name in migrations.versions()]

    assert migrations.current() == 0
    assert migrations.migrate() == names
    assert migrations.migrate() == []
    assert migrations.current() == migrations.versions()[-1][0]


def test_migrations_are_numbered_without_gaps():
    numbers = [number for number, _ in migrations.versions()]

    assert numbers == list(range(1, len(numbers) + 1))


def test_a_row_has_the_columns_of_its_table(tables):
    declared = {
        row._meta.table_name: {name: field.null for name, field in row._meta.columns.items()}
        for row in ROWS
    }

    found = {
        table: {column.name: nullable(column) for column in database.get_columns(table)}
        for table in set(database.get_tables()) - {"migration", "sqlite_sequence"}
    }

    assert found == declared


def nullable(column):
    """Whether a column may be empty; SQLite does not say that a key may not."""
    return column.null and not column.primary_key


def test_every_row_class_can_be_asked(tables):
    assert [list(row.select()) for row in ROWS] == [[] for _ in ROWS]


def test_a_newer_database_is_refused_with_a_sentence(empty):
    migrations.migrate()
    newest = migrations.versions()[-1][0]
    database.execute_sql(f"INSERT INTO migration (id, run) VALUES ({newest + 1}, 'tomorrow')")

    with pytest.raises(UsageError) as refusal:
        migrations.migrate()

    assert str(refusal.value) == (
        f"The database is at version {newest + 1}, which is newer than this release "
        f"(version {newest}); start the release that it was last used with."
    )


def test_a_migration_that_breaks_leaves_nothing_behind(empty, monkeypatch):
    good = migrations.statements
    monkeypatch.setattr(
        migrations, "statements", lambda *arguments: [*good(*arguments), "CREATE NONSENSE"]
    )

    with pytest.raises((peewee.OperationalError, peewee.ProgrammingError)):
        migrations.migrate()

    assert database.get_tables() in ([], ["sqlite_sequence"])
    monkeypatch.undo()
    assert migrations.migrate()


def test_processes_that_migrate_at_once_do_it_once(empty_url):
    script = (
        "from ec_builds.store.database import database, open_database\n"
        "from ec_builds.store.migrations import migrate\n"
        f"database.initialize(open_database({empty_url!r}))\n"
        "input()\n"
        "print(len(migrate()))\n"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    processes = [
        subprocess.Popen([sys.executable, "-c", script], text=True, **pipes) for _ in range(4)
    ]
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()

    said = sorted(process.communicate(timeout=60)[0].strip() for process in processes)

    assert said == sorted(["0", "0", "0", str(len(migrations.versions()))])
