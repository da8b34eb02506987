"""Invitations as those count who know numbers only."""

import peewee

from ec_builds.store.database import Row, transaction
from ec_builds.store.lists import ids
from ec_builds.store.member import Invitation
from ec_builds.store.namespace import Namespace
from ec_builds.store.spaces import complete_spaces
from ec_builds.store.submitted import numbered

#: What a database takes for a number.
LARGEST = 2**31 - 1


class Invite(Row):
    """An invitation with a number."""

    id = peewee.AutoField()
    invitation = peewee.ForeignKeyField(Invitation)

    @classmethod
    def numbers(cls, invitation_ids):
        """The numbers of invitations, by their ids; which has none yet gets one."""
        found = cls.known(invitation_ids)
        missing = [each for each in invitation_ids if each not in found]
        if missing:
            rows = [{"invitation": each} for each in missing]
            with transaction():
                cls.insert_many(rows).on_conflict_ignore().execute()
            found = cls.known(invitation_ids)
        return found

    @classmethod
    def known(cls, invitation_ids):
        rows = cls.select(cls.invitation, cls.id).where(cls.invitation.in_(list(invitation_ids)))
        return dict(rows.tuples())

    @classmethod
    def invitation_of(cls, number):
        """The id of the invitation with a number, or None."""
        found = cls.get_or_none(cls.id == number) if number <= LARGEST else None
        return found and found.invitation_id


def complete_invites(rows):
    """Puts `number`, `namespace`, `inviter` and `invitee` on each invitation to a namespace.

    An invitation by email waits for whoever has it: nobody learns of which account that is.
    """
    numbers = Invite.numbers(ids(rows))
    spaces = list(Namespace.select().where(Namespace.app.in_([row.app_id for row in rows])))
    complete_spaces(spaces)
    spaces = {each.app_id: each for each in spaces}
    accounts = numbered({each for row in rows for each in (row.inviter_id, row.invitee_id)})
    for row in rows:
        row.number, row.namespace = numbers[row.id], spaces[row.app_id]
        row.inviter, row.invitee = accounts[row.inviter_id], accounts.get(row.invitee_id)


def of_namespaces():
    """The condition that an invitation is to a namespace that has a name."""
    return Invitation.app.in_(Namespace.select(Namespace.app).where(Namespace.path != ""))
