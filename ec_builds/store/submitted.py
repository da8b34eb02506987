"""Builds as those count who know users, numbers and namespaces: by whose they are."""

from peewee import fn

from ec_builds.store.account import Account
from ec_builds.store.build import Build
from ec_builds.store.database import database
from ec_builds.store.job import Job
from ec_builds.store.lists import RowList, ids, of_apps
from ec_builds.store.manifest import Manifest
from ec_builds.store.namespace import Namespace
from ec_builds.store.people import by_id
from ec_builds.store.person import Person
from ec_builds.store.tag import Tag
from ec_builds.store.thing import BuildObject


def complete_builds(rows):
    """Puts `owner`, `submitter`, `namespace`, `tags`, `manifest` and `printed_from` on each build.

    Accounts, also that of a namespace, have their `number`; a namespace is None without a name.
    What a build has printed begins with its first job: what is before is of an attempt that broke.
    """
    spaces = Namespace.select().where(Namespace.app.in_([row.app_id for row in rows]))
    spaces = {each.app_id: each for each in spaces if each.path}
    wanted = {each.account_id for each in spaces.values()}
    for row in rows:
        wanted |= {row.owner_id, (row.creator or {}).get("accountID")}
    accounts = numbered(wanted)
    for each in spaces.values():
        each.account = accounts[each.account_id]
    tags, texts = Tag.names(ids(rows)), Manifest.texts(ids(rows))
    begins = Job.select(Job.build_id, fn.MIN(Job.log_start)).where(Job.build_id.in_(ids(rows)))
    begins = dict(begins.group_by(Job.build_id).tuples())
    for row in rows:
        row.printed_from = begins.get(row.id) or 0
        row.owner = accounts.get(row.owner_id)
        row.submitter = accounts.get((row.creator or {}).get("accountID"))
        row.namespace = spaces.get(row.app_id)
        row.tags, row.manifest = tags[row.id], texts.get(row.id, "")


def numbered(account_ids):
    """Accounts by their ids, each with its `number`."""
    accounts, numbers = by_id(Account, account_ids - {None}), Person.numbers(account_ids)
    for account_id, account in accounts.items():
        account.number = numbers[account_id]
    return accounts


def tagged(name):
    """The condition that a build has a tag."""
    return Build.id.in_(Tag.select(Tag.build).where(Tag.name == name))


def tagged_like(text):
    """The condition that a build has a tag which contains a text, in just these letters."""
    find = fn.STRPOS if database.obj.dialect == "postgresql" else fn.INSTR
    return Build.id.in_(Tag.select(Tag.build).where(find(Tag.name, text) > 0))


def given(object_id):
    """The condition that a build is given an object."""
    mine = BuildObject.select(BuildObject.build_id).where(BuildObject.object == object_id)
    return Build.id.in_(mine)


def page(reach, conditions, number, size):
    """Some builds, the newest first, and the number of the last page."""
    query = SUBMITTED.visible(reach).where(Build.number.is_null(False), *conditions)
    rows, last = paged(query, (Build.id.desc(),), number, size)
    SUBMITTED.complete(rows)
    return rows, last


def paged(query, order, number, size):
    """The rows of a page of a query, and the number of the last page."""
    start = (number - 1) * size
    rows = list(query.order_by(*order).offset(start).limit(size + 1))
    if len(rows) > size:
        last = number + 1  # at least
    elif rows or number == 1:
        last = number
    else:
        last = max(1, -(-query.count() // size))
    return rows[:size], last


def newest(app_ids):
    """The newest build of each app that has one, by the ids of the apps."""
    latest = Build.living().select(fn.MAX(Build.id)).where(Build.number.is_null(False))
    latest = latest.where(Build.app_id.in_(list(app_ids))).group_by(Build.app_id)
    rows = list(Build.select().where(Build.id.in_(latest)))
    SUBMITTED.complete(rows)
    return {row.app_id: row for row in rows}


def of_owner(reach, account_id, number):
    """The build of an account with a number, or else with an id; None if there is none."""
    mine = SUBMITTED.visible(reach).where(Build.owner_id == account_id)
    found = mine.where(Build.number == number).first() or mine.where(Build.id == number).first()
    if found is not None:
        SUBMITTED.complete([found])
    return found


SUBMITTED = RowList(Build, {"buildID": Build.id}, complete_builds, of_apps(Build.app_id))
