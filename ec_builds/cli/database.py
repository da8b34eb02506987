"""The database, as the command line talks about it: never with its password."""

import shutil
import sqlite3
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from ec_builds.errors import UsageError

#: How every SQLite file begins.
SQLITE = b"SQLite format 3\0"
#: Bytes that SQLite needs to begin, for its log and what its processes share.
LITTLE = 64 * 1024


class Broken(Exception):
    """A SQLite file is damaged; the message is what SQLite says."""


@contextmanager
def whole():
    """Raises Broken for what SQLite says of a damaged file, whoever raised it again."""
    try:
        yield
    except Exception as error:
        said = error
        while said and type(said) is not sqlite3.DatabaseError:
            said = said.__context__
        if said is None:
            raise
        raise Broken(said) from error


def file(url):
    """The file of a SQLite database, or None if it is another database."""
    parts = urlsplit(url)
    return Path("/" + unquote(parts.path).lstrip("/")) if parts.scheme == "sqlite" else None


def is_missing(url):
    """Whether a SQLite file is not there, or has nothing in it; to open it would make it."""
    path = file(url)
    return path is not None and not (path.exists() and path.stat().st_size)


def check(url):
    """Raises UsageError for no address, and for something else where a SQLite file should be."""
    try:
        path = file(url)
        if "\0" in str(path):
            raise ValueError("there is a NUL in it")
    except ValueError as error:
        raise UsageError("EC_BUILDS_DATABASE_URL is no address that can be read.") from error
    if path is None or not path.exists():
        return
    if not path.is_file():
        raise UsageError(f"EC_BUILDS_DATABASE_URL should name a file; {path} is none.")
    with path.open("rb") as opened:
        if opened.read(len(SQLITE)) not in (SQLITE, b""):
            raise UsageError(f"EC_BUILDS_DATABASE_URL names {path}, which is no SQLite database.")


def place(url):
    """Where a database is, as in `sqlite:///srv/builds.db` or `postgresql://host:5432/builds`."""
    try:
        parts = urlsplit(url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        parts = None
    if parts is None or "@" in parts.path:  # who knows which part of it is the password
        return url.partition(":")[0]
    path = file(url) or parts.path
    return f"{parts.scheme}://{host}{port}{path}"


def reason(error, url):
    """The first line of what a database said, without the password if that was in it."""
    told = (str(error).strip().splitlines() or [type(error).__name__])[0]
    for secret in sorted(secrets(url), key=len, reverse=True):
        told = told.replace(secret, "***")
    return told.rstrip(".")


def silence(error, url):
    """Why a database does not answer. SQLite calls a full disk by many names."""
    return reason(error, url) + (", for its disk is full" if is_full(url) else "")


def is_full(url):
    """Whether there is no space left where a SQLite file is."""
    try:
        path = file(url)
        return path is not None and shutil.disk_usage(path.parent).free < LITTLE
    except (OSError, ValueError):  # it is nowhere
        return False


def secrets(url):
    """What must not be shown of an address, in all the ways in which it may be spelt."""
    try:
        parts = urlsplit(url)
        spelt = {parts.password, *parse_qs(parts.query).get("password", ())}
    except ValueError:
        spelt = {url}
    whole = {each for text in spelt if text for each in (text, unquote(text))}
    # of a password with an @, others take a part for the host
    return whole | {part for text in whole for part in text.split("@") if part}
