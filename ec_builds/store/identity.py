"""Which account somebody has who comes from an identity provider."""

import logging
import re
import unicodedata
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count

import peewee

from ec_builds.errors import InvalidToken, Unavailable
from ec_builds.store.account import Account
from ec_builds.store.audit import Audit
from ec_builds.store.database import (
    Duplicate, Row, Unreachable, new_id, now, remark, timestamp, transaction,
)
from ec_builds.store.prepared import Prepared, find

log = logging.getLogger(__name__)

#: Who has no email of their own gets one in a domain that never exists (RFC 2606).
NOWHERE = "no-email.invalid"
#: The admin is found by this name, so nobody who comes from elsewhere gets it.
RESERVED = {"admin"}
#: Characters of a username.
LONGEST = 39
#: Seconds for which somebody who was seen is not noted again.
PAUSE = 300
#: How often it is tried to make an account while others make theirs.
ATTEMPTS = 20


class KnownIdentity(Row):
    """Somebody who has been here. The pair of issuer and subject is the person."""

    id = peewee.TextField(primary_key=True, default=new_id)
    issuer = peewee.TextField()
    subject = peewee.TextField()
    account = peewee.ForeignKeyField(Account)
    created = peewee.TextField(default=now)
    last_seen = peewee.TextField(default=now)

    class Meta:
        table_name = "identity"

    @classmethod
    def account_of(cls, identity):
        """The account of somebody; at first sight one is found by the email, or made.

        identity: as a provider tells it, and known to be true. Raises InvalidToken.
        """
        for _ in range(ATTEMPTS):
            known = BY_PERSON.first(cls, identity.issuer, identity.subject)
            if known is not None:
                known.note()
                return befriended(find(Account, known.account_id), identity)
            try:
                with transaction():
                    return cls.welcome(identity)
            except Duplicate:  # two came at once, and one of them was quicker
                continue
        raise Unavailable(verbose="Too many accounts are made.", headers={"Retry-After": "1"})

    @classmethod
    def welcome(cls, identity):
        """The account of somebody who has not been here before. For use in a transaction."""
        account = cls.owner(identity) or make_account(identity)
        cls.create(issuer=identity.issuer, subject=identity.subject, account=account)
        told = {"issuer": identity.issuer, "subject": identity.subject}
        Audit.note(None, "welcome", "account", account.id, **told)
        log.info("Somebody new from %s has account %s", identity.issuer, account.id)
        return account

    @classmethod
    def owner(cls, identity):
        """The account that a verified email leads to, or None. Raises InvalidToken."""
        email = proven_email(identity)
        owners = list(Account.select().where(is_email(email))) if email else []
        if not owners:
            return None
        if any(owner.admin for owner in owners):
            raise InvalidToken(
                verbose="Its email is that of an admin, who is not let in by a provider."
            )
        others = cls.select().where(
            cls.account.in_(owners),
            cls.issuer == identity.issuer,
            cls.subject != identity.subject,  # who is quicker may be the same person
        )
        if len(owners) > 1 or others.exists():
            raise InvalidToken(
                verbose="Its email is that of an account that belongs to somebody else (sub)."
            )
        return owners[0]

    def note(self):
        """Remember that somebody was here, now and then; it is not worth a failure."""
        moment = timestamp(datetime.now(UTC) - timedelta(seconds=PAUSE))
        if self.last_seen > moment:
            return
        try:
            with remark():
                NOTE.change(now(), self.id)
        except Unreachable as error:
            log.warning("That somebody was here is not written down: %s", error)


#: The queries of every request of somebody who is known.
BY_PERSON = Prepared(
    lambda issuer, subject: KnownIdentity.select().where(
        KnownIdentity.issuer == issuer, KnownIdentity.subject == subject
    )
)
NOTE = Prepared(
    lambda moment, row_id: KnownIdentity.update(last_seen=moment).where(KnownIdentity.id == row_id)
)


def is_email(email):
    """The condition that an account has an email, in large or small letters."""
    return peewee.fn.lower(Account.email) == email.lower()


def make_account(identity):
    """A new account, which is never an admin's."""
    email = proven_email(identity)
    username = free_username(identity.username or email or "")
    return Account.create(username=username, email=email or f"{username}@{NOWHERE}")


def proven_email(identity):
    """The email of somebody, or None. One that is not verified may be anybody's, now or later."""
    if not identity.email_verified or identity.email.lower().endswith(f"@{NOWHERE}"):
        return None
    return identity.email


def befriended(account, identity):
    """The account of somebody who is known, with the email that was proven meanwhile."""
    email = proven_email(identity)
    if email and account.email.endswith(f"@{NOWHERE}"):
        with suppress(Duplicate), transaction():
            if not Account.select().where(is_email(email)).exists():
                Account.update(email=email).where(Account.id == account.id).execute()
                account.email = email
    return account


def free_username(told):
    """A username that nobody has, as close as can be to what somebody is called elsewhere."""
    wanted = cleaned(told)
    lower = peewee.fn.lower(Account.username)
    stem = wanted[: LONGEST - 6]  # what all candidates begin with
    taken = RESERVED | {
        name for name, in Account.select(lower).where(lower.startswith(stem)).tuples()
    }
    return next(name for name in candidates(wanted) if name not in taken)


def candidates(wanted):
    """A username, and then those that are made of it and a number."""
    yield wanted
    for number in count(2):
        yield f"{wanted[: LONGEST - len(str(number))]}{number}"


def cleaned(text):
    """A username of small letters, digits, dots, lines and underscores."""
    plain = unicodedata.normalize("NFKD", text.partition("@")[0]).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9._-]+", "-", plain.lower()).strip("._-")
    return words[:LONGEST] or "user"
