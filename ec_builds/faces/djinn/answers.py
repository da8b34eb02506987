"""Answers as this face gives them: JSON with a line end, or nothing."""

import orjson
from flask import Response

JSON = "application/json; charset=utf-8"


def answer(value, status=200, headers=None):
    """A value as JSON."""
    return Response(serialized(value), status, headers, content_type=JSON)


def serialized(value):
    """The bytes of a value."""
    return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)


def nothing():
    """It was done, and there is nothing to say."""
    return Response(status=204)


def text(value):
    """A plain text, maybe in pieces. What it says is somebody's: no browser is to run it."""
    return Response(value, content_type="text/plain; charset=utf-8")
