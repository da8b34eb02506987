"""What keeps the files of a build: a volume, and a container to reach it through.

The container is never started, so that nothing can change under the engine's hands while it copies.
It follows links as the container would, and thus none of this machine.
"""

import json
import re
import shutil
import sys
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from ec_builds.errors import BuildError
from ec_builds.plugins import paths, trees
from ec_builds.plugins.drivers import engines, images, picking
from ec_builds.plugins.drivers.os import MOST

#: What makes a path a pattern, and a pattern for what a path is without that.
MAGIC, LITERAL = re.compile(r"[*?\[\\]"), partial(re.sub, r"([*?\[])", r"[\1]")
#: How an engine says that there is nothing to copy.
ABSENT = re.compile(
    "could not find the file|could not be found|no such file|not a directory", re.IGNORECASE
)


class Keeper:
    """Brings files in and out.

    container: its name; folder: where the volume is in it.
    """

    def __init__(self, client, container, folder, workspace):
        self.client, self.container, self.folder = client, container, folder
        self.workspace, self.taken = workspace, set()

    def place(self, file, destination):
        """Put a file where only its owner may use it."""
        with self.bringing(self.below(destination)) as place:
            shutil.copyfile(file, place)
            place.chmod(0o700)

    def put(self, folder, destination):
        """Move a folder there; it has to be the only one that does."""
        parts = self.below(destination)
        if parts in self.taken:
            raise BuildError(f"“{paths.shown(destination)}” is there already")
        with self.bringing(parts) as place:
            folder.rename(place)
        self.taken.add(parts)

    def below(self, destination):
        """The parts of a path below the workspace, which it must not be itself."""
        parts = images.inside(self.folder, destination, "destination")
        if not parts:
            raise BuildError(f"“{paths.shown(destination)}” is the workspace itself")
        return parts

    @contextmanager
    def bringing(self, parts):
        """A place of this machine; what is there at the end is brought to the path."""
        with trees.scratch(self.workspace, "bringing-") as root:
            folder = root
            root.chmod(0o755)  # the engine gives it to the folder that is there
            for part in parts[:-1]:
                folder = folder / part
                folder.mkdir()
                folder.chmod(0o755)
            yield folder / parts[-1]
            self.client.done("cp", f"{root}/.", f"{self.container}:{self.folder}")

    def collect(self, source, into):
        """Copy what a path, or else a pattern, names. Returns path and copy of each, sorted."""
        parts = images.inside(self.folder, source, "artifact")
        first = next((place for place, part in enumerate(parts) if MAGIC.search(part)), None)
        if first is None:
            return sorted(self.pick(parts, "", into))
        # never asked for as it is: Podman would expand it, and take the first that it finds
        above, pattern = parts[:first], "/".join(parts[first:])
        return sorted(self.pick(above, LITERAL(pattern), into) or self.pick(above, pattern, into))

    def pick(self, parts, pattern, into):
        """Copy what a pattern names below a path; see `picking.py`."""
        folder = Path(into, str(len(list(into.iterdir()))))
        folder.mkdir()
        copied = self.client.pipe(
            (sys.executable, "-I", "-S", picking.__file__, str(folder), str(MOST), pattern),
            "cp", *self.client.engine.following,
            "/".join((f"{self.container}:{self.folder}", *parts)), "-",
        )
        if copied.failed:
            if ABSENT.search(copied.output):
                return []
            raise BuildError(engines.told(copied))
        index = json.loads((folder / "index.json").read_text())
        found = [
            (shown(parts, name), folder / f"{number}.file")
            for number, name in enumerate(index["files"], 1)
        ]
        for name in index["others"]:
            if not MAGIC.search(name):
                found += self.pick((*parts, *name.split("/")), "", into)
        return found


def shown(parts, name):
    """A path below the workspace, whose names may be no text."""
    path = "/".join((*parts, name)) if name else "/".join(parts)
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
