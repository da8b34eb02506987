"""The lists of namespaces, and the trees that they grow in."""

from peewee import fn

from ec_builds.store.account import Account
from ec_builds.store.database import CHANGE, database
from ec_builds.store.lists import RowList, of_apps
from ec_builds.store.namespace import Namespace
from ec_builds.store.people import by_id
from ec_builds.store.submitted import numbered, paged


def complete_spaces(rows):
    """Puts `account`, with its number, and `above` on each namespace; `build` is None."""
    parents = by_id(Namespace, [row.parent_id for row in rows if row.parent_id])
    every = [*rows, *parents.values()]
    accounts = numbered({row.account_id for row in every})
    for row in every:
        row.account, row.build = accounts[row.account_id], None
        row.above = parents.get(row.parent_id)


SPACES = RowList(Namespace, {}, complete_spaces, of_apps(Namespace.app))


def page(reach, number, size, search=None, parent=None):
    """Some namespaces by their paths, and the number of the last page.

    search: a part of the path, in large or small letters; parent: the id of the one above them.
    """
    query = SPACES.visible(reach).where(Namespace.path != "")
    if search:
        find = fn.STRPOS if database.obj.dialect == "postgresql" else fn.INSTR
        query = query.where(find(fn.LOWER(Namespace.path), search.lower()) > 0)
    if parent is not None:
        query = query.where(Namespace.parent_id == parent)
    rows, last = paged(query, (Namespace.path, Namespace.id), number, size)
    complete_spaces(rows)
    return rows, last


def of_owner(reach, username, path):
    """The namespace of a user with a path, or None."""
    owner = Account.select(Account.id).where(Account.username == username)
    named = SPACES.visible(reach).where(Namespace.path == path, Namespace.path != "")
    found = named.where(Namespace.account.in_(owner)).first()
    if found is not None:
        complete_spaces([found])
    return found


def top_of(namespace):
    """The topmost one above a namespace, which may be itself."""
    if namespace.root_id is None:
        return namespace
    top = Namespace.get_by_id(namespace.root_id)
    complete_spaces([top])
    return top


def below(app_id):
    """The apps of the namespaces below that of an app, from the top down; none for other apps."""
    found = []
    above = [each.id for each in Namespace.select().where(Namespace.app == app_id)]
    while above:
        rows = list(Namespace.select().where(Namespace.parent_id.in_(above)))
        found += [each.app_id for each in rows]
        above = [each.id for each in rows]
    return found


def hold(account_id):
    """Until the end of the transaction, nobody else makes, changes or removes namespaces of an
    account, or says who belongs to them."""
    wait_for(Account.id == account_id)


def hold_of(app_id):
    """The same for whoever owns the namespace that an app is, if it is one."""
    wait_for(Account.id.in_(Namespace.select(Namespace.account).where(Namespace.app == app_id)))


def wait_for(condition):
    list(database.obj.locking(Account.select().where(condition), CHANGE))
