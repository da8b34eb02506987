"""What goes when an app or a platform goes: everything below it, at once.

Rows are only marked; the reconciler removes them and their files when nothing
of them is running any more. All functions are called in a transaction, and
return kind and id of each run that has to be stopped for it.
"""

from ec_builds.services import inheritance
from ec_builds.states import State
from ec_builds.store.build import Build
from ec_builds.store.configured import CodeSource, DataSource, Target
from ec_builds.store.database import now
from ec_builds.store.deployment import Deployment
from ec_builds.store.platform import Platform
from ec_builds.store.site import Site

RUNS = (Build, Deployment)


def of_app(app_id):
    """Mark everything that an app owns; the namespace that it is goes."""
    inheritance.dissolve(app_id)
    for row in (Platform, CodeSource, DataSource, Target):
        row.update(deleted=now()).where(row.app == app_id, row.deleted.is_null()).execute()
    take_down(Site.select().where(Site.app_id == app_id))
    return of_runs("app_id", app_id)


def of_platform(platform_id):
    """Mark the runs of a platform, and take its sites down."""
    deployments = Deployment.select(Deployment.id).where(Deployment.platform_id == platform_id)
    take_down(Site.select().where(Site.deployment_id.in_(deployments)))
    return of_runs("platform_id", platform_id)


def of_runs(column, owner_id):
    stopping = []
    for run in RUNS:
        mine = getattr(run, column) == owner_id
        for each in run.unfinished().where(mine):
            stopping += of_run(run, each.id)
        run.update(deleted=now()).where(mine, run.deleted.is_null()).execute()
    return stopping


def of_run(run, run_id, info=None):
    """Cancel a run if it has not ended; `info` are facts for the event about it."""
    return [(run, run_id)] if run.cancel(run_id, info) is State.CANCELLING else []


def take_down(sites):
    for site in sites:
        site.take_down()
