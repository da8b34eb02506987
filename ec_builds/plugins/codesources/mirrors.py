"""All mirrors of this machine, and how much of them is kept."""

import hashlib
import os
import shutil
import time

from ec_builds.plugins.codesources.mirror import GONE, LOCK, Mirror, closing, erase

#: Where in the cache they are.
SHELF = "git"
#: Days without use after which a mirror goes, and the bytes that all of them may take, if the
#: disk has room for twice as much.
DAYS, MOST = 30, 20 << 30
#: Seconds between two looks at that.
PAUSE = 60
STAMP = "tidied"


class Mirrors:
    """Mirrors by address, in a folder that may be emptied at any time."""

    def __init__(self, folder, days=DAYS, most=MOST, pause=PAUSE, mark=""):
        self.folder, self.days, self.most, self.pause = folder, days, most, pause
        #: What was fetched with other credentials than ours is in other mirrors than ours.
        self.mark = mark

    def of(self, repository, whole=False):
        """The mirror of a repository; for `whole`, the one with all history."""
        known = f"{repository.url} {self.mark}" if self.mark else repository.url
        key = hashlib.sha256(known.encode()).hexdigest()[:40]
        return Mirror(self.folder / (f"{key}-whole" if whole else key))

    def tidy(self):
        """Remove mirrors that nobody uses, then those used longest ago, until they fit.

        Looks only once a minute. Mirrors that are locked stay.
        """
        stamp = self.folder / STAMP
        now = time.time()
        if stamp.exists() and 0 <= now - stamp.stat().st_mtime < self.pause:
            return
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        stamp.touch()
        found = sorted(((used(each), size(each.path), each) for each in self.all()), key=first)
        left = sum(bytes for _, bytes, _ in found)
        most = min(self.most, (left + shutil.disk_usage(self.folder).free) // 2)
        for when, bytes, mirror in found:
            if (left > most or now - when > self.days * 86400) and remove(mirror):
                left -= bytes

    def all(self):
        """The mirrors that are there. What is left of removed ones is removed."""
        names = set()
        for entry in self.folder.iterdir():
            if entry.name.startswith(GONE):
                erase(entry)
            elif entry.name != STAMP:
                names.add(entry.name.removesuffix(LOCK))
        return [Mirror(self.folder / name) for name in names]


def first(found):
    return found[0]


def used(mirror):
    """When a mirror was last used, in seconds since 1970."""
    for path in (mirror.lock, mirror.path):
        if path.exists():
            return path.stat().st_mtime
    return 0.0


def size(folder):
    """The bytes below a folder; others may be removing it."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            file = os.path.join(place, name)
            total += os.lstat(file).st_size if os.path.lexists(file) else 0
    return total


def remove(mirror):
    """Remove a mirror with its lock. Says whether that could be done."""
    opened = mirror.seize()
    if opened is None:
        return False
    with closing(opened):
        mirror.remove()
    return True
