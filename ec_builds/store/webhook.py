"""Who wants to be told of what happens in an app, and what they are still to be told.

An event is written down in the transaction of what it tells of, so that no end of a process loses
one. Only what may be another thing a moment later is written down with it; the body is made of
that when it is sent for the first time. The engine, which moves builds, knows no words of any
face; and nobody who submits a build waits for a body to be written.
"""

import time
from dataclasses import dataclass

import orjson
import peewee

from ec_builds.store.account import Account
from ec_builds.store.app import App
from ec_builds.store.database import JSONField, Row, database, now, transaction
from ec_builds.store.prepared import Prepared
from ec_builds.store.variable import Secret

#: Seconds for which a process alone sends to a webhook; should it die, another goes on then.
CLAIM = 15.0
#: Seconds between two attempts, and with the last of them it is given up.
PAUSES = (30, 120, 600, 2700)
#: Deliveries that are over and are kept, for each webhook.
KEPT = 20


class Webhook(Row):
    """An address that is told of events in an app."""

    id = peewee.BigAutoField()
    app = peewee.ForeignKeyField(App)
    author = peewee.ForeignKeyField(Account)
    url = peewee.TextField()
    #: With what deliveries are signed.
    secret = peewee.ForeignKeyField(Secret, null=True)
    #: Whether the certificate of the address has to be good.
    verified = peewee.BooleanField(default=True)
    active = peewee.BooleanField(default=True)
    #: The names of the events that it wants.
    events = JSONField()
    #: What addresses began with where it was made: a worker is asked by nobody, and knows none.
    root = peewee.TextField()
    created = peewee.TextField(default=now)
    #: Seconds since 1970 until which one process alone sends to it.
    busy = peewee.DoubleField(default=0)

    @classmethod
    def silence(cls, app_id, author_id):
        """Switch off what somebody has subscribed to in an app in which they have no say now."""
        mine = (cls.app == app_id) & (cls.author == author_id)
        waiting = Delivery.webhook.in_(cls.select(cls.id).where(mine))
        Delivery.delete().where(waiting, Delivery.due.is_null(False)).execute()
        cls.update(active=False).where(mine).execute()

    @classmethod
    def living(cls):
        """A query for those of apps that are there."""
        return cls.select().where(cls.app.in_(App.living().select(App.id)))

    @classmethod
    def waiting(cls, most, but_of=()):
        """Ids and authors of those to which something is due; whose has waited longest is first.

        but_of: the ids of authors whose webhooks are left out.
        """
        moment = time.time()
        query = (
            cls.living()
            .select(cls.id, cls.author)
            .join(Delivery, on=Delivery.webhook == cls.id)
            .where(Delivery.due <= moment, cls.busy <= moment, cls.active)
            .group_by(cls.id, cls.author)
            .order_by(peewee.fn.MIN(Delivery.due), cls.id)
            .limit(most)
        )
        return list((query.where(cls.author.not_in(list(but_of))) if but_of else query).tuples())

    @classmethod
    def claim(cls, webhook_id):
        """Become the only one who sends to it. Returns it, or None if another process was faster.

        That also keeps the order: two that are sent at once could overtake each other.
        """
        moment = time.time()
        mine = cls.update(busy=moment + CLAIM).where(cls.id == webhook_id, cls.busy <= moment)
        return cls.get_or_none(cls.id == webhook_id) if mine.execute() else None

    def let_go(self):
        """Let others send to it."""
        Webhook.update(busy=0).where(Webhook.id == self.id).execute()

    @property
    def next(self):
        """The first delivery that is due, or None."""
        due = Delivery.select().where(Delivery.webhook == self.id, Delivery.due <= time.time())
        return due.order_by(Delivery.id).first()


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended: with a status, with what went wrong, or with both.

    With neither, it was called off.
    """

    code: int | None
    error: str | None
    seconds: float

    @property
    def was_called_off(self):
        """Whether it had no end."""
        return self.code is None and self.error is None

    @property
    def is_good(self):
        """Whether the receiver has taken it."""
        return self.error is None and self.code is not None and 200 <= self.code < 300


class Delivery(Row):
    """An event on its way to a webhook, and how the last attempt ended."""

    id = peewee.BigAutoField()
    webhook = peewee.ForeignKeyField(Webhook)
    event = peewee.TextField()
    #: The build that it tells of; None when that is gone.
    build_id = peewee.IntegerField(null=True)
    #: What may be another thing later: state, begun, finished, pinned and tags of the build.
    facts = JSONField()
    #: The bytes that are sent, as text; None until they are sent for the first time. They stay
    #: what they are from then on, so that receivers can tell what they have seen.
    body = peewee.TextField(null=True)
    created = peewee.TextField(default=now)
    attempts = peewee.IntegerField(default=0)
    #: Seconds since 1970 before which nobody tries; None when it is over.
    due = peewee.DoubleField(null=True)
    code = peewee.IntegerField(null=True)
    error = peewee.TextField(null=True)
    seconds = peewee.DoubleField(null=True)
    tried = peewee.TextField(null=True)

    @classmethod
    def announce(cls, build_id, event, **more):
        """Write an event of a build down for whoever wants it; in the transaction of the event.

        more: facts of the event itself.
        """
        listeners = LISTENERS.tuples(build_id)
        wanting = [webhook for webhook, events in listeners if event in orjson.loads(events)]
        if not wanting:
            return
        state, begun, finished, pinned = STATE.tuples(build_id)[0]
        tags = sorted(name for name, in TAGS.tuples(build_id))
        facts = {
            "state": state, "begun": begun, "finished": finished, "pinned": bool(pinned),
            "tags": tags, **more,
        }
        known = {"event": event, "build_id": build_id, "facts": facts, "due": time.time()}
        cls.insert_many([{"webhook": webhook, **known} for webhook in wanting]).execute()

    @classmethod
    def latest(cls, webhook_ids):
        """The deliveries that were tried last, by the ids of their webhooks."""
        other = cls.alias()
        last = other.select(peewee.fn.MAX(other.tried)).where(other.webhook == cls.webhook)
        found = cls.select().where(cls.webhook.in_(list(webhook_ids)), cls.tried == last)
        return {row.webhook_id: row for row in found.order_by(cls.id)}

    @classmethod
    def call_off(cls, webhook_id):
        """Send nothing any more of what a webhook was still to be told."""
        cls.delete().where(cls.webhook == webhook_id, cls.due.is_null(False)).execute()

    @classmethod
    def forget(cls, before):
        """Remove all that are older than a moment, be they delivered or not."""
        cls.delete().where(cls.created < before).execute()

    def begin(self, body):
        """Write down that it is tried, and with what body."""
        self.body, self.attempts = body, self.attempts + 1
        mine = Delivery.update(body=body, attempts=self.attempts)
        mine.where(Delivery.id == self.id).execute()

    def end(self, outcome):
        """Write down how an attempt ended, and when the next one is due, if it is to be one."""
        over = outcome.is_good or self.attempts > len(PAUSES)
        due = None if over else time.time() + PAUSES[self.attempts - 1]
        ending = {"code": outcome.code, "error": outcome.error, "seconds": outcome.seconds}
        with transaction():
            mine = Delivery.update(due=due, tried=now(), **ending).where(Delivery.id == self.id)
            mine.execute()
            if over:
                self.forget_others()

    def give_back(self):
        """An attempt that was broken off by us does not count."""
        mine = Delivery.update(attempts=self.attempts - 1).where(Delivery.id == self.id)
        mine.execute()

    def forget_others(self):
        """Remove those of its webhook that are over, but for the last ones."""
        over = Delivery.select(Delivery.id).where(
            Delivery.webhook == self.webhook_id, Delivery.due.is_null()
        )
        last = over.order_by(Delivery.id.desc()).offset(KEPT).limit(1)
        old = Delivery.delete().where(
            Delivery.webhook == self.webhook_id, Delivery.due.is_null(), Delivery.id <= last
        )
        old.execute()


#: Tables of which nothing is imported here: their rows import this.
BUILD = peewee.Table("build", ("id", "app_id", "state", "begun", "finished", "pinned"))
TAG = peewee.Table("tag", ("id", "build_id", "name"))
BUILD, TAG = BUILD.bind(database), TAG.bind(database)
#: Who may want to hear of a build. They stay until the end of the transaction: one that is deleted
#: at this very moment is not to undo the end of a build.
LISTENERS = Prepared(
    lambda build_id: database.obj.locking(
        Webhook.select(Webhook.id, Webhook.events)
        .where(Webhook.active)
        .where(Webhook.app.in_(BUILD.select(BUILD.app_id).where(BUILD.id == build_id)))
        .order_by(Webhook.id),
        "FOR KEY SHARE",
    )
)
#: What a build is like.
STATE = Prepared(
    lambda build_id: BUILD.select(BUILD.state, BUILD.begun, BUILD.finished, BUILD.pinned).where(
        BUILD.id == build_id
    )
)
#: The tags of a build.
TAGS = Prepared(lambda build_id: TAG.select(TAG.name).where(TAG.build_id == build_id))
