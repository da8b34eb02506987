"""Accounts as those count who know numbers only, and the numbers of their builds."""

import peewee

from ec_builds.store.account import Account
from ec_builds.store.database import Row
from ec_builds.store.member import Member
from ec_builds.store.namespace import Namespace
from ec_builds.store.people import OWNER
from ec_builds.store.prepared import Prepared


class Person(Row):
    """An account with a number; `builds` is the number of the last build that is its own."""

    id = peewee.AutoField()
    account = peewee.ForeignKeyField(Account)
    builds = peewee.IntegerField(default=0)

    @classmethod
    def numbers(cls, account_ids):
        """The numbers of accounts, by their ids; who has none yet gets one."""
        wanted = set(account_ids) - {None}
        found = cls.known(wanted)
        if len(found) < len(wanted):
            rows = [{"account": each} for each in sorted(wanted - found.keys())]
            cls.insert_many(rows).on_conflict_ignore().execute()
            found = cls.known(wanted)
        return found

    @classmethod
    def known(cls, account_ids):
        rows = cls.select(cls.account, cls.id).where(cls.account.in_(list(account_ids)))
        return dict(rows.tuples())

    @classmethod
    def next_build(cls, account_id):
        """The number of a new build of an account: without gaps, as part of its transaction."""
        return NEXT.tuples(account_id)[0][0]


def owner_of(app_id):
    """The account that the builds of an app belong to: its namespace's, or its first owner; or
    None."""
    found = OF_NAMESPACE.tuples(app_id) or FIRST.tuples(app_id)
    return found[0][0] if found else None


#: What counts a new build.
NEXT = Prepared(
    lambda account_id: Person.insert(account=account_id, builds=1)
    .on_conflict(conflict_target=[Person.account], update={Person.builds: Person.builds + 1})
    .returning(Person.builds)
)
OF_NAMESPACE = Prepared(
    lambda app_id: Namespace.select(Namespace.account).where(Namespace.app == app_id)
)
FIRST = Prepared(
    lambda app_id: Member.select(Member.account)
    .where(Member.app == app_id, Member.role == OWNER)
    .order_by(Member.created, Member.id)
    .limit(1)
)
