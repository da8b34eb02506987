"""Whoever asks: an account, by which token, from where, in which request."""

from dataclasses import dataclass
from functools import cached_property

from ec_builds.auth.roles import Role
from ec_builds.store.account import Account, Token
from ec_builds.store.member import Member
from ec_builds.store.reach import Reach


@dataclass(frozen=True)
class Caller:
    """An account at work.

    token: by which it came; None for one that needs none, as on the command line.
    address: where the request came from; request_id: its id.
    granted: what an identity provider's token is good for; None for all that the account may do.
    until: when an identity provider's token ends.
    """

    account: Account
    token: Token | None = None
    address: str | None = None
    request_id: str | None = None
    granted: tuple[str, ...] | None = None
    until: str | None = None

    @property
    def id(self):
        """The id of the account."""
        return self.account.id

    @property
    def signature(self):
        """How a run remembers who asked for it."""
        return self.account.signature

    @property
    def is_admin(self):
        """Whether it may do everything, as far as its token goes."""
        return self.account.admin

    @property
    def is_limited(self):
        """Whether its token is good for some apps only."""
        return self.token is not None and self.token.limited

    @cached_property
    def app_ids(self):
        """The apps that its token is limited to; None without a limit."""
        return frozenset(self.token.app_ids()) if self.is_limited else None

    @property
    def reach(self):
        """What it gets to see."""
        limited = self.token.id if self.is_limited else None
        return Reach(self.account.id, limited, everything=self.account.admin)

    @cached_property
    def roles(self):
        """Its roles, by the ids of the apps that it is a member of."""
        return {app: Role.called(word) for app, word in Member.roles(self.account.id).items()}

    def has_joined(self):
        """Its roles are others now: they are read anew, so that the answer has all its links."""
        self.__dict__.pop("roles", None)

    def role(self, app_id):
        """Its role in an app, as far as its token goes."""
        if self.app_ids is not None and app_id not in self.app_ids:
            return Role.ANYBODY
        return Role.ADMIN if self.is_admin else self.roles.get(app_id, Role.ANYBODY)

    @property
    def highest_role(self):
        """Its highest role in any app that its token is good for."""
        if self.is_admin:
            return Role.ADMIN
        roles = (self.role(app_id) for app_id in self.roles)
        return max(roles, default=Role.ANYBODY)

    @property
    def expires(self):
        """When its token ends; None if never."""
        return self.until if self.token is None else self.token.expires

    @property
    def scopes(self):
        """What its token is good for; None for all that the account may do."""
        return self.granted if self.token is None else self.token.scopes

    def has_scope(self, scope):
        """Whether its token is good for something, such as `build:write`."""
        return self.scopes is None or scope in self.scopes

    @property
    def origin(self):
        """What the first event of what it wants says of it, if anything."""
        return self.request_id and {"requestID": self.request_id}


@dataclass(frozen=True)
class Guest(Caller):
    """Whoever looks, at what others let them see, too: a caller, or nobody that is known.

    A namespace may be open to accounts (internal), or to everybody (public). Whatever is found
    within this reach may be read; nothing else may be done as a guest.
    """

    account: Account | None = None

    @classmethod
    def of(cls, caller):
        """A caller as a guest; None is nobody that is known."""
        if caller is None:
            return cls()
        return cls(
            caller.account, caller.token, caller.address, caller.request_id,
            caller.granted, caller.until,
        )

    @property
    def id(self):
        return self.account and self.account.id

    @property
    def is_admin(self):
        return self.account is not None and self.account.admin

    @property
    def reach(self):
        if self.account is None:
            return Reach(open=("public",))
        limited = self.token.id if self.is_limited else None
        return Reach(self.id, limited, self.is_admin, open=("internal", "public"))

    @cached_property
    def roles(self):
        return super().roles if self.account else {}

    def role(self, app_id):
        return max(Role.VIEWER, super().role(app_id))
