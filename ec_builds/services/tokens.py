"""What can be done with access tokens: nobody gives away more than he has himself."""

from datetime import UTC, datetime, timedelta
from difflib import get_close_matches

from ec_builds.auth.rules import SCOPES, Verb
from ec_builds.auth.tokens import short
from ec_builds.errors import (
    InvalidProperty,
    InvalidToken,
    InvalidValue,
    NoMatch,
    PropertyRestricted,
)
from ec_builds.lists import catalog
from ec_builds.lists.kinds import read_time
from ec_builds.services.collection import Collection
from ec_builds.store import lists, tokens
from ec_builds.store.account import Token
from ec_builds.store.database import CHANGE, KEEP, now, timestamp, transaction
from ec_builds.store.member import Member

#: Tokens that an account can have at a time; those that have expired do not count.
MOST = 100


class AccountTokens(Collection):
    """The tokens of accounts. `issuer` signs what only their owners know.

    lasting: seconds for which a token may be good that was made by one of an identity provider;
    None for no longer than that one.
    """

    kind, listing, rows = "token", catalog.TOKENS, tokens.TOKENS

    def __init__(self, accounts, issuer, policy=None, lasting=None):
        super().__init__(policy)
        self.accounts, self.issuer, self.lasting = accounts, issuer, lasting

    def may_create(self, caller, account_id=None):
        """Raises what speaks against a new token for an account, or for that of the caller."""
        if account_id and tokens.ACCOUNTS.bare(account_id, caller.reach) is None:
            raise NoMatch("accountID")
        self.policy.require_on_collection(caller, Verb.CREATE, self.kind, account_id=account_id)

    def create(self, caller, name, scopes=None, app_ids=None, expires=None, account=None):
        """A new token, with its `text`, and that in `short`, which cannot be told again.

        scopes, app_ids, expires: what it is good for, and until when; None for as much as the
        caller's own token is. account: whose it is, if not the caller's; only whoever runs the
        server may say so.

        One that is made by a token with limits of its own ends with that one, at the latest.
        Raises InvalidValue, InvalidProperty, and PropertyRestricted for more than the caller has.
        """
        self.may_create(caller)
        owner = account or caller.account
        with transaction():
            tokens.ACCOUNTS.bare(owner.id, caller.reach, CHANGE)  # one at a time may count
            maker = maker_of(caller)
            require_room(owner)
            row, text = self.issuer.issue(
                owner,
                name,
                scopes=granted(caller, scopes),
                app_ids=reached(caller, app_ids),
                expires=bounded(self.latest(caller, maker), expires),
                maker=maker,
            )
            row = self.rows.get(row.id, caller.reach)
            self.note(caller, Verb.CREATE, row)
        row.text, row.short = text, short(text)
        return row

    def latest(self, caller, maker):
        """The latest moment to which a new token may be good, or None.

        A provider can take back what it has issued, but not what was made by it here.
        """
        if maker is not None:
            return maker.expires
        if caller.until is None or self.lasting is None:
            return caller.until
        return timestamp(datetime.now(UTC) + timedelta(seconds=self.lasting))

    def facts(self, token):
        told = {"accountID": token.account_id, "name": token.name, "scopes": token.scopes}
        return {**told, "appIDs": token.app_ids(), "expires": token.expires}

    def create_for(self, caller, email, username, admin, name, app_ids=None, **limits):
        """A new token for the account of an email, and the account, all made or nothing.

        For whoever runs the server; admin: None to leave the account what it is. Returns the
        token, the account, and whether that is new. Raises InvalidValue.
        """
        with transaction():
            app_ids = reached(caller, app_ids)
            account, is_new = self.accounts.make(email, username, admin)
            require_admin(caller, account)
            require_member(account, is_new, app_ids)
            if is_new or admin is not None:
                told = {"email": account.email, "admin": account.admin}
                self.accounts.note(caller, Verb.CREATE if is_new else Verb.EDIT, account, **told)
            made = self.create(caller, name, account=account, app_ids=app_ids, **limits)
            return made, account, is_new

    def of(self, caller, account_id=None):
        """All tokens within reach, or those of an account, the oldest first."""
        owner = {"accountID": account_id} if account_id else {}
        return self.stream(caller, self.listing.ask({**owner, "sort": "created"}))

    def revoke_all(self, caller, account_id):
        """Revoke all tokens of an account. Returns them as they were."""
        with transaction():
            found = list(self.of(caller, account_id))
            for row in found:
                self.policy.require(caller, Verb.DELETE, self.kind, row)
                row.remove()
                self.note(caller, Verb.DELETE, row)
        return found


def require_admin(caller, account):
    """Raises InvalidValue if whoever runs the server would be no admin: so one always is there."""
    if account.id == caller.account.id and not account.admin:
        told = f"{account.email} is whoever runs this server, and stays an admin."
        raise InvalidValue("admin", told)


def require_member(account, is_new, app_ids):
    """Raises InvalidValue for an app that an account does not belong to, and so cannot see."""
    if account.admin or not app_ids:
        return
    roles = Member.roles(account.id)
    for number, app_id in enumerate(app_ids):
        if app_id not in roles:
            start = f"There is no account of {account.email} yet: it" if is_new else account.email
            told = f"{start} does not belong to the app {app_id}; an invitation asks it in."
            raise InvalidValue(f"appIDs/{number}", told)


def maker_of(caller):
    """The token with which a new one ends: the caller's, if it has limits. Raises InvalidToken."""
    if caller.token is None:
        return None
    current = tokens.TOKENS.bare(caller.token.id, caller.reach, KEEP)
    if current is None:  # it was revoked a moment ago
        raise InvalidToken
    return current if current.bounded else None


def require_room(account):
    """Raises InvalidValue for an account that has enough tokens."""
    if Token.good(account.id).count() >= MOST:
        raise InvalidValue("name", f"An account can have {MOST} tokens; revoke one first.")


def granted(caller, scopes):
    """The scopes of a new token. Raises InvalidValue and PropertyRestricted."""
    if scopes is None:
        return caller.scopes
    for number, scope in enumerate(scopes):
        if scope not in SCOPES:
            raise InvalidValue(f"scopes/{number}", unknown(scope))
        if not caller.has_scope(scope):
            told = f"The token in use does not have the scope {scope}, so it cannot give it."
            raise PropertyRestricted(f"scopes/{number}", told)
    return sorted(set(scopes))


def unknown(scope):
    """What is told to whoever asks for a scope that there is not."""
    like = get_close_matches(scope, SCOPES, 1)
    hint = f"did you mean {like[0]}?" if like else f"there are {', '.join(SCOPES)}."
    return f"There is no scope “{scope[:100]}”; {hint}"


def reached(caller, app_ids):
    """The apps of a new token. Raises InvalidValue for those that the caller cannot see."""
    if app_ids is None:
        return None
    for number, app_id in enumerate(app_ids):
        if lists.APPS.bare(app_id, caller.reach, KEEP) is None:
            told = f"There is no app “{app_id[:100]}” here."
            raise InvalidValue(f"appIDs/{number}", told)
    return sorted(set(app_ids))


def bounded(latest, expires):
    """When a new token expires: not after the latest moment.

    Raises InvalidProperty, InvalidValue and PropertyRestricted.
    """
    if expires is None:
        return latest
    try:
        expires = read_time(expires)
    except ValueError as error:
        raise InvalidProperty("expires", f"expires should be {error}.") from error
    if expires <= now():
        raise InvalidValue("expires", f"{expires} is past already.")
    if latest and expires > latest:
        told = f"What the token in use makes cannot be good for longer than {latest}."
        raise PropertyRestricted("expires", told)
    return expires
