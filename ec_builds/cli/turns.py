"""Who gets a thread: no address has all of them, however slowly it takes its answers."""

import socket
from collections import Counter, defaultdict, deque


class Turns:
    """Requests that are here, whose turn it is, or who wait until others of their address are done.

    share: threads that the requests of one address may have at a time. `begin` gives a connection
    to a thread. Only the main thread of a process comes here.
    """

    def __init__(self, share, begin):
        self.share, self.begin = share, begin
        self.busy, self.waiting = Counter(), defaultdict(deque)

    def take(self, conn):
        """A request is here: a thread gets it now, or when it is its turn."""
        who = origin(conn)
        if self.busy[who] >= self.share:
            self.waiting[who].append(conn)
            return
        self.busy[who] += 1
        self.begin(conn)

    def end(self, conn):
        """A request was answered: it is the turn of the next one of its address."""
        who = origin(conn)
        if self.waiting[who]:
            self.begin(self.waiting[who].popleft())
            return
        del self.waiting[who]
        self.busy[who] -= 1
        if not self.busy[who]:
            del self.busy[who]


def origin(conn):
    """Whom a connection is from: of IPv6, one client may have all addresses of a network."""
    host = conn.client[0] if isinstance(conn.client, tuple) else ""
    if ":" not in host or host.startswith("::ffff:"):
        return host
    return socket.inet_pton(socket.AF_INET6, host.partition("%")[0])[:8]
