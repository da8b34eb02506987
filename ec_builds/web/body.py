"""JSON bodies of requests: read, limited, and checked against their template."""

import io

import orjson
from flask import request
from werkzeug.exceptions import HTTPException

from ec_builds import schema
from ec_builds.errors import BodyTooLarge, InvalidProperty, MissingBody, Unmatched

#: Bytes of a body, and levels of nesting in it, that are read at most.
LARGEST = 1024 * 1024
DEEPEST = 64


def read():
    """The bytes of the body. Raises BodyTooLarge and Unmatched."""
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise Unmatched("Content-Encoding", "Bodies are read as they come, not unpacked.")
    try:
        raw = request.get_data(cache=True)
    except HTTPException:
        raise
    except Exception as error:  # of the server's own, whichever it is, for chunks that are none
        raise Unmatched("body", "The body does not have the form that its headers say.") from error
    if len(raw) > LARGEST:
        raise BodyTooLarge(verbose=f"A body may have {LARGEST} bytes.")
    return raw


def read_body(template):
    """The body of the request as a dict that fits its template. Raises the 32xx errors."""
    raw = read()
    if not raw.strip():
        raise MissingBody
    return parsed(raw, template)


def read_optional_body(template):
    """The same for requests that need no body: without one it is empty."""
    raw = read()
    return parsed(raw, template) if raw.strip() else {}


def parsed(raw, template):
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise InvalidProperty("body", f"The body is not JSON: {error}") from error
    inspect(body)
    schema.check(template, body)
    return body


def inspect(body):
    """Refuse what databases and clients choke on: NUL characters, and endless nesting."""
    level = [("", body)]
    for _ in range(DEEPEST):
        below = []
        for path, value in level:
            if isinstance(value, str) and "\0" in value:
                raise InvalidProperty(path or "body", "There is a NUL character in it.")
            below.extend(inside(path, value))
        if not below:
            return
        level = below
    raise InvalidProperty("body", f"It is nested more than {DEEPEST} levels deep.")


def inside(path, value):
    if isinstance(value, dict):
        for name, each in value.items():
            if "\0" in name:
                raise InvalidProperty(path or "body", "There is a NUL character in a name.")
            yield f"{path}/{name}".lstrip("/"), each
    elif isinstance(value, list):
        yield from ((f"{path}/{number}", each) for number, each in enumerate(value))


def uploaded():
    """The body as a file that can be read, and its size in bytes. Raises BodyTooLarge."""
    raw = read()
    return io.BytesIO(raw), len(raw)
