"""Answers that go on for as long as somebody watches."""

from flask import Response

#: What they say is for now; X-Accel-Buffering keeps a proxy from collecting it.
LIVE = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def live(watch, feed, content_type):
    """The answer that is a feed."""
    stream = Stream(watch, feed)
    return Response(stream, headers=LIVE, content_type=content_type, direct_passthrough=True)


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
