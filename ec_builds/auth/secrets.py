"""Files in the server's home that only its user may read."""

import fcntl
import os
import re
import secrets
import tempfile
from contextlib import contextmanager
from pathlib import Path

from ec_builds.errors import UsageError

#: How an encryption key is written.
KEY = r"[0-9A-Fa-f]{64}"


def signing_key(home):
    """The key that signs tokens, made at first start. Two processes that start at once share it.

    Raises UsageError for a key that is broken: with a new one, every token would be void.
    """
    path = Path(home) / "secret-key"
    if not path.exists():
        write_private(path, secrets.token_hex(32), replace=False)
    key = read_private(path)
    if not key or not re.fullmatch(r"[ -~]{32,}", key):
        raise UsageError(
            f"The key in {path} is broken; bring it back from a backup, or delete the file, "
            "which makes all tokens void that have been issued."
        )
    return key


def read_encryption_keys(home, given=()):
    """The keys that open configs, the one that seals first: those given, then those of the file.

    Raises UsageError if there are none, or broken ones. It never says what is in the file.
    """
    lines = (read_private(encryption_key_file(home)) or "").split()
    if not all(re.fullmatch(KEY, line) for line in lines):
        raise UsageError(
            f"{encryption_key_file(home)} should hold a key of 64 hexadecimal digits in each line, "
            "and does not; bring it back from a backup."
        )
    found = tuple(dict.fromkeys(each.lower() for each in (*given, *lines)))
    if not found:
        raise UsageError(f"There is no key in {encryption_key_file(home)}.")
    return found


def new_encryption_key():
    return secrets.token_hex(32)


def encryption_key_file(home):
    return Path(home) / "encryption-key"


def has_encryption_key(home, given=()):
    """Whether there is any key, or a file that should hold one."""
    return bool(given) or encryption_key_file(home).exists()


def write_encryption_keys(home, keys, replace=True):
    """Write the file anew; unless replacing, the first one wins."""
    write_private(encryption_key_file(home), "\n".join(keys), replace)


@contextmanager
def changing_encryption_keys(home):
    """Be the only one who changes the file; two who do would lose a key. Raises UsageError."""
    with open(encryption_key_file(home).with_suffix(".lock"), "w", opener=private) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UsageError("Somebody else is rotating the keys at the moment.") from error
        yield


def private(path, flags):
    return os.open(path, flags, 0o600)


def read_private(path):
    """The text of a file; None if it is not there, or holds no text."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except (FileNotFoundError, UnicodeDecodeError):
        return None


def write_private(path, text, replace=True):
    """Write a file with mode 0600, whole or not at all; unless replacing, the first one wins."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        if replace:
            os.replace(name, path)
        else:
            os.link(name, path)
    except FileExistsError:
        return
    finally:
        Path(name).unlink(missing_ok=True)
