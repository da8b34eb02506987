"""Which artifacts a user no longer keeps: the oldest ones, beyond a number of bytes.

Those of pinned builds neither count nor go. What goes is its bytes: what is known of an artifact
stays, and so does its build; but the zip in which all artifacts of a build are goes with the first
of them, unless somebody is served it (manifest reference, section 5.6).
"""

from dataclasses import dataclass

from peewee import fn

from ec_builds.states import FINISHED
from ec_builds.store import retention
from ec_builds.store.artifact import Artifact
from ec_builds.store.build import Build
from ec_builds.store.database import CHANGE, database, now, transaction
from ec_builds.store.litter import Litter

#: Artifacts that are looked at at a time.
CHUNK = 1000


@dataclass(frozen=True)
class LetGo:
    """An artifact whose bytes were removed."""

    artifact_id: int
    build_id: int
    size: int


def counted():
    """A query for the artifacts that count, with their builds."""
    query = Artifact.select().join(Build, on=Build.id == Artifact.build_id)
    ended = Build.deleted.is_null() & Build.state.in_(sorted(FINISHED))
    return query.where(Artifact.key.is_null(False), Artifact.size > 0, ended, ~Build.pinned)


def owners(limit):
    """The accounts that have more than some bytes of artifacts."""
    total = fn.SUM(Artifact.size)
    query = counted().select(Build.owner_id).group_by(Build.owner_id).having(total > limit)
    return [owner_id for owner_id, in query.tuples()]


def beyond(owner_id, limit):
    """Ids of artifacts and builds of an account that are beyond a limit, the newest first."""
    query = counted().select(Artifact.id, Artifact.build_id, Artifact.size)
    query = query.where(Build.owner_id == owner_id).order_by(Artifact.id.desc())
    total, last = 0, None
    while True:
        more = query if last is None else query.where(Artifact.id < last)
        rows = list(more.limit(CHUNK).tuples())
        if not rows:
            return
        for artifact_id, build_id, size in rows:
            total += size
            if total > limit:
                yield artifact_id, build_id
        last = rows[-1][0]


def let_go(owner_id, limit, is_over=lambda: False):
    """Let go what an account has beyond a limit. Yields each LetGo."""
    for artifact_id, build_id in list(beyond(owner_id, limit)):
        if is_over():
            return
        with transaction():
            gone = let_one_go(artifact_id, build_id)
        if gone:
            yield gone


def let_one_go(artifact_id, build_id):
    """Remove the bytes of an artifact, unless its build was pinned meanwhile, or is gone."""
    mine = Build.living().where(Build.id == build_id, ~Build.pinned)
    build = database.obj.locking(mine, CHANGE).first()
    artifact = Artifact.get_or_none(Artifact.id == artifact_id, Artifact.key.is_null(False))
    if build is None or artifact is None:
        return None
    Litter.drop(artifact.key)
    gone = {"size": None, "md5": None, "sha256": None, "key": None, "let_go": now()}
    Artifact.update(**gone).where(Artifact.id == artifact_id).execute()
    take_zip(build)
    return LetGo(artifact_id, build_id, artifact.size)


def take_zip(build):
    """Remove the zip of a build, unless somebody is served it, or will be."""
    used = [*retention.being_deployed([build.id]).tuples(), *retention.served([build.id]).tuples()]
    live = [retention.live_at(target) for target, in retention.targets_of([build.id]).tuples()]
    if build.result_key is None or used or build.id in live:
        return
    Litter.drop(build.result_key)
    gone = {"location": None, "result_key": None, "size": None}
    Build.update(**gone).where(Build.id == build.id).execute()
    Build.record(build.id, "Its artifacts were removed to make room for newer ones", "warn")
