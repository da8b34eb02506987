"""A watcher that waits in a thread of its own: for servers that cannot give us a socket."""

import threading

from ec_builds.store.database import database
from ec_builds.watch.messages import HEARTBEAT

#: Seconds of silence before a heartbeat, and before storage or database are asked again.
SILENCE, PAUSE = 15.0, 1.0


class Waiting:
    """Told by the hub how far its build is; its thread does the rest."""

    def __init__(self, hub, feed):
        self.hub, self.feed = hub, feed
        self.news, self.is_stopping = threading.Event(), False

    @property
    def build_id(self):
        return self.feed.build_id

    @property
    def permit(self):
        return self.feed.permit

    def tell(self, head):
        self.feed.head = head
        self.news.set()

    def stop(self):
        self.is_stopping = True
        self.news.set()

    def messages(self):
        """The messages, until the build or this server ends, or the watcher may see no more."""
        self.hub.add(self)
        try:
            while not (self.is_stopping or self.hub.is_stopping):
                self.news.clear()
                while sent := self.hub.answered(self, self.feed.more):
                    yield sent
                    if self.is_stopping:
                        return
                if self.feed.is_over:
                    return
                database.close()  # thousands may wait, and each would keep a connection
                if not self.news.wait(PAUSE if self in self.hub.outage.waiting else SILENCE):
                    yield HEARTBEAT
        finally:
            self.hub.outage.forget(self)
            self.hub.remove(self)
            database.close()
