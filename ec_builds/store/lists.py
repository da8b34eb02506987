"""The lists of the store: for each, the query, its columns, and what belongs beside its rows.

What a representation shows of other tables is fetched for a whole page at once
and put on the rows as attributes: a page costs a fixed number of queries.
"""

from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from typing import Callable

import peewee
from peewee import fn

from ec_builds.states import SUCCESSFUL, State
from ec_builds.store import listing
from ec_builds.store.app import App
from ec_builds.store.build import Build
from ec_builds.store.configured import CodeSource, DataSource, Target
from ec_builds.store.database import database
from ec_builds.store.deployment import Deployment, DeploymentTarget
from ec_builds.store.image import Image
from ec_builds.store.manifest import Manifest
from ec_builds.store.platform import Platform, PlatformTarget
from ec_builds.store.prepared import Prepared
from ec_builds.store.reach import Reach
from ec_builds.store.run import Event


@dataclass(frozen=True, eq=False)
class RowList:
    """A list of living rows. `complete` puts on rows what belongs beside them.

    `within` yields the conditions that a row is within somebody's reach.
    """

    row: type
    columns: dict
    complete: Callable
    within: Callable

    def visible(self, reach):
        """A query for the rows within reach."""
        query = self.row.living()
        for condition in self.within(reach):
            query = query.where(condition)
        return query

    def page(self, question, reach):
        """A page of the rows that were asked for."""
        page = listing.page(self.visible(reach), self.columns, question)
        self.complete(page.items)
        return page

    def ahead(self, question, reach):
        """What is known of a page without its rows: their number over all pages."""
        total = listing.filtered(self.visible(reach), self.columns, question).count()
        return listing.Page([], total, question.page, question.size)

    def stream(self, question, reach, start=0, limit=None):
        """All rows that were asked for, one by one, at constant memory."""
        for rows in listing.stream(self.visible(reach), self.columns, question, start, limit):
            self.complete(rows)
            yield from rows

    def one(self, question, reach):
        """The only row that was asked for, or None."""
        filters = sorted(question.filters, key=attrgetter("property"))
        if all(each.operator == "any" and len(each.values) == 1 for each in filters):
            found = exactly(self, reach.shape, *(each.property for each in filters))
            rows = found.rows(self.row, *(each.values[0] for each in filters), *reach.ids)
        else:
            query = listing.filtered(self.visible(reach), self.columns, question)
            rows = list(query.limit(1))
        self.complete(rows)
        return next(iter(rows), None)

    def get(self, row_id, reach, lock=None):
        """The row with an id, or None. In a transaction it may be locked: KEEP or CHANGE."""
        row = self.bare(row_id, reach, lock)
        if row is not None:
            self.complete([row])
        return row

    def bare(self, row_id, reach, lock=None):
        """The same without what belongs beside it, for those who do not need that."""
        return by_id(self, reach.shape, lock).first(self.row, row_id, *reach.ids)


@cache
def by_id(rows, shape, lock):
    """The query for the row with an id."""

    def make(row_id, *ids):
        query = rows.visible(Reach.shaped(shape, *ids)).where(rows.row.id == row_id)
        return database.obj.locking(query, lock)

    return Prepared(make, blanks=3)


@cache
def exactly(rows, shape, *properties):
    """The query for a row by the values of some properties."""

    def make(*given):
        *values, account, token = given
        wanted = zip(properties, values)
        conditions = (listing.condition(rows.columns[name], "any", [one]) for name, one in wanted)
        return rows.visible(Reach.shaped(shape, account, token)).where(*conditions).limit(1)

    return Prepared(make, blanks=len(properties) + 2)


def of_apps(column):
    """Within reach are the rows whose app is; `column` names it."""
    return lambda reach: reach.apps(column)


def ids(rows):
    return [row.id for row in rows]


def grouped(pairs, row_ids):
    """Lists of the second of each pair, by the first."""
    found = {row_id: [] for row_id in row_ids}
    for key, value in pairs:
        found[key].append(value)
    return found


def complete_apps(rows):
    """Puts `platforms`, the living ones by title, on each app."""
    query = Platform.living().where(Platform.app.in_(ids(rows)))
    query = query.order_by(Platform.title, Platform.id)
    platforms = grouped(((each.app_id, each) for each in query), ids(rows))
    for row in rows:
        row.platforms = platforms[row.id]


def complete_configured(column):
    """A function that puts `platforms`, those that use it, on each plugin row."""

    def complete(rows):
        query = Platform.living().order_by(Platform.title, Platform.id)
        if column == "target":
            query = (
                query.select_extend(PlatformTarget.target.alias("user"))
                .join(PlatformTarget)
                .where(PlatformTarget.target.in_(ids(rows)))
            )
            pairs = ((each.user, each) for each in query.objects())
        else:
            field = getattr(Platform, column)
            mine = query.where(field.in_(ids(rows)))
            pairs = ((getattr(each, f"{column}_id"), each) for each in mine)
        platforms = grouped(pairs, ids(rows))
        for row in rows:
            row.platforms = platforms[row.id]

    return complete


def latest(run, key, keys):
    """The highest id of a run for each value of a column, whatever its state."""
    return dict(newest(run, key.name, len(keys)).tuples(*keys)) if keys else {}


@cache
def newest(run, name, number):
    """The query for that, and for so many values."""
    key = getattr(run, name)
    query = run.select(key, fn.MAX(run.id)).where(run.deleted.is_null()).group_by(key)
    return Prepared(lambda *keys: query.where(key.in_(keys)), number)


def complete_platforms(rows):
    """Puts `target_ids`, `latest_build` and `latest_deployment` on each platform."""
    links = (
        PlatformTarget.select(PlatformTarget.platform, PlatformTarget.target)
        .where(PlatformTarget.platform.in_(ids(rows)))
        .order_by(PlatformTarget.id)
    )
    targets = grouped(links.tuples(), ids(rows))
    builds = latest(Build, Build.platform_id, ids(rows))
    deployments = latest(Deployment, Deployment.platform_id, ids(rows))
    for row in rows:
        row.target_ids = targets[row.id]
        row.latest_build = builds.get(row.id)
        row.latest_deployment = deployments.get(row.id)


def complete_builds(rows):
    """Puts `events`, `latest_deployment`, `is_being_deployed`, `has_manifest` and `has_image` on
    each build."""
    if not rows:
        return
    events = Event.of("build_id", ids(rows))
    deployments = latest(Deployment, Deployment.build_id, ids(rows))
    being_deployed = {build_id for (build_id,) in on_the_way(len(rows)).tuples(*ids(rows))}
    kinds = {build_id: kind for build_id, *kind in making(len(rows)).tuples(*ids(rows))}
    for row in rows:
        row.events = events[row.id]
        row.latest_deployment = deployments.get(row.id)
        row.is_being_deployed = row.id in being_deployed
        kind = kinds.get(row.id, (None, None))  # the row may be gone by now
        row.has_manifest, row.has_image = (found is not None for found in kind)


@cache
def on_the_way(number):
    """The query for those of so many builds that are being deployed."""
    active = Deployment.unfinished().select(Deployment.build_id)
    return Prepared(lambda *builds: active.where(Deployment.build_id.in_(builds)), number)


@cache
def making(number):
    """The query for the manifest that each of so many builds is made by, and the image that it
    makes; None where there is none."""
    query = Build.select(Build.id, Manifest.build_id, Image.id)
    query = query.left_outer_join(Manifest, on=Manifest.build_id == Build.id).switch(Build)
    query = query.left_outer_join(Image, on=Image.build == Build.id)
    return Prepared(lambda *builds: query.where(Build.id.in_(builds)), number)


def complete_new_build(row):
    """The same for a build that was written a moment ago, which nobody can have deployed."""
    row.events = Event.of("build_id", [row.id])[row.id]
    row.latest_deployment, row.is_being_deployed = None, False
    [(_, *kind)] = making(1).tuples(row.id)
    row.has_manifest, row.has_image = (found is not None for found in kind)
    return row


def complete_deployments(rows):
    """Puts `events`, `target_ids`, `living_target_ids` and `build_is_there` on each deployment."""
    events = Event.of("deployment_id", ids(rows))
    targets = DeploymentTarget.of(ids(rows))
    wanted = Build.living().where(Build.id.in_([row.build_id for row in rows]))
    there = {build.id for build in wanted.select(Build.id)}
    named = {target_id for target_ids in targets.values() for target_id in target_ids}
    alive = Target.living().where(Target.id.in_(list(named)))
    living = {target.id for target in alive.select(Target.id)}
    for row in rows:
        row.events = events[row.id]
        row.target_ids = targets[row.id]
        row.living_target_ids = [each for each in row.target_ids if each in living]
        row.build_is_there = row.build_id in there


def goes_to(operator, values):
    """The condition that a deployment goes to any, or to all, of some targets."""
    wanted = DeploymentTarget.target_id.in_(list(values))
    chosen = DeploymentTarget.select(DeploymentTarget.deployment_id).where(wanted)
    if operator == "all":
        number = fn.COUNT(fn.DISTINCT(DeploymentTarget.target_id))
        chosen = chosen.group_by(DeploymentTarget.deployment_id).having(number == len(set(values)))
    return Deployment.id.in_(chosen)


def run_columns(run):
    """What builds and deployments can be sorted and filtered by alike."""
    words = [(run.state.in_([str(state) for state in SUCCESSFUL]), "success")]
    failed = (State.FAILED, State.CANCELLED, State.TIMED_OUT)
    words.append((run.state.in_([str(state) for state in failed]), "error"))
    return {
        "platformID": run.platform_id,
        "comment": run.comment,
        "started": run.started,
        "finished": run.finished,
        "successful": peewee.Case(None, words, "running"),
        "status": run.state,
    }


def configured(row, column, id_name, type_name):
    columns = {id_name: row.id, "appID": row.app, type_name: row.type, "created": row.created}
    return RowList(row, columns, complete_configured(column), of_apps(row.app))


APPS = RowList(
    App,
    {
        "appID": App.id,
        "shortID": App.short_id,
        "created": App.created,
        "title": App.title,
        "hexColor": App.hex_color,
    },
    complete_apps,
    of_apps(App.id),
)
CODE_SOURCES = configured(CodeSource, "codesource", "codeSourceID", "codeSourceType")
DATA_SOURCES = configured(DataSource, "datasource", "dataSourceID", "dataSourceType")
TARGETS = configured(Target, "target", "targetID", "targetType")
PLATFORMS = RowList(
    Platform,
    {
        "platformID": Platform.id,
        "appID": Platform.app,
        "codeSourceID": Platform.codesource,
        "dataSourceID": Platform.datasource,
        "platformType": Platform.type,
        "title": Platform.title,
    },
    complete_platforms,
    of_apps(Platform.app),
)
BUILDS = RowList(
    Build,
    {"buildID": Build.id, **run_columns(Build)},
    complete_builds,
    of_apps(Build.app_id),
)
DEPLOYMENTS = RowList(
    Deployment,
    {
        "deploymentID": Deployment.id,
        "buildID": Deployment.build_id,
        "targetID": goes_to,
        **run_columns(Deployment),
    },
    complete_deployments,
    of_apps(Deployment.app_id),
)
