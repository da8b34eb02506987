"""What can be done with the webhooks of namespaces, and what they are told."""

from dataclasses import dataclass

from ec_builds.auth.policy import Policy
from ec_builds.auth.rules import Verb
from ec_builds.errors import BuildError, InvalidProperty, MissingProperty, NoMatch
from ec_builds.network import urls
from ec_builds.store import holdings
from ec_builds.store.account import Account
from ec_builds.store.audit import Audit
from ec_builds.store.build import Build
from ec_builds.store.database import transaction
from ec_builds.store.namespace import Namespace
from ec_builds.store.submitted import complete_builds, numbered
from ec_builds.store.variable import Secret
from ec_builds.store.webhook import Delivery, Webhook

KIND = "webhook"
#: The events of builds.
EVENTS = (
    "build.submitted", "build.started", "build.finished", "build.tagged", "build.pinned",
    "build.unpinned",
)
#: Those that may be subscribed to as well, but that nothing here sends.
UNSENT = (
    "invite.sent", "invite.accepted", "invite.rejected", "namespaces", "cron", "images", "objects",
    "variables", "ssh_keys",
)
#: Webhooks of a namespace; characters of an address, and of a secret.
MOST, LONGEST, LONGEST_SECRET = 50, 2000, 1000
#: No database has such an id.
TOO_MUCH = 2**63


@dataclass(frozen=True)
class Wish:
    """What a webhook should be; None leaves a value as it is, or to us.

    secret: text to sign with; "" for none.
    """

    url: str | None = None
    secret: str | None = None
    verified: bool | None = None
    active: bool | None = None
    events: list[str] | None = None

    def check(self):
        """Raises InvalidProperty for what cannot be."""
        if self.url is not None:
            check_url(self.url)
        unknown = [one for one in self.events or () if one not in (*EVENTS, *UNSENT)]
        if unknown:
            told = f"unknown event {unknown[0][:50]!r}; there are {', '.join((*EVENTS, *UNSENT))}"
            raise InvalidProperty("events", told)
        if len(self.secret or "") > LONGEST_SECRET:
            raise InvalidProperty("secret", f"A secret has at most {LONGEST_SECRET} characters")

    @property
    def values(self):
        """The columns that are to change, but for the secret."""
        wanted = {
            "url": self.url, "verified": self.verified, "active": self.active,
            "events": self.events and list(dict.fromkeys(self.events)),
        }
        return {name: value for name, value in wanted.items() if value is not None}


class Webhooks:
    """The webhooks of a namespace, which is named by whose it is and its path."""

    def __init__(self, policy=None):
        self.policy = policy or Policy()

    def space(self, caller, verb, username, path):
        """The namespace. Raises NoMatch, and what speaks against doing something there."""
        self.policy.require_scope(caller, verb, KIND)
        account = Account.get_or_none(Account.username == username)
        namespace = path and account and Namespace.at(account.id, path)
        if not namespace:
            raise NoMatch("namespace")
        if not self.policy.permits(caller, verb, KIND, namespace):
            raise NoMatch("namespace")  # who may not look after it is not told that it is there
        return namespace

    def of(self, caller, username, path):
        """All webhooks of a namespace, the oldest first."""
        space = self.space(caller, Verb.READ, username, path)
        rows = list(Webhook.select().where(Webhook.app == space.app_id).order_by(Webhook.id))
        return completed(rows)

    def find(self, caller, username, path, webhook_id, verb=Verb.READ):
        """One of them by its id. Raises NoMatch."""
        space = self.space(caller, verb, username, path)
        mine = (Webhook.id == min(webhook_id, TOO_MUCH - 1)) & (Webhook.app == space.app_id)
        found = Webhook.get_or_none(mine)
        if found is None:
            raise NoMatch("id")
        return completed([found])[0]

    def add(self, caller, username, path, wish, root):
        """Tell an address of events from now on. Returns the webhook.

        root: what addresses begin with for whoever adds it.
        """
        with transaction():
            space = self.space(caller, Verb.CREATE, username, path)
            if not wish.url:
                raise MissingProperty("payload_url", "Payload URL is required")
            wish.check()
            if Webhook.select().where(Webhook.app == space.app_id).count() >= MOST:
                raise InvalidProperty("payload_url", f"A namespace has at most {MOST} webhooks")
            values = {"events": [*EVENTS, *UNSENT], **wish.values}
            secret = Secret.keep(wish.secret) if wish.secret else None
            made = Webhook.create(
                app=space.app_id, author=caller.id, secret=secret, root=root, **values
            )
            self.note(caller, Verb.CREATE, made)
            return completed([made])[0]

    def edit(self, caller, username, path, webhook_id, wish):
        """Change what is given of a webhook. Returns it."""
        wish.check()
        with transaction():
            webhook = self.find(caller, username, path, webhook_id, Verb.EDIT)
            values = wish.values
            if wish.secret is not None:
                values["secret"] = Secret.keep(wish.secret) if wish.secret else None
            if values:
                Webhook.update(**values).where(Webhook.id == webhook.id).execute()
                self.note(caller, Verb.EDIT, webhook, properties=sorted(values))
            if wish.active is False:
                Delivery.call_off(webhook.id)
            return self.find(caller, username, path, webhook_id, Verb.EDIT)

    def remove(self, caller, username, path, webhook_id):
        """Tell an address nothing any more."""
        with transaction():
            webhook = self.find(caller, username, path, webhook_id, Verb.DELETE)
            webhook.delete_instance()
            self.note(caller, Verb.DELETE, webhook)

    def note(self, caller, verb, webhook, **detail):
        Audit.note(caller, verb, KIND, webhook.id, webhook.app_id, **detail)


def check_url(url):
    """Raises InvalidProperty for an address that nothing can be sent to."""
    if len(url) > LONGEST:
        raise InvalidProperty("payload_url", f"An address has at most {LONGEST} characters")
    try:
        urls.checked(url)
    except BuildError as error:
        raise InvalidProperty("payload_url", str(error)) from error


def completed(rows):
    """Webhooks with `author`, `owner` and `namespace`, and what was tried last, as `last`."""
    holdings.complete(rows)
    last = Delivery.latest([row.id for row in rows])
    for row in rows:
        row.last = last.get(row.id)
    return rows


def build_of(delivery):
    """The build that a delivery tells of, as it was then; None if it is gone."""
    build = Build.get_or_none(Build.id == delivery.build_id)
    if build is None:
        return None
    complete_builds([build])
    for name in ("state", "begun", "finished", "pinned", "tags"):
        setattr(build, name, delivery.facts[name])
    return build


def tagger_of(delivery):
    """The account that has given a build the tags that a delivery tells of; None if it is gone."""
    account_id = delivery.facts["by"]
    return numbered({account_id}).get(account_id)
