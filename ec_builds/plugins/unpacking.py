"""What zips and tarballs of others have in common: how far they may grow, and how they fail."""

from dataclasses import dataclass

from ec_builds.errors import BuildError
from ec_builds.plugins import paths


@dataclass(frozen=True)
class Limits:
    """What an archive may grow to."""

    entries: int = 100_000
    #: Bytes of all files together.
    size: int = 2 << 30
    #: How many times the size of the archive that may be, once it is more than `spared`.
    ratio: int = 200
    spared: int = 16 << 20
    #: Bytes of a symbolic link's target.
    link: int = 1000


class Growth:
    """What has come out of an archive so far, and may not become too much."""

    def __init__(self, limits, length):
        self.most = min(limits.size, max(limits.spared, limits.ratio * length))
        self.entries, self.most_entries = 0, limits.entries
        self.size = 0

    def add(self, size):
        """So many bytes more."""
        self.size += size
        if self.size > self.most:
            raise BuildError(f"The archive grows to more than {self.most} bytes", limit=self.most)

    def enter(self, entries=1):
        """So many entries more."""
        self.entries += entries
        if self.entries > self.most_entries:
            raise BuildError(
                f"The archive has more than {self.most_entries} entries", entries=self.entries
            )


def refuse(name, wrong):
    """Say what is wrong with an entry, and stop."""
    name = paths.shown(name)
    raise BuildError(f"The entry “{name}” of the archive {wrong}", entry=name) from None


def target(name, raw, limits):
    """The target of a symbolic link, if there may be such a link.

    Where it leads to is looked at when all entries are there: see `trees.check_links`.
    """
    if len(raw) > limits.link:
        refuse(name, "is a link with a target that is too long")
    if not raw or b"\0" in raw or raw.startswith(b"/"):
        refuse(name, "is a link that leads out of its folder")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        refuse(name, "is a link with a target that is not UTF-8")
