"""Those who belong to namespaces: the members of their apps, by usernames."""

from ec_builds.auth.rules import Verb
from ec_builds.errors import InvalidValue, NoMatch
from ec_builds.services import inheritance
from ec_builds.services.namespaces import KIND
from ec_builds.store import spaces
from ec_builds.store.database import transaction
from ec_builds.store.member import Member
from ec_builds.store.submitted import numbered


class Collaborators:
    """Who belongs to the topmost namespace belongs to all below it."""

    def __init__(self, namespaces, members):
        self.namespaces, self.members = namespaces, members

    def of(self, caller, username, path):
        """The members of a namespace besides its owner, and the topmost one. Raises NoMatch."""
        top = spaces.top_of(self.namespaces.find(caller, username, path))
        return members(top), top

    def remove(self, caller, username, path, name):
        """Take somebody out. Raises NoMatch, and InvalidValue for the owner."""
        with transaction():
            found = self.namespaces.take(caller, Verb.DELETE, username, path)
            top = spaces.top_of(found)
            self.namespaces.policy.require(caller, Verb.DELETE, KIND, top)
            if name == top.account.username:
                raise InvalidValue("collaborator", "The owner of a namespace stays in it")
            row = next((row for row in members(top) if row.account.username == name), None)
            if row is None:
                raise NoMatch("collaborator")
            inheritance.leave(top.app_id, row.account_id)
            self.members.note(caller, Verb.DELETE, row)


def members(top):
    """The members of a topmost namespace besides its owner, each with their numbered account."""
    rows = Member.select().where(Member.app == top.app_id, Member.account != top.account_id)
    rows = list(rows.order_by(Member.created, Member.id))
    accounts = numbered({row.account_id for row in rows})
    for row in rows:
        row.account = accounts[row.account_id]
    return rows
