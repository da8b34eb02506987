"""Answers that go on for as long as somebody watches."""


class Stream:
    """The body of an answer that is a feed.

    Any WSGI server can iterate over it, in a thread that waits with it. A
    server that can hand over its socket calls `go_on_through` instead.
    """

    def __init__(self, watch, feed):
        self.watch, self.feed = watch, feed

    def __iter__(self):
        return self.watch.follow(self.feed)

    def go_on_through(self, connection, chunked):
        """Send the body through the socket from now on, and close it at the end."""
        self.watch.adopt(self.feed, connection, chunked)
