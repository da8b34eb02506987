"""Answers as this face gives them."""

import orjson
from flask import Response

from ec_builds.web.current import runtime
from ec_builds.web.streams import live

JSON = "application/json"


def answer(value, status=200, headers=None):
    """A value as JSON."""
    return Response(serialized(value), status, headers, content_type=JSON)


def serialized(value):
    """The bytes of a value."""
    return orjson.dumps(value)


def nothing():
    """It was done, and there is nothing to say."""
    return Response(status=204)


def printed(caller, build, name, content_type):
    """What a build prints, while it runs, to its end (reference, section 5.5)."""
    permit = runtime.builds.permit(caller, build)
    feed = runtime.watch.follow_log(build.id, permit, f"Build {name}")
    return live(runtime.watch, feed, content_type)
