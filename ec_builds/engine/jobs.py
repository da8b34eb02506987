"""The jobs of a build while they run: what becomes of them, and the files that they leave."""

import hashlib
import re
from functools import partial

from ec_builds.engine.journal import outlasting
from ec_builds.engine.stopping import Reason, Stopped
from ec_builds.errors import BuildError
from ec_builds.plugins import paths
from ec_builds.states import State
from ec_builds.store import outline as outlines
from ec_builds.store.artifact import Artifact
from ec_builds.store.database import now, transaction
from ec_builds.store.job import Job
from ec_builds.store.log import holds
from ec_builds.store.manifest import Manifest
from ec_builds.store.namespace import Namespace


def known(context, outline):
    """The jobs of a build, one for each part of the outline, which is written down if it is new."""
    journal, build = context.journal, context.build
    if Manifest.text_of(build.id) is None:
        default = Namespace.at(build.owner_id, "")
        write = partial(
            outlines.write, build.id, build.app_id, outline, default and default.app_id
        )
        under(journal, write)
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
        kept = []
        declared = dict(self.part.artifacts)[source]
        for number, (path, file) in enumerate(found):
            name = declared if found == [(source, file)] else expanded(declared, source, path)
            kept.append((self.place(name), file))
            is_first = number == 0
            self.store(source, declared if is_first else name, file, is_declared=is_first)
        return kept

    def place(self, name):
        """A path for an artifact that no other of the build has."""
        place = "/".join(paths.relative(name.lstrip("/"), "name of the artifact"))
        taken = self.context.places
        while any(below(place, each) or below(each, place) for each in taken):
            place = f"{slug(self.part.name)}-{self.row.id}/{place}"
        taken.add(place)
        return place

    def store(self, source, name, file, is_declared):
        """Bring a file into the storage, and then write down that it is there."""
        size, md5, sha256 = measured(file, self.context.check)
        key = f"builds/{self.row.build_id}/artifacts/{self.context.journal.fence}-{sha256[:16]}"
        key = f"{key}-{len(self.context.places)}"
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


def expanded(name, source, path):
    """The name of one of the files that a pattern or a folder has given.

    A star in the name stands for the last part of the path, and so does a name that was taken from
    the pattern; else the file is beside the one of that name.
    """
    own = path.rstrip("/").rpartition("/")[2] or "file"
    if name == source.rstrip("/").rpartition("/")[2]:
        return own
    if "*" in name:
        return name.replace("*", own)
    folder, slash, _ = name.rpartition("/")
    return f"{folder}{slash}{own}"


def slug(name):
    """A word that can be a folder."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", name).strip("-.") or "job"
