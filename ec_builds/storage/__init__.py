"""Where results are kept: bytes under keys. Knows nothing about builds."""

from urllib.parse import unquote, urlsplit

from ec_builds.errors import UsageError
from ec_builds.storage.folder import FolderStorage

#: Scheme of a storage URL: what makes the storage from its path.
SCHEMES = {"file": FolderStorage}


def open_storage(url):
    """The storage at a URL; its scheme chooses the class."""
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES:
        known = ", ".join(f"{scheme}:///…" for scheme in SCHEMES)
        raise UsageError(f"EC_BUILDS_STORAGE_URL should be one of {known}, not {parts.scheme}:…")
    return SCHEMES[parts.scheme](unquote(parts.path))
