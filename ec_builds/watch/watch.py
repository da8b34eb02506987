"""Everything about watching, as the rest of the server sees it."""

import resource

from ec_builds.errors import Unavailable
from ec_builds.store import watching
from ec_builds.watch.feed import EventFeed
from ec_builds.watch.hub import Hub
from ec_builds.watch.position import Position, foreign
from ec_builds.watch.source import Source
from ec_builds.watch.text import TextFeed, TextSource
from ec_builds.watch.waiting import Waiting

#: Watchers of one process; fewer if it may not open twice as many files.
WATCHERS = 2000


class Watch:
    """Feeds of builds for watchers, and the hub that wakes them."""

    def __init__(self, storage):
        self.storage, self.hub = storage, Hub()
        self.source, self.text = None, TextSource(storage)
        self.most = min(WATCHERS, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2)

    def open(self, build_id, last_id, look, permit=None):
        """The feed of a build from the message after the one with `last_id` on.

        None if that was the last of all. `look` shows an event, and a state. `permit` is asked
        again and again whether it `holds`: when it does not, the stream ends. Equal ones are asked
        once for all.
        Raises InvalidParameter for an id that is none of this stream, and Unavailable.
        """
        self.admit()
        if self.source is None:
            self.source = Source(self.storage, look.event)
        position = Position.read(last_id)
        head = watching.heads([build_id]).get(build_id)
        if head is not None:
            self.check(build_id, position, head)
        if position.is_end:
            return None
        return EventFeed(self.source, look.state, build_id, position, head, permit)

    def follow_log(self, build_id, permit=None, name="The build"):
        """The feed of a build's log as plain text, from its beginning until the build has ended.

        It refuses nobody, for it may be the answer to a request that has begun the build: ask
        `admit` before that. `permit` as for `open`; `name` is what the text calls the build.
        """
        head = watching.heads([build_id]).get(build_id)
        return TextFeed(self.text, name, build_id, head, permit)

    def admit(self):
        """Raises Unavailable if nobody can begin to watch now."""
        if self.hub.is_stopping or self.hub.count >= self.most:
            raise Unavailable("watchers", headers={"Retry-After": "2"})

    def check(self, build_id, position, head):
        """Raises InvalidParameter if a position is not in this build."""
        is_ahead = position.event > head.event or position.log > head.log
        if is_ahead or position.is_end and not head.is_finished:
            raise foreign("This stream has not come so far.")
        if position.event and not watching.has_event(build_id, position.event):
            raise foreign("It belongs to the stream of another build.")

    def follow(self, feed):
        """The messages of a feed, each as soon as there is one: for a thread of its own."""
        return Waiting(self.hub, feed).messages()

    def adopt(self, feed, connection, chunked):
        """Send the messages of a feed through a socket, which is the hub's from now on.

        `chunked` says how the answer that was begun goes on.
        """
        self.hub.adopt(feed, connection, chunked)

    def stop(self):
        """End all streams; their watchers come back to another process. Signals may call it."""
        self.hub.stop()
