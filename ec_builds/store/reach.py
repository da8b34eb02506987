"""Which rows somebody gets to see: a condition of every query, so that the rest is not there.

What is out of reach is left out by the database itself. Nobody can tell it from what does not
exist: neither by an answer, nor by a count, nor by the time that it takes.
"""

from dataclasses import dataclass
from typing import Any

from peewee import fn

from ec_builds.store.account import Account, TokenApp
from ec_builds.store.member import Invitation, Member
from ec_builds.store.namespace import Namespace


@dataclass(frozen=True)
class Reach:
    """What an account gets to see by a token.

    account: the id of the account.
    token: the id of the token, if it is limited to some apps.
    everything: whether the account gets to see what is not its own, as an admin does.
    open: the visibilities of namespaces into which it may look without being a member.
    """

    account: Any = None
    token: Any = None
    everything: bool = False
    open: tuple[str, ...] = ()

    @property
    def shape(self):
        """What queries of different reaches differ in, besides the ids."""
        return self.token is not None, self.everything, self.open

    @property
    def ids(self):
        """What queries of one shape differ in."""
        return self.account, self.token

    @property
    def is_wide(self):
        """Whether other accounts are within reach."""
        return self.everything and self.token is None

    @classmethod
    def shaped(cls, shape, account, token):
        """A reach of a shape with other ids, or with places for them."""
        is_limited, everything, open = shape
        return cls(account, token if is_limited else None, everything, open)

    def apps(self, column, *roles):
        """Conditions that a column names an app within reach, or one where one has such a role."""
        if not self.everything:
            mine = Member.select(Member.app).where(Member.account == self.account)
            within = column.in_(mine.where(Member.role.in_(roles)) if roles else mine)
            yield within | column.in_(Namespace.open_apps(self.open)) if self.open else within
        if self.token is not None:
            yield column.in_(TokenApp.select(TokenApp.app).where(TokenApp.token == self.token))

    def own(self, column):
        """Conditions that a column names the account, unless everything is within reach.

        A token for some apps concerns nobody else's account, whoever has it.
        """
        if not self.is_wide:
            yield column == self.account

    def addressed(self):
        """Conditions that an invitation is for the account, whoever it is."""
        me = Account.id == self.account
        by_email = Invitation.email.in_(Account.select(fn.LOWER(Account.email)).where(me))
        yield (Invitation.invitee == self.account) | by_email


#: What the server itself sees.
EVERYTHING = Reach(everything=True)
