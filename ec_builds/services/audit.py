"""Who did what, for those who may read it; and who was refused what."""

import logging
import threading
import time

from ec_builds.auth.policy import app_of
from ec_builds.auth.rules import Verb
from ec_builds.lists import catalog
from ec_builds.services.collection import Collection
from ec_builds.store import audit
from ec_builds.store.database import Unreachable

log = logging.getLogger(__name__)

#: Refusals of an account that are written down in a minute. Who sends thousands of requests that
#: are refused is known after a few, and shall neither fill the disk nor keep others from writing.
REFUSALS = 20


class Audit(Collection):
    kind, listing, rows = "audit", catalog.AUDIT, audit.AUDIT

    def __init__(self, policy):
        super().__init__(policy)
        self.brake = Brake(REFUSALS)

    def may_list(self, caller, question):
        self.policy.require_on_collection(caller, Verb.READ, self.kind)

    def one(self, caller, question):
        self.may_list(caller, question)
        return super().one(caller, question)

    def refuse(self, caller, error):
        """Write down that somebody was refused something; `error` is what was answered.

        Of many in a minute only the first ones are. A database that does not answer is no reason
        to answer something else.
        """
        if caller is None or not self.brake.lets(caller.id):
            return
        thing, app_id = getattr(error, "thing", None), getattr(error, "app_id", None)
        app_id = app_of(thing) if thing is not None else app_id
        told = {"verb": str(error.verb), "code": error.code}
        thing_id = thing and thing.id
        try:
            audit.Audit.note(caller, "refuse", error.kind, thing_id, app_id, **told)
        except Unreachable as silence:
            log.warning("It could not be written down that somebody was refused: %s", silence)


class Brake:
    """Lets some things happen in a minute for each of many."""

    def __init__(self, most):
        self.most, self.lock = most, threading.Lock()
        self.minute, self.counts = None, {}

    def lets(self, who):
        """Whether one more may happen now."""
        minute = int(time.monotonic() // 60)
        with self.lock:
            if minute != self.minute:
                self.minute, self.counts = minute, {}
            self.counts[who] = self.counts.get(who, 0) + 1
            return self.counts[who] <= self.most
