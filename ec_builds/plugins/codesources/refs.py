"""The branches and tags of a repository, on their way from its mirror into a clone."""

import os
import re

from ec_builds.errors import BuildError
from ec_builds.plugins.codesources.checkout import ABBREVIATED, COMMIT

#: Bytes that all of their names and hashes may take; some 300,000 are possible with that.
MOST = 32 << 20
#: As a mirror keeps them, and their names there and in a clone.
KEPT = re.compile("^([0-9a-f]+) refs/kept/(heads|tags)/(.+)$", re.MULTILINE)
RENAMED = (
    (" refs/kept/heads/", " refs/remotes/origin/"),
    (" refs/kept/tags/", " refs/tags/"),
)
#: What a repository says of its default branch: always its commit, and mostly its name.
NAMED = re.compile("^ref: refs/heads/(.+)\tHEAD$", re.MULTILINE)
AT = re.compile("^([0-9a-f]+)\tHEAD$", re.MULTILINE)
#: Of several branches that it may be, the first of these.
CUSTOMARY = ("main", "master")
PACKED = "packed-refs"
#: Names need not be UTF-8.
TEXT = {"encoding": "utf-8", "errors": "surrogateescape", "newline": "\n"}


class Refs:
    """All that a mirror has packed: `branches` and `tags` are hashes by name."""

    def __init__(self, text, advertised):
        self.text = text
        self.branches, self.tags = {}, {}
        for hash, kind, name in KEPT.findall(text):
            (self.branches if kind == "heads" else self.tags)[name] = hash
        self.branches.pop("HEAD", None)  # in a clone that would be a name for something else
        at = AT.search(advertised)
        #: The commit that the repository itself has checked out.
        self.head = at[1] if at else None
        self.default = self.find_default(NAMED.search(advertised))

    @classmethod
    def of(cls, mirror, advertised):
        """Those of a mirror; advertised: what the repository says of its HEAD."""
        file = mirror / PACKED
        if not file.exists():
            return cls("", advertised)
        if file.stat().st_size > MOST:
            raise BuildError(
                f"The repository has too many branches and tags: their names take more than {MOST}"
                " bytes",
                limit=MOST,
            )
        with open(file, **TEXT) as opened:
            return cls(opened.read(), advertised)

    def find_default(self, named):
        """The default branch, or None. Old servers do not name it: then one with its commit."""
        if named and named[1] in self.branches:
            return named[1]
        alike = [name for name, hash in self.branches.items() if hash == self.head]
        return next((name for name in CUSTOMARY if name in alike), alike[0] if alike else None)

    def find(self, ref):
        """What `git checkout` would: the branch or None, and the hash or None.

        The full hash of a commit is never anything else, whoever gives that name to a branch.
        """
        if ref in (None, "HEAD"):
            ref = self.default
            if ref is None:
                return None, self.head
        if COMMIT.fullmatch(ref):
            return None, ref.lower()
        if ref in self.tags and ref != self.default:
            return None, self.tags[ref]
        if ref in self.branches:
            return ref, self.branches[ref]
        return None, ref.lower() if ABBREVIATED.fullmatch(ref) else None

    @property
    def is_empty(self):
        return not (self.branches or self.tags)

    def write(self, store, local):
        """Write them into a clone, with local branches beside those of `origin`."""
        header, _, text = self.text.partition("\n")
        for old, new in RENAMED:
            text = text.replace(old, new)
        lines = [f"{self.branches[name]} refs/heads/{name}\n" for name in local]
        # they come first, for the header says that all is sorted by name
        ours = "".join(sorted(lines, key=lambda line: os.fsencode(line.partition(" ")[2])))
        write(store / PACKED, f"{header}\n{ours}{text}")
        if self.default:
            origin = store / "refs/remotes/origin"
            origin.mkdir(parents=True)
            write(origin / "HEAD", f"ref: refs/remotes/origin/{self.default}\n")


def write(file, text):
    """Write a file of a repository."""
    with open(file, "w", **TEXT) as opened:
        opened.write(text)
