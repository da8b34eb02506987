"""How often somebody may do something: failed logins by address, builds by account.

Counted in the memory of each process, so a server of several processes allows that much in each
of them. What is counted is forgotten at the end of its window, and the oldest first when there
are more than MOST.
"""

import math
import time
from collections import OrderedDict
from ipaddress import ip_address, ip_network
from threading import Lock

from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter

from ec_builds.errors import TooMany

#: Whoever is counted at a time; each takes some 300 bytes.
MOST = 50_000
#: Who has one address of IPv6 has all of its network, so these count as one.
NETWORK = 64


class Rate:
    """So many of something in a length of time, for each who does it; None is no limit."""

    def __init__(self, limit, what, most=MOST, clock=time.monotonic):
        self.limit, self.what, self.clock = limit, what, clock
        self.counters = Counters(most, clock)
        self.limiter = FixedWindowRateLimiter(self.counters)

    def spend(self, who):
        """Count one more of somebody. Raises TooMany, which says when there is room again."""
        if self.limit is None or self.limiter.hit(self.limit, who):
            return
        until, _ = self.limiter.get_window_stats(self.limit, who)
        seconds = max(1, math.ceil(until - self.clock()))
        told = f"More {self.what} than {self.limit}; try again in {seconds} seconds."
        raise TooMany(verbose=told, headers={"Retry-After": str(seconds)})


class Counters(Storage):
    """Where counts are kept: those of the library's own in memory have no bound, and a thread.

    All keys of one have the same length of window, so they end in the order in which they began.
    """

    STORAGE_SCHEME = None
    base_exceptions = ()

    def __init__(self, most, clock):
        super().__init__()
        self.most, self.clock = most, clock
        self.counts = OrderedDict()  # key: its count, and when its window ends
        self.lock = Lock()

    def incr(self, key, expiry, amount=1):
        with self.lock:
            moment = self.clock()
            self.forget(moment)
            if key not in self.counts:
                if len(self.counts) >= self.most:
                    self.counts.popitem(last=False)
                self.counts[key] = (0, moment + expiry)
            count, until = self.counts[key]
            self.counts[key] = (count + amount, until)
            return count + amount

    def forget(self, moment):
        """Let go of all windows that have ended."""
        while self.counts and next(iter(self.counts.values()))[1] <= moment:
            self.counts.popitem(last=False)

    def get(self, key):
        return self.counts.get(key, (0, 0))[0]

    def get_expiry(self, key):
        return self.counts.get(key, (0, self.clock()))[1]

    def check(self):
        return True

    def reset(self):
        self.counts.clear()

    def clear(self, key):
        self.counts.pop(key, None)


def neighbourhood(address):
    """What counts as one address: of IPv6, its network. What is no address stands for itself."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((known, NETWORK), strict=False)) if known.version == 6 else address
