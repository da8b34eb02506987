"""The lists of what builds by manifests are given: variables and objects of apps, and of builds."""

from ec_builds.store.lists import RowList, of_apps
from ec_builds.store.namespace import Namespace
from ec_builds.store.submitted import numbered
from ec_builds.store.thing import BuildObject, Thing
from ec_builds.store.variable import BuildVariable, Secret, Variable


def complete(rows):
    """Puts `author`, `owner` and `namespace` on each; accounts have their `number`.

    The owner is that of the namespace; it is the author's where there is none.
    """
    found = Namespace.select().where(Namespace.app.in_([row.app_id for row in rows]))
    spaces = {each.app_id: each for each in found}
    ids = {row.author_id for row in rows} | {each.account_id for each in spaces.values()}
    accounts = numbered(ids)
    for each in spaces.values():
        each.account = accounts[each.account_id]
    for row in rows:
        space = spaces.get(row.app_id)
        row.author = accounts[row.author_id]
        row.owner = space.account if space else row.author
        row.namespace = space if space and space.path else None


def complete_variables(rows):
    """The same, and the secrets that their values are."""
    complete(rows)
    secrets = {each.id: each for each in Secret.select().where(
        Secret.id.in_([row.secret_id for row in rows]))}
    for row in rows:
        row.secret = secrets[row.secret_id]


def variables_of(build):
    """The variables that a build was submitted with, by their keys, each with its `variable`.

    That is the variable of the app, if it still is there, with all that belongs beside it.
    """
    rows = list(BuildVariable.of(build.id))
    ids = [row.variable_id for row in rows if row.variable_id is not None]
    found = list(Variable.select().where(Variable.id.in_(ids)))
    complete(found)
    variables = {each.id: each for each in found}
    for row in rows:
        row.variable = variables.get(row.variable_id)
    return sorted(rows, key=lambda row: row.key)


def objects_of(build):
    """The objects that a build is given and that are there, by their names, each with all that
    belongs beside it."""
    rows = [row for row in BuildObject.of(build.id) if row.object_id is not None]
    things = {each.id: each for each in Thing.select().where(
        Thing.id.in_([row.object_id for row in rows]))}
    complete(list(things.values()))
    for row in rows:
        row.object = things[row.object_id]
    return rows


VARIABLES = RowList(
    Variable,
    {"variableID": Variable.id, "key": Variable.key, "created": Variable.created},
    complete_variables,
    of_apps(Variable.app),
)
OBJECTS = RowList(
    Thing,
    {"objectID": Thing.id, "name": Thing.name, "created": Thing.created},
    complete,
    of_apps(Thing.app),
)
