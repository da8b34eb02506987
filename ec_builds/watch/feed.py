"""What one watcher has been sent of a build, and what comes next."""

from ec_builds.watch import messages


class Feed:
    """What a watcher gets, from a position on. `head` is how far the build was last.

    permit: what the watcher may lose while it watches (see Watch.open); None for nothing.
    """

    #: Whether a watcher whose answer ends comes back for the rest. If it does not, an answer that
    #: ends in good order says that the build has ended, and all others have to be broken off.
    is_resumable = False

    def __init__(self, source, build_id, position, head, permit=None):
        self.source, self.build_id = source, build_id
        self.position, self.head, self.permit = position, head, permit
        self.state, self.is_new, self.is_over = None, True, False

    def more(self):
        """What comes next, as bytes; none when the watcher has seen everything so far.

        After the last one the feed `is_over`. Raises OSError or Unreachable if storage or database
        do not answer; it can be asked again.
        """
        raise NotImplementedError

    def heartbeat(self):
        """What shows that both sides are still there. It asks neither storage nor database."""
        raise NotImplementedError


class EventFeed(Feed):
    """The messages of an event stream. `show` makes a JSON value of a state."""

    is_resumable = True

    def __init__(self, source, show, build_id, position, head, permit=None):
        super().__init__(source, build_id, position, head, permit)
        self.show = show

    def more(self):
        if self.is_over:
            return b""
        if self.head is None:  # deleted
            return self.greet() + self.end()
        found, position = self.source.piece(self.build_id, self.position, self.head)
        sent = self.greet()  # from here on nothing can fail, so that nothing gets lost
        if not self.head.is_finished:
            sent += self.tell_state()
        self.position = position
        sent += found
        if self.head.is_finished and not found:
            sent += self.tell_state() + self.end()
        return sent

    def heartbeat(self):
        return messages.HEARTBEAT

    def greet(self):
        sent = messages.GREETING if self.is_new else b""
        self.is_new = False
        return sent

    def tell_state(self):
        if self.state == self.head.state:
            return b""
        self.state = self.head.state
        return messages.message(b"state", self.show(self.state))

    def end(self):
        self.is_over = True
        self.position = self.position.end
        return messages.message(b"end", None, self.position)
