"""A watcher that waits in a thread of its own: for servers that cannot give us a socket."""

import errno
import threading
import time

from ec_builds.store.database import database

#: Seconds of silence before a heartbeat, and before storage or database are asked again.
SILENCE, PAUSE = 15.0, 1.0


class Waiting:
    """Told by the hub how far its build is; its thread does the rest, and alone has the feed."""

    def __init__(self, hub, feed):
        self.hub, self.feed, self.head = hub, feed, feed.head
        self.news, self.is_stopping = threading.Event(), False
        self.heard = time.monotonic()

    @property
    def build_id(self):
        return self.feed.build_id

    @property
    def permit(self):
        return self.feed.permit

    def tell(self, head):
        self.head = head
        self.news.set()

    def stop(self):
        self.is_stopping = True
        self.news.set()

    def messages(self):
        """The messages, until the build or this server ends, or the watcher may see no more.

        Raises ConnectionResetError where an end in good order would say that the build has ended:
        servers then break the answer off.
        """
        self.hub.add(self)
        try:
            yield from self.pieces()
        finally:
            self.hub.outage.forget(self)
            self.hub.remove(self)
            database.close()
        if not (self.feed.is_over or self.feed.is_resumable):
            raise ConnectionResetError(errno.ECONNRESET, "This is not the end of the build")

    def pieces(self):
        while not (self.is_stopping or self.hub.is_stopping):
            self.news.clear()
            self.feed.head = self.head
            while sent := self.hub.answered(self, self.feed.more):
                yield from self.said(sent)
                if self.is_stopping:
                    return
            if self.feed.is_over:
                return
            database.close()  # thousands may wait, and each would keep a connection
            if self.silence >= SILENCE:
                yield from self.said(self.feed.heartbeat())
            left = max(0.0, SILENCE - self.silence)
            self.news.wait(min(PAUSE, left) if self in self.hub.outage.waiting else left)

    @property
    def silence(self):
        """Seconds for which the watcher has heard nothing."""
        return time.monotonic() - self.heard

    def said(self, sent):
        yield sent
        self.heard = time.monotonic()
