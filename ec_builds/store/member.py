"""Who belongs to an app, and who is asked to."""

from datetime import UTC, datetime, timedelta

import peewee

from ec_builds.store.account import Account
from ec_builds.store.app import App
from ec_builds.store.database import Row, new_id, now, timestamp
from ec_builds.store.prepared import Prepared

#: Days for which an invitation is good.
DAYS = 14


class Member(Row):
    """That an account has a role in an app."""

    id = peewee.TextField(primary_key=True, default=new_id)
    app = peewee.ForeignKeyField(App)
    account = peewee.ForeignKeyField(Account)
    role = peewee.TextField()
    created = peewee.TextField(default=now)

    @classmethod
    def living(cls):
        """A query for those of apps that are there."""
        return cls.select().where(cls.app.in_(App.living().select(App.id)))

    @classmethod
    def roles(cls, account_id):
        """The roles of an account, by the ids of the apps."""
        return dict(OF_ACCOUNT.tuples(account_id))

    @classmethod
    def join(cls, app_id, account_id, role):
        """Make an account a member; one that is a member already only gets the role."""
        cls.insert(app=app_id, account=account_id, role=role).on_conflict(
            conflict_target=[cls.account, cls.app], update={cls.role: role}
        ).execute()


class Invitation(Row):
    """That somebody is asked to belong to an app.

    By a username, that is whoever has it when the invitation is written, if anybody has: names may
    be chosen. By an email, it is whoever has it, or will have it: emails are proven.
    """

    id = peewee.TextField(primary_key=True, default=new_id)
    app = peewee.ForeignKeyField(App)
    inviter = peewee.ForeignKeyField(Account)
    invitee = peewee.ForeignKeyField(Account, null=True)
    email = peewee.TextField(null=True)
    username = peewee.TextField(null=True)
    role = peewee.TextField()
    created = peewee.TextField(default=now)
    expires = peewee.TextField(default=lambda: timestamp(datetime.now(UTC) + timedelta(days=DAYS)))

    @classmethod
    def living(cls):
        """A query for those that can still be accepted."""
        apps = App.living().select(App.id)
        return cls.select().where(cls.app.in_(apps), cls.expires > now())


#: The query for the roles of an account.
OF_ACCOUNT = Prepared(
    lambda account_id: Member.select(Member.app, Member.role).where(Member.account == account_id)
)
