"""Bodies of requests: JSON, limited and checked against its template, and what is uploaded."""

from contextlib import contextmanager
from functools import partial

import orjson
from flask import after_this_request, request
from werkzeug.exceptions import HTTPException

from ec_builds import schema
from ec_builds.errors import (
    BodyTooLarge, ECError, InvalidProperty, MissingBody, NotFound, Unmatched,
)
from ec_builds.uploads import Spool, find
from ec_builds.web.current import runtime

#: Bytes of a body, and levels of nesting in it, that are read at most.
LARGEST = 1024 * 1024
DEEPEST = 64
#: Bytes of an upload that are in memory at a time.
PIECE = 64 * 1024


def read():
    """The bytes of the body. Raises BodyTooLarge and Unmatched."""
    require_plain()
    with framed():
        raw = request.get_data(cache=True)
    if len(raw) > LARGEST:
        raise BodyTooLarge(verbose=f"A body may have {LARGEST} bytes.")
    return raw


def require_plain():
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise Unmatched("Content-Encoding", "Bodies are read as they come, not unpacked.")


@contextmanager
def framed():
    """Say of a body that it does not end where its headers say."""
    try:
        yield
    except (HTTPException, ECError):
        raise
    except Exception as error:  # of the server's own, whichever it is, for chunks that are none
        raise Unmatched("body", "The body does not have the form that its headers say.") from error


def uploaded():
    """The body of an upload, as a file on disk without a name, and its size in bytes.

    The file is at its beginning, and closed after the request. Its address has to be one of
    `ec_builds/uploads/addresses.py`. Raises NotFound, BodyTooLarge, Unavailable and Unmatched.
    """
    require_plain()
    address = find(request.method, request.path)
    if address is None:
        raise NotFound
    given = request.environ["wsgi.input"]
    spool = given if isinstance(given, Spool) else spooled(runtime.uploads, address.kind)
    spool.seek(0)
    return spool, spool.size


def spooled(uploads, kind):
    """The body on disk, where the server has not put it there already."""
    length = request.content_length
    request.max_content_length = uploads.limit_of(kind) + 1
    spool = uploads.begin(kind, length or 0)

    @after_this_request
    def close(response):
        spool.close()
        return response

    with framed():
        for piece in iter(partial(request.stream.read, PIECE), b""):
            spool.write(piece)
            uploads.require_room()
    if length not in (None, spool.size):
        raise Unmatched("body", "The body is shorter than its headers say.")
    return spool


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
