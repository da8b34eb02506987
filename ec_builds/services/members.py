"""What can be done with those who belong to apps."""

from ec_builds.errors import PropertyRestricted
from ec_builds.lists import catalog
from ec_builds.services import inheritance
from ec_builds.services.collection import Collection
from ec_builds.store import lists, people
from ec_builds.store.database import CHANGE, transaction
from ec_builds.store.reach import EVERYTHING


class Members(Collection):
    kind, listing, rows = "member", catalog.MEMBERS, people.MEMBERS

    def get(self, caller, thing_id, lock=None):
        """The member with an id. Raises NoMatch.

        Whoever wants to change one waits for all others who do so in the app, for only together
        they know who is its last owner.
        """
        if lock == CHANGE:
            app_id = super().get(caller, thing_id).app_id
            inheritance.hold(app_id)
            lists.APPS.bare(app_id, EVERYTHING, CHANGE)
        return super().get(caller, thing_id, lock)

    def edit(self, caller, member, unchanged, role):
        """Give a member another role, in the namespaces below as well.

        Raises PropertyRestricted for the last owner.
        """

        def check(current):
            unchanged(current)
            if current.is_last_owner and role != current.role:
                raise PropertyRestricted("role", "An app needs an owner, and there is no other.")

        with transaction():
            changed = self.change(caller, member, check, told={"role": role}, role=role)
            inheritance.change(member.app_id, member.account_id, role)
            return changed

    def let_go(self, member):
        inheritance.leave(member.app_id, member.account_id)
        return ()

    def facts(self, member):
        told = {"accountID": member.account_id, "email": member.account.email}
        return {**told, "role": member.role}
