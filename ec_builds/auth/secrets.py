"""Files in the server's home that only its user may read."""

import os
import secrets
import tempfile
from pathlib import Path


def signing_key(home):
    """The key that signs tokens, made at first start. Two processes that start at once share it."""
    path = Path(home) / "secret-key"
    if not path.exists():
        write_private(path, secrets.token_hex(32), replace=False)
    return path.read_text().strip()


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
