"""What can be done with invitations: by those who invite, and by those who are invited."""

from ec_builds.auth.roles import Role
from ec_builds.auth.rules import Verb
from ec_builds.errors import InvalidValue
from ec_builds.lists import catalog
from ec_builds.services import inheritance
from ec_builds.services.collection import Collection
from ec_builds.store import lists, people
from ec_builds.store.account import Account
from ec_builds.store.database import CHANGE, transaction
from ec_builds.store.member import Invitation, Member

#: Invitations that an app can have at a time.
MOST = 100


class Invitations(Collection):
    """Invitations as those see them who own the app.

    Nothing tells whether there is an account of the name that is invited.
    """

    kind, listing, rows = "invitation", catalog.INVITATIONS, people.INVITATIONS

    def create(self, caller, app_id, role, email=None, username=None):
        """Ask somebody in, by either email or username; an earlier invitation is replaced.

        Raises NoMatch and InvalidValue.
        """
        name, value = ("email", email) if username is None else ("username", username)
        value = value.lower()
        with transaction():
            self.may_create(caller, app_id)
            return self.ask(caller, app_id, role, name, value)

    def ask(self, caller, app_id, role, name, value):
        """Ask somebody in, by the value of a property; whether one may is known already."""
        lists.APPS.bare(app_id, caller.reach, CHANGE)
        asked = getattr(Invitation, name) == value
        Invitation.delete().where(Invitation.app == app_id, asked).execute()
        self.inspect(app_id, name, value)
        invitee = name == "username" and Account.get_or_none(Account.username == value)
        invitation = Invitation.create(
            app=app_id, inviter=caller.id, invitee=invitee or None, role=role, **{name: value}
        )
        self.note(caller, Verb.CREATE, invitation)
        return self.get(caller, invitation.id)

    def facts(self, invitation):
        named = {"email": invitation.email, "username": invitation.username}
        given = {name: value for name, value in named.items() if value is not None}
        return {**given, "role": invitation.role}

    def inspect(self, app_id, name, value):
        """Raises InvalidValue for a member, and for an app that has asked too many."""
        members = Member.select().where(Member.app == app_id).join(Account)
        if members.where(getattr(Account, name) == value).exists():
            raise InvalidValue(name, "This is a member already; PUT to the member gives a role.")
        if Invitation.living().where(Invitation.app == app_id).count() >= MOST:
            raise InvalidValue(name, f"An app can have {MOST} invitations; delete some first.")

    def may_list(self, caller, question):
        """Only owners of an app may ask for its invitations."""
        super().may_list(caller, question)
        app_id = question.value_of("appID")
        if app_id and lists.APPS.bare(app_id, caller.reach):
            self.policy.require_on_collection(caller, Verb.READ, self.kind, app_id)


class Offers(Collection):
    """Invitations as those see them who are invited."""

    kind, listing, rows = "offer", catalog.OFFERS, people.OFFERS

    def accept(self, caller, offer, unchanged):
        """Become a member; who is one already gets the role if it is a higher one."""
        with transaction():
            inheritance.hold(offer.app_id)
            current = self.get(caller, offer.id, CHANGE)
            self.policy.require(caller, Verb.ACCEPT, self.kind, current)
            unchanged(current)
            self.let_in(caller, current)
            return current

    def let_in(self, caller, offer):
        """Make the caller a member; whether it may be one is known already."""
        inheritance.join(offer.app_id, caller.id, Role.called(offer.role))
        caller.has_joined()
        offer.remove()
        self.note(caller, Verb.ACCEPT, offer)

    def facts(self, offer):
        return {"role": offer.role}
