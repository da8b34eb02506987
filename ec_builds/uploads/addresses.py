"""Which addresses take large bodies, what these are, and what lets one in."""

import re
from dataclasses import dataclass
from enum import Enum

from ec_builds.uploads.credentials import Secret


class Kind(Enum):
    """What a large body is."""

    WHOLE, PART, FORM = "a file", "a part of a file", "a form with a file in it"


@dataclass(frozen=True)
class Address:
    """A method and the paths where it takes large bodies of a kind.

    A path that has a secret in it needs no token.
    """

    method: str
    path: re.Pattern
    kind: Kind

    @property
    def has_secret(self):
        return "secret" in self.path.groupindex

    def secret(self, path):
        """The Secret in a path of this address; None where there is none."""
        return Secret(self.path.fullmatch(path)["secret"]) if self.has_secret else None


#: In a path, what nobody can guess: 256 bits.
SECRET = r"/uploads/(?P<secret>[A-Za-z0-9_-]{43})"
ADDRESSES = (
    Address("POST", re.compile(r"(?:/api)?/objects"), Kind.WHOLE),
    Address("PUT", re.compile(rf"{SECRET}/parts/[0-9]+"), Kind.PART),
    Address("POST", re.compile(rf"{SECRET}/form"), Kind.FORM),
    Address("POST", re.compile(r"/builds/v[12]/[^/]+/run/[^/]+"), Kind.FORM),
)


def find(method, path):
    """The Address that requests of this method to this path have; None if it takes no uploads."""
    for each in ADDRESSES:
        if each.method == method and each.path.fullmatch(path):
            return each
    return None
