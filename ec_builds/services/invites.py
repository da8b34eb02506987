"""Invitations to namespaces: the same that apps have, by numbers, and to the topmost one."""

import re

from ec_builds.auth.roles import Role
from ec_builds.auth.rules import Verb
from ec_builds.errors import InvalidValue, NoMatch
from ec_builds.services import inheritance
from ec_builds.services.accounts import EMAIL
from ec_builds.store import people, spaces
from ec_builds.store.account import Account
from ec_builds.store.database import CHANGE, transaction
from ec_builds.store.invite import Invite, complete_invites, of_namespaces
from ec_builds.store.member import Invitation, Member

KIND = "invite"
#: What a collaborator is here.
ROLE = Role.DEVELOPER.word


class Invites:
    """Invitations as those see them who know namespaces; the rest is `invitations`, `offers`."""

    def __init__(self, policy, invitations, offers):
        self.policy, self.invitations, self.offers = policy, invitations, offers

    def of(self, caller, username, path):
        """The invitations to a namespace, for who owns it. Raises NoMatch."""
        self.policy.require_scope(caller, Verb.READ, KIND)
        top = self.top(caller, username, path)
        self.policy.require(caller, Verb.READ, KIND, top)
        query = Invitation.living().where(Invitation.app == top.app_id)
        return completed(query)

    def got(self, caller):
        """The invitations that the caller has got. Raises NoMatch by a token for some apps."""
        self.policy.require_scope(caller, Verb.READ, KIND)
        require_whole(caller)
        return completed(people.OFFERS.visible(caller.reach).where(of_namespaces()))

    def create(self, caller, username, path, handle):
        """Ask somebody in, by username or email. Raises NoMatch for nobody, and InvalidValue."""
        handle = handle.strip().lower()
        self.policy.require_scope(caller, Verb.CREATE, KIND)
        with transaction():
            top = self.top(caller, username, path)
            self.policy.require_on_collection(caller, Verb.CREATE, KIND, top.app_id)
            name = "email" if "@" in handle else "username"
            self.inspect(caller, top, name, handle)
            try:
                row = self.invitations.ask(caller, top.app_id, ROLE, name, handle)
            except InvalidValue as error:
                raise InvalidValue("handle", error.verbose) from error
            complete_invites([row])
            return row

    def inspect(self, caller, top, name, handle):
        """Raises what speaks against asking somebody in."""
        if not handle:
            raise InvalidValue("handle", "Username or email is required")
        if name == "email" and not re.fullmatch(EMAIL, handle):
            raise InvalidValue("handle", "This is no email")
        account = Account.get_or_none(getattr(Account, name) == handle)
        if account is None and name == "username":
            raise NoMatch("handle")
        if account is not None and account.id in (caller.id, top.account_id):
            raise InvalidValue("handle", "Whoever owns a namespace cannot be invited to it")
        members = Member.select().where(Member.app == top.app_id, Member.account == account)
        if account is not None and members.exists():
            raise InvalidValue("handle", "Already a collaborator")

    def accept(self, caller, number):
        """Become a collaborator. Returns the invitation as it was. Raises NoMatch."""
        self.policy.require_scope(caller, Verb.ACCEPT, KIND)
        with transaction():
            row = self.one(caller, self.offers, number)
            complete_invites([row])
            self.offers.let_in(caller, row)
            return row

    def remove(self, caller, number):
        """Turn an invitation down, or take it back. Raises NoMatch."""
        self.policy.require_scope(caller, Verb.DELETE, KIND)
        with transaction():
            row, doer = self.got_or_sent(caller, number)
            row.remove()
            doer.note(caller, Verb.DELETE, row)

    def got_or_sent(self, caller, number):
        """The invitation with a number that a caller may take away, and as one of which it is."""
        try:
            require_whole(caller)
            return self.one(caller, self.offers, number), self.offers
        except NoMatch:
            row = self.one(caller, self.invitations, number)
            self.policy.require(caller, Verb.DELETE, KIND, row)
            return row, self.invitations

    def one(self, caller, rows, number):
        """The invitation to a namespace with a number, as one of `rows`. Raises NoMatch."""
        found = Invitation.get_or_none(
            Invitation.id == Invite.invitation_of(number), of_namespaces()
        )
        if found is None:
            raise NoMatch(KIND)
        inheritance.hold(found.app_id)
        return rows.get(caller, found.id, CHANGE)

    def top(self, caller, username, path):
        """The topmost namespace above one, which decides who belongs to it. Raises NoMatch."""
        found = spaces.of_owner(caller.reach, username, path)
        if found is None:
            raise NoMatch("namespace")
        return spaces.top_of(found)


def require_whole(caller):
    """Raises NoMatch for a token for some apps: what one has got concerns others."""
    if caller.is_limited:
        raise NoMatch(KIND)


def completed(query):
    """Invitations in the order in which they were written, with what belongs to them."""
    rows = list(query.order_by(Invitation.created, Invitation.id))
    complete_invites(rows)
    return rows
