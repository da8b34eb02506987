"""Where results are kept: bytes under keys. Knows nothing about builds."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from ec_builds.errors import UsageError
from ec_builds.storage.folder import FolderStorage

#: Scheme of a storage URL: what makes the storage from its path.
SCHEMES = {"file": FolderStorage}


def open_storage(url):
    """The storage at a URL; its scheme chooses the class. Raises UsageError."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise wrong("a whole address", url.partition(":")[0]) from None
    if parts.scheme not in SCHEMES:
        known = ", ".join(f"{scheme}:///…" for scheme in SCHEMES)
        raise wrong(f"one of {known}", parts.scheme)
    path = unquote(parts.path)
    if parts.netloc or parts.query or parts.fragment or not path.startswith("/") or "\0" in path:
        raise wrong("the address of a folder, file:///…", parts.scheme)
    if Path(path).exists() and not Path(path).is_dir():
        raise UsageError(f"EC_BUILDS_STORAGE_URL should be a folder, not “{path}”.")
    return SCHEMES[parts.scheme](path)


def wrong(wanted, scheme):
    """The error of an address, of which only the scheme is shown: it may hold a password."""
    return UsageError(f"EC_BUILDS_STORAGE_URL should be {wanted}, not “{scheme}:…”.")
