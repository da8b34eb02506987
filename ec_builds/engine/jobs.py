"""The jobs of a build while they run: what becomes of them, and the files that they leave."""

import hashlib
import posixpath
import re
import secrets
import shutil
import tempfile
from functools import partial
from pathlib import Path

from ec_builds.engine.journal import outlasting
from ec_builds.engine.stopping import Reason, Stopped
from ec_builds.engine.watched import Watched
from ec_builds.errors import BuildError
from ec_builds.plugins import paths
from ec_builds.states import State
from ec_builds.store import outline as outlines
from ec_builds.store.artifact import Artifact
from ec_builds.store.database import now, transaction
from ec_builds.store.job import Job
from ec_builds.store.log import holds
from ec_builds.store.manifest import Manifest

#: What jobs may call files, and nobody should unpack; characters of a name that they chose.
UNFIT, LONGEST = re.compile(r"[\x00-\x1f\x7f\\]|^\.\.?$|^[A-Za-z]:"), 60


def known(context, outline):
    """The jobs of a build, one for each part of the outline, which is written down if it is new."""
    journal, build = context.journal, context.build
    if Manifest.text_of(build.id) is None:
        under(journal, partial(outlines.write, build, outline))
    rows = list(Job.of(build.id))
    return [RunningJob(row, part, context) for row, part in zip(rows, outline.jobs, strict=True)]


def under(journal, write):
    """Write something, if the claim to the build still is the newest. Raises Stopped if not."""

    def writing():
        with transaction():
            if not holds(journal.run_id, journal.fence):
                return False
            write()
        return True

    if not outlasting(writing):
        raise Stopped(Reason.LOST)


class RunningJob:
    """One job; see the contract of plugins."""

    def __init__(self, row, part, context):
        self.row, self.part, self.context = row, part, context

    def start(self):
        begin = self.context.log.tell()
        self.write(state=State.RUNNING, started=now(), log_start=begin)

    def end(self, failed=False):
        self.context.log.end()
        state = State.SUCCEEDED
        if failed:
            state = State.SUCCEEDED_WITH_FAILURES if self.part.may_fail else State.FAILED
        self.write(state=state, finished=now(), log_end=self.context.log.tell())

    def write(self, **values):
        change = Job.update(**values).where(Job.id == self.row.id)
        under(self.context.journal, change.execute)

    def keep(self, source, found):
        declared = dict(self.part.artifacts)[source]
        for number, (path, file) in enumerate(found):
            place = declared if is_same(path, source) else expanded(declared, source, path)
            name = declared if number == 0 else place
            self.context.places[self.place(place)] = self.store(source, name, file, number == 0)

    def place(self, name):
        """A path for an artifact in the result that no other has, nor is a folder of."""
        place = "/".join(paths.relative(name, "name of the artifact"))
        folder, number = f"{slug(self.part.name)}-{self.row.id}", 1
        wanted = place
        while any(below(wanted, each) or below(each, wanted) for each in self.context.places):
            wanted = f"{folder}/{place}" if number == 1 else f"{folder}-{number}/{place}"
            number += 1
        return wanted

    def store(self, source, name, file, is_declared):
        """Bring a file into the storage, and then write down that it is there. Returns its key."""
        size, md5, sha256 = measured(file, self.context.check)
        key = f"builds/{self.row.build_id}/artifacts/{self.context.journal.fence}-{sha256[:16]}"
        key = f"{key}-{secrets.token_hex(4)}"
        self.context.storage.put(key, file)
        values = {"size": size, "md5": md5, "sha256": sha256, "key": key}
        mine = {"job_id": self.row.id, "source": source, "name": name}
        if is_declared:
            conditions = [getattr(Artifact, column) == value for column, value in mine.items()]
            write = Artifact.update(**values).where(*conditions).execute
        else:
            new = {**values, **mine, "build_id": self.row.build_id, "declared": False}
            write = Artifact.insert(**new).execute
        under(self.context.journal, write)
        return key


def gather(context):
    """A folder with all artifacts of a build, each at its place; None if there are none.

    They come from the storage: the whole workspace was open to the jobs, and what they may have
    put there in the place of a file, or of a folder on the way to it, would lead elsewhere.
    """
    if not context.places:
        return None
    folder = Path(tempfile.mkdtemp(prefix="artifacts-", dir=context.workspace))
    for place, key in context.places.items():
        target = folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        with context.storage.open(key) as kept, target.open("xb") as copy:
            shutil.copyfileobj(Watched(kept, context.check), copy, 1 << 20)
    return folder


def below(path, other):
    """Whether a path is another one, or leads to something in it."""
    return path == other or path.startswith(f"{other}/")


def measured(file, check):
    """Size, MD5 and SHA-256 of a file that a job left."""
    if file.is_symlink() or not file.is_file():
        raise BuildError("It is no plain file")
    md5, sha256, size = hashlib.md5(usedforsecurity=False), hashlib.sha256(), 0
    with file.open("rb") as opened:
        while block := opened.read(1 << 20):
            check()
            size += len(block)
            md5.update(block)
            sha256.update(block)
    return size, md5.hexdigest(), sha256.hexdigest()


def is_same(path, source):
    """Whether a file was found where it was said to be, not by a pattern or in a folder."""
    return posixpath.normpath(path) == posixpath.normpath(source)


def expanded(name, source, path):
    """The name of one of the files that a pattern or a folder has given.

    What is in a folder has its path in there behind the name. Else a star in the name stands for
    the last part of the path, and so does a name that was taken from the pattern; or the file is
    beside the one of that name.
    """
    folder = posixpath.normpath(source)
    if posixpath.normpath(path).startswith(f"{folder}/"):
        inner = posixpath.normpath(path)[len(folder) + 1 :].split("/")
        return "/".join([name, *map(fit, inner)])
    own = fit(path.rstrip("/").rpartition("/")[2])
    if name == source.rstrip("/").rpartition("/")[2]:
        return own
    if "*" in name:
        return name.replace("*", own)
    folder, slash, _ = name.rpartition("/")
    return f"{folder}{slash}{own}"


def fit(name):
    """What a job has called a file, as anybody can unpack it."""
    return UNFIT.sub("_", name)[:LONGEST] or "_"


def slug(name):
    """A word that can be a folder."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", name).strip("-.") or "job"
