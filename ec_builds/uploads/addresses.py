"""Which addresses take large bodies."""

import re

#: Methods, and the paths where they do.
ADDRESSES = (
    ("POST", re.compile(r"(/api)?/objects")),
)


def is_upload(method, path):
    """Whether requests of this method to this path may have a large body."""
    return any(method == known and paths.fullmatch(path) for known, paths in ADDRESSES)
