"""Published keys, kept for a while, and fetched anew when they have become old or are lacking."""

import logging
import threading
import time
from dataclasses import dataclass

from ec_builds.auth.provider.keys import Keys
from ec_builds.errors import BuildError, InvalidToken, Unavailable

log = logging.getLogger(__name__)

#: Seconds after which a provider is asked again at the earliest, whatever tokens say.
PAUSE = 10
#: Seconds that are waited for whoever asks already.
PATIENCE = 15
#: Seconds that old keys go on to count while their provider does not answer.
GRACE = 3600


@dataclass(frozen=True)
class Kept:
    """Keys as they were at a moment of the clock."""

    keys: Keys
    since: float
    lasting: float

    def is_fresh(self, moment):
        return moment < self.since + self.lasting

    def is_usable(self, moment):
        return moment < self.since + self.lasting + GRACE


class Keyring:
    """Finds keys. One thread asks the provider; the others use what is known, or wait for it."""

    def __init__(self, source, clock=time.monotonic):
        #: source: its `fetch` returns keys and the seconds that they last, or raises BuildError.
        self.source, self.clock = source, clock
        self.turn = threading.Lock()
        self.kept = Kept(Keys([]), float("-inf"), 0)
        self.asked, self.trouble = float("-inf"), None

    def find(self, kid, algorithm):
        """The key that a token names. Raises InvalidToken, or Unavailable if nobody can tell."""
        if not self.kept.is_fresh(self.clock()):
            self.renew(patiently=not self.kept.is_usable(self.clock()))
        found = self.look(kid, algorithm)
        if found is None:  # it may be newer than what is known
            self.renew(patiently=True)
            found = self.look(kid, algorithm)
        if found is None and self.trouble:
            raise self.unavailable()
        if found is None:
            raise InvalidToken(verbose="Its issuer has no such key, or several (kid, alg).")
        return found

    def look(self, kid, algorithm):
        """The key, if it is known. Raises Unavailable if all that is known is too old."""
        if not self.kept.is_usable(self.clock()):
            raise self.unavailable()
        return self.kept.keys.find(kid, algorithm)

    def renew(self, patiently):
        """Ask the provider, unless that was done just now; patiently: wait for who does so now."""
        if not self.turn.acquire(timeout=PATIENCE if patiently else 0):
            return
        try:
            if self.clock() >= self.asked + PAUSE:
                self.ask()
        finally:
            self.turn.release()

    def ask(self):
        began = self.clock()
        try:
            keys, lasting = self.source.fetch()
            self.kept, self.trouble = Kept(keys, began, lasting), None
        except BuildError as error:
            self.trouble = error
            log.warning("The keys of the identity provider cannot be fetched: %s", error)
        finally:
            self.asked = self.clock()

    def unavailable(self):
        """Strangers are not told more; the log is."""
        left = round(max(1, self.asked + PAUSE - self.clock()))
        return Unavailable(
            verbose="The identity provider's keys cannot be fetched; try again later.",
            headers={"Retry-After": str(left)},
        )

    def check(self):
        """Fetch the keys now. Returns what is known of them; raises BuildError."""
        keys, _ = self.source.fetch()
        if not len(keys):
            raise BuildError("it publishes no key that is of use")
        return f"keys that can be used: {len(keys)}"
