"""Files in the server's home that only its user may read."""

import os
import re
import secrets
import tempfile
from pathlib import Path

from ec_builds.errors import UsageError


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
