"""What an app has built and deployed so far, counted."""

from collections import Counter

from peewee import SQL, fn

from ec_builds.store.app import App
from ec_builds.store.build import Build
from ec_builds.store.configured import CodeSource, DataSource, Target
from ec_builds.store.deployment import Deployment
from ec_builds.store.lists import RowList, ids, of_apps
from ec_builds.store.platform import Platform


def total(run, value):
    """An expression: one figure over the living runs of an app."""
    runs = run.select(value).where(run.app_id == App.id, run.deleted.is_null())
    return fn.COALESCE(runs, 0)


def monthly(run, app_ids):
    """Number of runs per app and month, {app: {"YYYY-MM": n}}."""
    month = fn.SUBSTR(run.started, SQL("1"), SQL("7"))  # literals, so that GROUP BY knows it again
    query = (
        run.select(run.app_id, month, fn.COUNT(run.id))
        .where(run.app_id.in_(list(app_ids)), run.deleted.is_null())
        .group_by(run.app_id, month)
        .order_by(month)
    )
    months = {app_id: {} for app_id in app_ids}
    for app_id, each, number in query.tuples():
        months[app_id][each] = number
    return months


def used(row, app_ids):
    """The types of plugins that an app has configured, sorted, by app."""
    query = row.living().where(row.app.in_(list(app_ids))).distinct()
    types = {app_id: [] for app_id in app_ids}
    for app_id, type in query.select(row.app, row.type).order_by(row.type).tuples():
        types[app_id].append(type)
    return types


def complete_stats(rows):
    """Puts every figure of an app on its row."""
    app_ids = ids(rows)
    builds, deployments = monthly(Build, app_ids), monthly(Deployment, app_ids)
    sizes = Counter()
    for app_id, size in (
        Build.select(Build.app_id, fn.SUM(Build.size))
        .where(Build.app_id.in_(app_ids), Build.deleted.is_null())
        .group_by(Build.app_id)
        .tuples()
    ):
        sizes[app_id] = int(size or 0)
    kinds = {
        "used_platforms": used(Platform, app_ids),
        "used_codesources": used(CodeSource, app_ids),
        "used_datasources": used(DataSource, app_ids),
        "used_targets": used(Target, app_ids),
    }
    for row in rows:
        row.monthly_builds, row.monthly_deployments = builds[row.id], deployments[row.id]
        row.total_build_size = sizes[row.id]
        for name, types in kinds.items():
            setattr(row, name, types[row.id])


STATS = RowList(
    App,
    {
        "appID": App.id,
        "title": App.title,
        "totalBuilds": total(Build, fn.COUNT(Build.id)),
        "totalBuildSize": total(Build, fn.SUM(Build.size)),
        "totalDeployments": total(Deployment, fn.COUNT(Deployment.id)),
    },
    complete_stats,
    of_apps(App.id),
)
