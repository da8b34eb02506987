"""An account as an organisation."""

import peewee

from ec_builds.store.account import Account
from ec_builds.store.app import App
from ec_builds.store.database import Row, database, new_id, now


class Organisation(Row):
    """Its apps are those that the account owns; whoever belongs to one of them belongs to it."""

    id = peewee.TextField(primary_key=True, default=new_id)
    account = peewee.ForeignKeyField(Account)
    #: Where images are that belong to no application; None until there is one.
    app = peewee.ForeignKeyField(App, null=True)
    created = peewee.TextField(default=now)

    @classmethod
    def of(cls, account_id):
        """That of an account, which is written down if it was not."""
        found = cls.get_or_none(cls.account == account_id)
        if found is None:
            row = {"id": new_id(), "account": account_id, "created": now()}
            cls.insert(row).on_conflict_ignore().execute()
            found = cls.get(cls.account == account_id)
        return found

    @classmethod
    def locked(cls, row_id, lock):
        """The organisation with an id, locked until the transaction ends."""
        return database.obj.locking(cls.select().where(cls.id == row_id), lock).get()

    @classmethod
    def by_accounts(cls, account_ids):
        """The ids of those of accounts, by the ids of these; who has none yet gets one."""
        return {each: cls.of(each).id for each in set(account_ids) - {None}}

    @classmethod
    def has(cls, app_id):
        """Whether an app is that of an organisation."""
        return cls.select().where(cls.app == app_id).exists()
