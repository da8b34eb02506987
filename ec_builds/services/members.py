"""What can be done with those who belong to apps."""

from ec_builds.errors import PropertyRestricted
from ec_builds.lists import catalog
from ec_builds.services.collection import Collection
from ec_builds.store import lists, people
from ec_builds.store.database import CHANGE
from ec_builds.store.reach import EVERYTHING


class Members(Collection):
    kind, listing, rows = "member", catalog.MEMBERS, people.MEMBERS

    def get(self, caller, thing_id, lock=None):
        """The member with an id. Raises NoMatch.

        Whoever wants to change one waits for all others who do so in the app, for only together
        they know who is its last owner.
        """
        if lock == CHANGE:
            lists.APPS.bare(super().get(caller, thing_id).app_id, EVERYTHING, CHANGE)
        return super().get(caller, thing_id, lock)

    def edit(self, caller, member, unchanged, role):
        """Give a member another role. Raises PropertyRestricted for the last owner."""

        def check(current):
            unchanged(current)
            if current.is_last_owner and role != current.role:
                raise PropertyRestricted("role", "An app needs an owner, and there is no other.")

        return self.change(caller, member, check, told={"role": role}, role=role)

    def facts(self, member):
        told = {"accountID": member.account_id, "email": member.account.email}
        return {**told, "role": member.role}
