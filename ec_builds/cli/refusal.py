"""Answers to what is no HTTP, or too large, or too slow, so that the application never sees it."""

import json
import secrets
from http import HTTPStatus

from gunicorn.http import errors as gunicorn

from ec_builds.errors import Unmatched
from ec_builds.hal.problem import problem
from ec_builds.urls import Urls

#: The statuses of what gunicorn cannot read; everything else is 400.
STATUSES = {
    gunicorn.LimitRequestLine: 414,
    gunicorn.LimitRequestHeaders: 431,
    gunicorn.ForbiddenProxyRequest: 403,
    gunicorn.ExpectationFailed: 417,
}
#: What is wrong with it.
SENTENCES = {
    gunicorn.InvalidRequestLine: "its first line is no method, address and version.",
    gunicorn.InvalidRequestMethod: "its method is none.",
    gunicorn.InvalidHTTPVersion: "its version is not 1.0 or 1.1.",
    gunicorn.InvalidHeader: "one of its headers is none, or is there twice.",
    gunicorn.InvalidHeaderName: "the name of one of its headers is none.",
    gunicorn.ObsoleteFolding: "one of its headers goes on in the next line.",
    gunicorn.UnsupportedTransferCoding: "its Transfer-Encoding is not known.",
    gunicorn.ExpectationFailed: "it expects what is not known.",
    gunicorn.LimitRequestLine: "its first line is too long.",
    gunicorn.LimitRequestHeaders: "its headers are too long, or too many.",
    gunicorn.InvalidSchemeHeaders: "its headers contradict each other.",
    gunicorn.InvalidChunkSize: "a chunk does not begin with its size.",
    gunicorn.InvalidChunkExtension: "the size of a chunk has a strange addition.",
    gunicorn.ChunkMissingTerminator: "a chunk does not end where its size says.",
}
#: What of it is wrong, where that is not the request as such.
SUBJECTS = {each: "body" for each in SENTENCES if "Chunk" in each.__name__}
OTHER = "it cannot be read."
#: Names that the standard library of Python 3.11 still has in their older form (RFC 9110, 15.5).
NAMES = {413: "Content Too Large", 414: "URI Too Long", 422: "Unprocessable Content"}
PROBLEM = "application/problem+json"
EXPOSED = "Accept-Ranges, Allow, Content-Range, ETag, Location, Retry-After, X-Request-ID"


def refused(error):
    """What gunicorn cannot read, as an error of ours. What it was is not said: it may be secret."""
    kind = type(error)
    told = Unmatched(
        SUBJECTS.get(kind, "request"),
        f"This is not HTTP as it should be: {SENTENCES.get(kind, OTHER)}",
    )
    told.status = STATUSES.get(kind, 400)
    return told


def root(public_url, server):
    """The root address: as configured, or the one that the client has reached."""
    if public_url:
        return public_url
    host, port = server[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def answer(error, root, face=None):
    """A whole answer about an error, after which the connection ends.

    It is in the words of a face, or a problem document.
    """
    request_id = secrets.token_hex(8)
    status, kind, content = face.refused(error) if face else native(error, root, request_id)
    lines = (
        f"HTTP/1.1 {status} {NAMES.get(status) or HTTPStatus(status).phrase}",
        f"Content-Type: {kind}",
        f"Content-Length: {len(content)}",
        "Connection: close",
        "Cache-Control: no-store",
        "Access-Control-Allow-Origin: *",
        f"Access-Control-Expose-Headers: {face.EXPOSED if face else EXPOSED}",
        f"X-Request-ID: {request_id}",
        *(f"{name}: {value}" for name, value in error.headers.items()),
        "X-Content-Type-Options: nosniff",
        "X-Frame-Options: DENY",
        "Referrer-Policy: no-referrer",
        "Cross-Origin-Resource-Policy: same-origin",
        "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'",
        "",
        "",
    )
    return "\r\n".join(lines).encode("ascii") + content


def native(error, root, request_id):
    """Status, type and content of the problem document of an error."""
    document = problem(error, Urls(root), request_id=request_id)
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return error.status, PROBLEM, body.encode("utf-8", "replace")
