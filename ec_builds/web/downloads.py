"""Files as answers: Range, ETag, HEAD, and a type that no browser guesses."""

import mimetypes
import re

from flask import Response, request
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.http import http_date
from werkzeug.wsgi import FileWrapper

from ec_builds.web.responses import conditional

__all__ = ["content_type", "http_date", "send"]

#: Types that not every Python knows. The machine's own table is not asked: it differs.
TYPES = mimetypes.MimeTypes()
for ending, name in {
    ".avif": "image/avif",
    ".js": "text/javascript",
    ".map": "application/json",
    ".md": "text/markdown",
    ".mjs": "text/javascript",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".xml": "application/xml",
}.items():
    TYPES.add_type(name, ending)


def content_type(name):
    """The type of a file by its name; texts are UTF-8."""
    guessed, encoding = TYPES.guess_type(name)
    if encoding or guessed is None:
        return "application/octet-stream"
    is_text = guessed.startswith("text/") or guessed in ("application/json", "application/xml")
    return f"{guessed}; charset=utf-8" if is_text else guessed


def send(found, status=200, download=None, **headers):
    """A Found as answer. Conditional and partial requests are answered as RFC 9110 says.

    download: the media type of what is to be saved, not shown.
    """
    response = Response(
        FileWrapper(found.file, 256 * 1024),
        status,
        headers,
        content_type=download or content_type(found.name),
        direct_passthrough=True,
    )
    response.content_length = found.size
    response.set_etag(found.tag)
    if download:
        response.headers.set("Content-Disposition", "attachment", filename=found.name)
    if status == 200:
        wanted = wanted_range(request.headers.get("Range", ""), found.size)
        try:
            conditional(response, wanted, accept_ranges=True, complete_length=found.size)
        except RequestedRangeNotSatisfiable:
            response.close()
            raise
    return response


def wanted_range(text, size):
    """The one range of bytes that is asked for; None for what is to be ignored (RFC 9110, 14.2).

    That is another unit, what makes no sense, and several ranges at once.
    """
    match = re.fullmatch(r"bytes=\s*(\d*)-(\d*)\s*", text, re.ASCII | re.IGNORECASE)
    if match is None or not (match[1] or match[2]):
        return None
    first, last = position(match[1], size), position(match[2], size)
    if not match[1]:  # the last bytes, or all of them if there are fewer
        return f"bytes={size - last}-{size - 1}" if last else f"bytes={size}-"
    if match[2] and is_less(match[2], match[1]):
        return None
    return f"bytes={first}-{last}" if match[2] else f"bytes={first}-"


def position(digits, size):
    """The number that digits say, but no more than the size: beyond that all are alike."""
    digits = digits.lstrip("0")
    return min(int(digits or 0), size) if len(digits) <= len(str(size)) else size


def is_less(one, other):
    """Whether a number is less than another; of any length, so it is not asked what they are."""
    one, other = one.lstrip("0"), other.lstrip("0")
    return (len(one), one) < (len(other), other)
