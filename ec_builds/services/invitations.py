"""What can be done with invitations: by those who invite, and by those who are invited."""

import re

from ec_builds.auth.roles import Role
from ec_builds.auth.rules import Verb
from ec_builds.errors import InvalidProperty, InvalidValue, MissingProperty
from ec_builds.lists import catalog
from ec_builds.services.collection import Collection
from ec_builds.store import lists, people
from ec_builds.store.account import Account
from ec_builds.store.database import CHANGE, transaction
from ec_builds.store.member import Invitation, Member

#: Invitations that an app can have at a time.
MOST = 100
#: How names look: what is asked for, and what is told to whoever sends something else.
FORMS = {
    "email": (r"[^@\s]{1,64}@[^@\s]{1,190}", "an email address such as ada@example.com"),
    "username": (
        r"[a-z0-9][a-z0-9._-]{0,38}",
        "a username: up to 39 of a-z, 0-9, dot, underscore and dash",
    ),
}


class Invitations(Collection):
    """Invitations as those see them who own the app.

    Nothing tells whether there is an account of the name that is invited.
    """

    kind, listing, rows = "invitation", catalog.INVITATIONS, people.INVITATIONS

    def create(self, caller, app_id, role, email=None, username=None):
        """Ask somebody in, by email or by username; an earlier invitation is replaced.

        Raises NoMatch, MissingProperty, InvalidProperty and InvalidValue.
        """
        name, value = whom(email, username)
        with transaction():
            self.may_create(caller, app_id)
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
            current = self.get(caller, offer.id, CHANGE)
            self.policy.require(caller, Verb.ACCEPT, self.kind, current)
            unchanged(current)
            before = caller.roles.get(current.app_id, Role.ANYBODY)
            Member.join(current.app_id, caller.id, max(before, Role.called(current.role)).word)
            caller.has_joined()
            current.remove()
            self.note(caller, Verb.ACCEPT, current)
            return current

    def facts(self, offer):
        return {"role": offer.role}


def whom(email, username):
    """By which name somebody is invited, and the name as it is stored."""
    given = {"email": email, "username": username}
    names = [name for name, value in given.items() if value is not None]
    if not names:
        raise MissingProperty("email", "Say who is invited: by email, or by username.")
    if len(names) > 1:
        raise InvalidProperty("username", "Say who is invited by email or by username, not both.")
    name, value = names[0], given[names[0]].strip().lower()
    form, told = FORMS[name]
    if not re.fullmatch(form, value):
        raise InvalidProperty(name, f"It should be {told}.")
    return name, value
