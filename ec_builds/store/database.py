"""The database: one interface to SQLite and PostgreSQL, and what all rows share."""

import threading
import uuid
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

import orjson
import peewee

from ec_builds.errors import UsageError

#: Bound once, when a runtime is made.
database = peewee.DatabaseProxy()

#: What a transaction wants of a row until its end: that nobody changes it, or to change it itself.
KEEP, CHANGE = "FOR SHARE", "FOR NO KEY UPDATE"

#: What tells that a database does not answer, whichever it is.
Unreachable = (peewee.OperationalError, peewee.InterfaceError)
#: What tells that nothing can be written, though perhaps still read.
Unwritable = (*Unreachable, peewee.InternalError)
#: What tells that a row is there already.
Duplicate = peewee.IntegrityError


class Promising:
    """Knows what a commit promises: to outlast the process always, and a power cut if it is said.

    What was promised to somebody (accepted, claimed, finished) outlasts both; remarks on the way
    need not, and cost less.
    """

    #: What is told to a connection for each of the two.
    promises = {}

    def promise(self, outlasts_power):
        """Say what the next commits of this thread promise; not within a transaction."""
        connection = self.connection()
        if getattr(self._state, "told", None) != (connection, outlasts_power):
            self.execute_sql(self.promises[outlasts_power])
            self._state.told = connection, outlasts_power

    @contextmanager
    def remarking(self):
        """For one statement that is a remark; within a transaction it is part of that."""
        if not self.in_transaction():
            self.promise(False)
        yield


class Sqlite(Promising, peewee.SqliteDatabase):
    """SQLite for many threads: readers never wait, writers of one process queue up in front of it.

    A transaction that reads before it writes fails under load unless it is
    IMMEDIATE, and threads that wait for each other here rather than in
    SQLite's busy handler get their turn in order.
    """

    dialect = "sqlite"

    promises = {True: "PRAGMA synchronous = FULL", False: "PRAGMA synchronous = NORMAL"}

    def __init__(self, path):
        pragmas = {
            "journal_mode": "wal",
            "synchronous": "full",
            "busy_timeout": 15000,
            "foreign_keys": 1,
        }
        super().__init__(path, pragmas=pragmas, timeout=15)
        self.turn = threading.RLock()
        # SQLite's own lower() knows only ASCII.
        self.register_function(lambda text: text and text.lower(), "lower", 1)

    @contextmanager
    def writing(self):
        with self.turn:
            if not self.in_transaction():
                self.promise(True)
            with self.atomic("IMMEDIATE"):
                yield

    @contextmanager
    def remarking(self):
        with self.turn, super().remarking():
            yield

    def rollback(self):
        """End the transaction, unless SQLite has done so already, as when the disk is full."""
        if self.is_closed() or self.connection().in_transaction:
            super().rollback()

    def locking(self, query, lock):
        """The query; a transaction that may write is alone already."""
        return query

    def lock_for_migration(self):
        """An IMMEDIATE transaction is alone already."""

    def lock_keys(self, alone=False):
        """The same holds for one that seals something, or that waits for those who do."""

    def scrub(self, tables):
        """Leave nothing in the files of what was overwritten or deleted."""
        self.execute_sql("VACUUM")
        self.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")


class Postgres(Promising, peewee.PostgresqlDatabase):
    """PostgreSQL, with a connection per thread."""

    dialect = "postgresql"
    promises = {True: "SET synchronous_commit = on", False: "SET synchronous_commit = off"}

    @contextmanager
    def writing(self):
        if not self.in_transaction():
            self.promise(True)
        with self.atomic():
            yield

    def locking(self, query, lock):
        """The query, whose rows are locked as KEEP or CHANGE says."""
        return query.for_update(lock) if lock else query

    def lock_for_migration(self):
        self.execute_sql("SELECT pg_advisory_xact_lock(7470)")

    def lock_keys(self, alone=False):
        """Until the end of the transaction the key that seals stays the same.

        Whoever is `alone` here has waited for all who sealed with the one before.
        """
        self.execute_sql(f"SELECT pg_advisory_xact_lock{'' if alone else '_shared'}(7471)")

    def scrub(self, tables):
        """Leave nothing in the files of these tables of what was overwritten or deleted."""
        self.execute_sql("SET lock_timeout = '10s'")
        try:
            for table in tables:
                self.execute_sql(f"VACUUM FULL {table}")
        finally:
            self.execute_sql("RESET lock_timeout")


def open_database(url):
    """The database at `sqlite:///path` or `postgresql://…`; it is not connected yet."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise UsageError(f"EC_BUILDS_DATABASE_URL cannot be read: {error}.") from error
    if parts.scheme == "sqlite":
        # Three slashes or four: the path is absolute, as it is in file:///.
        path = Path("/" + unquote(parts.path).lstrip("/"))
        if not path.name or "\0" in str(path):
            raise UsageError("EC_BUILDS_DATABASE_URL names no file; sqlite:///srv/builds.db would.")
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)  # SQLite gives its log the same mode
        return Sqlite(str(path))
    if parts.scheme in ("postgresql", "postgres"):
        return open_postgres(url)
    raise UsageError("EC_BUILDS_DATABASE_URL should begin with sqlite:/// or postgresql://.")


def open_postgres(url):
    try:
        from psycopg import ProgrammingError
        from psycopg.conninfo import conninfo_to_dict
    except ImportError as error:
        needed = "PostgreSQL needs one more package: pip install 'ec-builds[postgres]'."
        raise UsageError(needed) from error
    try:
        parameters = conninfo_to_dict(url)
    except ProgrammingError as error:  # which may quote the password
        raise UsageError(
            "EC_BUILDS_DATABASE_URL cannot be read; it should look like "
            "postgresql://user:password@host:5432/name, with special characters percent-encoded."
        ) from error
    if not str(parameters.setdefault("connect_timeout", 5)).isdecimal():
        raise UsageError("EC_BUILDS_DATABASE_URL has a connect_timeout that is no whole number.")
    name = parameters.pop("dbname", None) or "ec_builds"
    return Postgres(name, prefer_psycopg3=True, **parameters)


def bind(url):
    """Make this the database of all rows; one that is bound already keeps its connections."""
    bound = database.obj
    if getattr(bound, "url", None) == url:
        return
    new = open_database(url)
    new.url = url
    if bound is not None:
        bound.close()
    database.initialize(new)


@contextmanager
def transaction():
    """Everything inside is written together or not at all. May be nested."""
    with database.obj.writing():
        yield


@contextmanager
def remark():
    """For one statement that need not outlast a power cut, unless it is part of a transaction."""
    with database.obj.remarking():
        yield


def after_commit(function):
    """Call a function when the transaction has been committed; never, if it is rolled back."""
    database.obj.after_commit(function)


def now():
    """The time as it is stored and sent: RFC 3339, UTC, three digits of milliseconds.

    Texts of this one shape sort as the moments they name.
    """
    return timestamp(datetime.now(UTC))


def timestamp(moment):
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def new_id():
    """An id for everything that is not a run: UUID version 4."""
    return str(uuid.uuid4())


class JSONField(peewee.TextField):
    """Any JSON value, kept as text so that it comes back with its keys in their order."""

    def db_value(self, value):
        return None if value is None else orjson.dumps(value).decode()

    def python_value(self, value):
        return None if value is None else orjson.loads(value)


class Row(peewee.Model):
    """A row of any table."""

    class Meta:
        database = database
        legacy_table_names = False

    @classmethod
    def living(cls):
        """A query for the rows that are there for those who ask."""
        return cls.select()

    def remove(self):
        """Make it vanish for those who ask."""
        self.delete_instance()


class Living(Row):
    """A row that can be deleted: it vanishes at once, and is purged when nothing needs it."""

    deleted = peewee.TextField(null=True)

    @classmethod
    def living(cls):
        """A query for the rows that have not been deleted."""
        return cls.select().where(cls.deleted.is_null())

    def remove(self):
        """Mark it as deleted."""
        row = type(self)
        row.update(deleted=now()).where(row.id == self.id).execute()
