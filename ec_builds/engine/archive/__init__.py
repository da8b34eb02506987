"""A zip that depends on nothing but its content: the same tree gives the same bytes.

Entries are sorted by their names' bytes, times are fixed, modes are one of
three. Symbolic links are kept when they stay inside. Empty folders are kept.

    tree.py        what is to be packed, and how it is read without being led astray
    squeezing.py   the work, cut into pieces that do not depend on the machine
    crew.py        threads that do it, in order and with little in memory
    form.py        the bytes of a zip
    unpacking.py   the way back
"""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ec_builds.engine.archive import crew
from ec_builds.engine.archive.form import MOMENT, Zip
from ec_builds.engine.archive.squeezing import BLOCK, cut
from ec_builds.engine.archive.tree import Tree, entries, survey
from ec_builds.engine.archive.unpacking import unpack

__all__ = ["BLOCK", "MOMENT", "Packed", "entries", "pack", "unpack"]


@dataclass(frozen=True)
class Packed:
    """What was packed: number of files, bytes of the archive, its SHA-256 in hex."""

    path: Path
    files: int
    size: int
    sha256: str


def pack(folder, path, check=lambda: None, threads=None):
    """Pack a folder into a new zip at `path`; returns what was Packed.

    `check` is called in this thread at least once per megabyte and may raise. `threads` is how many
    compress, one per core unless told; the bytes do not depend on it. Raises BuildError for what
    cannot be packed, or changes meanwhile. Whatever is raised, no file is left at `path`.
    """
    with path.open("xb") as file:
        try:
            packed = Zip(file)
            with Tree(folder) as tree:
                jobs = cut(survey(folder, check), tree)
                with closing(crew.work(jobs, threads or crew.cores())) as done:
                    for pieces in done:
                        check()
                        packed.add(pieces)
            packed.close()
        except BaseException:
            path.unlink(missing_ok=True)
            raise
    return Packed(path, packed.files, packed.size, packed.sha256)
