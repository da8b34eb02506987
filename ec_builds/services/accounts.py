"""What can be done with accounts."""

import re

from ec_builds.errors import InvalidValue
from ec_builds.lists import catalog
from ec_builds.services.collection import Collection
from ec_builds.store import tokens
from ec_builds.store.account import Account
from ec_builds.store.database import transaction

EMAIL = r"[^@\s]{1,64}@[^@\s]{1,190}"
USERNAME = r"[a-z0-9][a-z0-9._-]{0,38}"
#: Characters of a username that is made; a number has to fit behind it.
LONGEST = 33


class Accounts(Collection):
    kind, listing, rows = "account", catalog.ACCOUNTS, tokens.ACCOUNTS

    def of(self, email):
        """The account of an email, in large or small letters; None if there is none."""
        return Account.of(email.strip().lower())

    def make(self, email, username=None, admin=None):
        """The account of an email, made if there is none; admin: whether it is one from now on.

        Without a username, a new one gets one that is like the email. Returns the account, and
        whether it is new. Raises InvalidValue.
        """
        email = well_formed("email", email, EMAIL, "an email address such as ada@example.com")
        with transaction():
            known = Account.of(email)
            account = known or Account.create(email=email, username=chosen(username, email))
            if username is not None and username.lower() != account.username:
                told = f"The account of {email} has the username {account.username}."
                raise InvalidValue("username", told)
            if admin is not None and admin != account.admin:
                Account.update(admin=admin).where(Account.id == account.id).execute()
                account.admin = admin
        return account, known is None


def chosen(username, email):
    """A username that nobody has: the one that is wanted, or one that is like an email."""
    if username is not None:
        told = "up to 39 of a-z, 0-9, dot, underscore and dash"
        username = well_formed("username", username, USERNAME, told)
        if username in Account.names_like(username):
            raise InvalidValue("username", f"The username {username} is somebody else's.")
        return username
    words = re.sub(r"[^a-z0-9._-]+", "-", email.partition("@")[0]).strip("._-")
    wanted = words[:LONGEST] or "user"
    taken = Account.names_like(wanted)
    others = (f"{wanted}{number}" for number in range(2, len(taken) + 3))
    return next(name for name in (wanted, *others) if name not in taken)


def well_formed(name, text, form, told):
    """A text in small letters, if it has a form. Raises InvalidValue."""
    text = text.strip().lower()
    if not re.fullmatch(form, text) or not text.isprintable():
        raise InvalidValue(name, f"“{text[:100]}” is no {name}; it should be {told}.")
    return text
