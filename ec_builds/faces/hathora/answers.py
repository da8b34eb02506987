"""Answers as this face gives them."""

import orjson
from flask import Response

from ec_builds.web.current import runtime
from ec_builds.web.streams import Stream

JSON = "application/json"
#: X-Accel-Buffering keeps a proxy from collecting lines.
LIVE = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def answer(value, status=200, headers=None):
    """A value as JSON."""
    return Response(orjson.dumps(value), status, headers, content_type=JSON)


def nothing():
    """It was done, and there is nothing to say."""
    return Response(status=204)


def printed(caller, build, content_type):
    """What a build prints, while it runs, to its end (reference, section 5.5)."""
    feed = runtime.watch.follow_log(build.id, runtime.builds.permit(caller, build))
    stream = Stream(runtime.watch, feed)
    return Response(stream, headers=LIVE, content_type=content_type, direct_passthrough=True)
