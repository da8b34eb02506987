"""Which builds an app no longer keeps: its rule, what is spared, and the deletion of the rest.

A limit is a line between the builds of an app, of which the newest come first. What is beyond the
line of any limit goes, unless it is spared. Builds that have not ended do not count.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from peewee import fn

from ec_builds.states import FINISHED, SUCCESSFUL
from ec_builds.store.app import App
from ec_builds.store.artifact import Artifact
from ec_builds.store.audit import Audit
from ec_builds.store.build import Build
from ec_builds.store.configured import Target
from ec_builds.store.database import CHANGE, KEEP, database, now, timestamp, transaction
from ec_builds.store.deployment import Deployment, DeploymentTarget
from ec_builds.store.lists import RowList, of_apps
from ec_builds.store.log import LogSegment
from ec_builds.store.platform import Platform
from ec_builds.store.site import Site
from ec_builds.store.tag import Tag

#: Builds that are looked at, or deleted, at a time.
CHUNK = 200


@dataclass(frozen=True)
class Rule:
    """What an app keeps: the newest builds, those of some days, some bytes. None is no limit."""

    newest: int | None
    days: float | None
    bytes: int | None

    @classmethod
    def of(cls, app):
        return cls(app.keep_newest, app.keep_days, app.keep_bytes)

    @property
    def keeps_everything(self):
        return self == Rule(None, None, None)

    def oldest(self, moment):
        """When a build must have ended to be kept at a moment; the empty text is always."""
        if self.days is None:
            return ""
        return timestamp(moment - timedelta(days=self.days))


@dataclass(frozen=True)
class Excess:
    """A build beyond a limit, and a sentence that says which one."""

    build_id: int
    platform_id: str
    finished: str
    size: int
    reason: str


#: The rules as a list, to be asked and changed like any other.
RULES = RowList(
    App,
    {
        "appID": App.id,
        "newest": App.keep_newest,
        "days": App.keep_days,
        "bytes": App.keep_bytes,
    },
    lambda rows: None,
    of_apps(App.id),
)


def with_rules():
    """The ids of the apps that do not keep everything."""
    limits = (App.keep_newest, App.keep_days, App.keep_bytes)
    ruled = limits[0].is_null(False) | limits[1].is_null(False) | limits[2].is_null(False)
    return [app.id for app in App.living().where(ruled).order_by(App.created, App.id)]


def excess(app, moment=None):
    """What an app would lose now, newest first, in lists: the memory needed is constant."""
    found = []
    for each in beyond(app, moment or datetime.now(UTC)):
        found.append(each)
        if len(found) == CHUNK:
            yield unspared(found)
            found = []
    if found:
        yield unspared(found)


def unspared(found):
    staying = spared({each.build_id for each in found}, {each.platform_id for each in found})
    return [each for each in found if each.build_id not in staying]


def delete_excess(app, moment=None, who=None):
    """Delete what an app does not keep. Yields lists of what has gone, newest first.

    `who` is told in the audit: the Caller who has asked for it; None for the server itself.
    """
    rule = Rule.of(app)
    for found in excess(app, moment):
        if found:
            yield delete(app.id, rule, found, who)


def beyond(app, moment):
    """The builds of an app that are beyond a limit, newest first."""
    rule = Rule.of(app)
    if rule.keeps_everything:
        return
    oldest, number, total = rule.oldest(moment), 0, 0
    for build_id, platform_id, finished, size in ended(app.id):
        size = int(size)  # PostgreSQL sums up to a decimal
        number, total = number + 1, total + size
        reason = None
        if rule.newest is not None and number > rule.newest:
            newest = "the newest one" if rule.newest == 1 else f"among the newest {rule.newest}"
            reason = f"It is not {newest}."
        elif finished < oldest:
            reason = f"It ended more than {rule.days:g} day{'' if rule.days == 1 else 's'} ago."
        elif rule.bytes is not None and total > rule.bytes:
            reason = f"Together with all newer ones it has more than {rule.bytes} bytes."
        if reason:
            yield Excess(build_id, platform_id, finished, size, reason)


def ended(app_id):
    """Id, platform, end and size of the builds of an app that have ended, newest first.

    The size is that of all files: the zip, the log and the artifacts.
    """
    printed = LogSegment.select(fn.SUM(LogSegment.size)).where(LogSegment.build_id == Build.id)
    left = Artifact.select(fn.SUM(Artifact.size)).where(Artifact.build_id == Build.id)
    size = fn.COALESCE(Build.size, 0) + fn.COALESCE(printed, 0) + fn.COALESCE(left, 0)
    query = (
        Build.select(Build.id, Build.platform_id, Build.finished, size)
        .where(Build.app_id == app_id, Build.deleted.is_null(), Build.state.in_(list(FINISHED)))
        .order_by(Build.id.desc())
        .limit(CHUNK)
    )
    rows = list(query.tuples())
    while rows:
        yield from rows
        rows = list(query.where(Build.id < rows[-1][0]).tuples())


def spared(build_ids, platform_ids, lock=None):
    """Which of some builds of some platforms stay, whatever the rule says.

    They are pinned or tagged, or the newest success of their platform, or deployed. In a
    transaction the newest successes may be locked.
    """
    mine = list(build_ids)
    staying = {build.id for build in Build.select(Build.id).where(Build.id.in_(mine), Build.pinned)}
    tagged = Tag.select(Tag.build).where(Tag.build.in_(mine))
    staying |= {build_id for build_id, in tagged.tuples()}
    for platform_id in platform_ids:
        staying |= last_success(platform_id, mine, lock)
    # A deployment that ends between two of these questions is seen by one of them, in this order.
    staying |= {build_id for build_id, in being_deployed(mine).tuples()}
    staying |= {build_id for build_id, in served(mine).tuples()}
    for target_id, in targets_of(mine).tuples():
        staying.add(live_at(target_id))
    return staying


def last_success(platform_id, mine, lock):
    """The newest successful build of a platform; all of `mine`, should it vanish at this moment."""
    successful = (Build.platform_id == platform_id) & Build.state.in_(list(SUCCESSFUL))
    newest = Build.living().where(successful).order_by(Build.id.desc()).limit(1)
    found = database.obj.locking(newest, lock).first()
    if found is not None:
        return {found.id}
    rest = Build.select(Build.id).where(successful, Build.id.in_(mine))
    return {build.id for build in rest}


def being_deployed(mine):
    return Deployment.unfinished().select(Deployment.build_id).where(Deployment.build_id.in_(mine))


def served(mine):
    """Builds that visitors see on this server."""
    here = Site.deployment_id == Deployment.id
    query = Deployment.select(Deployment.build_id).join(Site, on=here)
    return query.where(Deployment.build_id.in_(mine))


def targets_of(mine):
    """The ids of the targets that some builds have been brought to and that are still there."""
    return (
        DeploymentTarget.select(DeploymentTarget.target_id)
        .join(Deployment, on=Deployment.id == DeploymentTarget.deployment_id)
        .join(Target, on=Target.id == DeploymentTarget.target_id)
        .where(Deployment.build_id.in_(mine), Target.deleted.is_null())
        .distinct()
    )


def live_at(target_id):
    """The build that the newest successful deployment to a target has brought there, or None."""
    return (
        DeploymentTarget.select(Deployment.build_id)
        .join(Deployment, on=Deployment.id == DeploymentTarget.deployment_id)
        .where(
            DeploymentTarget.target_id == target_id,
            Deployment.state.in_(list(SUCCESSFUL)),
            Deployment.deleted.is_null(),
        )
        .order_by(DeploymentTarget.deployment_id.desc())
        .limit(1)
        .scalar()
    )


def delete(app_id, rule, found, who=None):
    """Delete those of some builds that the rule still is about and nothing spares now.

    Returns them. Who pins or deploys one of them meanwhile waits, and then finds it gone; or was
    faster, and it stays.
    """
    build_ids = [each.build_id for each in found]
    platform_ids = sorted({each.platform_id for each in found})
    with transaction():
        # Locks are taken from the top to the bottom, as everybody does: app, platforms, builds.
        app = locked(App.living().where(App.id == app_id), CHANGE)
        if not app or Rule.of(app[0]) != rule:
            return []
        locked(Platform.select(Platform.id).where(Platform.id.in_(platform_ids)), KEEP)
        mine = locked(Build.living().select(Build.id).where(Build.id.in_(build_ids)), CHANGE)
        living = {build.id for build in mine}
        gone = living - spared(living, platform_ids, KEEP)
        Build.update(deleted=now()).where(Build.id.in_(list(gone))).execute()
        if gone:
            Audit.note(who, "sweep", "retention", app_id, app_id, builds=len(gone))
    return [each for each in found if each.build_id in gone]


def locked(query, lock):
    """The rows of a query, locked in the order of their ids."""
    return list(database.obj.locking(query.order_by(query.model.id), lock))
