"""Answers: HAL documents whole or streamed, problem documents, and their headers."""

import hashlib

import orjson
from flask import Response, request, stream_with_context

from ec_builds.errors import ChangedMeanwhile
from ec_builds.hal.problem import problem
from ec_builds.hal.relations import leading_to
from ec_builds.web.current import caller, request_id, runtime, urls
from ec_builds.web.entrance import without

HAL = "application/hal+json"
PROBLEM = "application/problem+json"


def serialize(document):
    """A document as bytes: the same document gives the same bytes."""
    return orjson.dumps(document.as_dict(urls().curies(), hidden()))


def hidden():
    """The relations that whoever asks could not follow."""
    kinds = runtime.policy.unreadable(caller())
    return {relation for kind in kinds for relation in leading_to(kind)} if kinds else ()


def etag(body, unseen=""):
    """A tag that changes with a document, and with what of it is not shown."""
    return hashlib.blake2b(body + unseen.encode(), digest_size=16).hexdigest()


def hal(document, status=200, **headers):
    """A document as answer, or 304 if the client has it already (RFC 9110, 13.1.2)."""
    body = serialize(document)
    response = Response(body, status, headers, content_type=HAL)
    if status < 300:
        response.set_etag(etag(body, document.unseen))
    if request.method in ("GET", "HEAD"):
        response.headers["Cache-Control"] = "private, no-cache"
        conditional(response)
    return response


def conditional(response, byte_range=None, **options):
    """Answer a GET as its conditions want it: 304, 206, or whole. Raises ChangedMeanwhile.

    `byte_range` is the value of `Range` that counts; what the client sent does not.
    """
    tag, weak = response.get_etag()
    if request.if_match and (weak or not request.if_match.contains(tag)):
        response.close()
        raise ChangedMeanwhile
    done = ("HTTP_IF_MATCH", "HTTP_RANGE")
    environ = {name: value for name, value in request.environ.items() if name not in done}
    if byte_range:
        environ["HTTP_RANGE"] = byte_range
    return response.make_conditional(environ, **options)


def created(document):
    return hal(document, 201, Location=document.href)


def no_content():
    response = Response(status=204)
    del response.headers["Content-Type"]  # what is not there has no type
    return response


def streamed(document, relation, items, **headers):
    """A list of any length as answer, in constant memory.

    `items` are documents. `count` and `total` come last, because only then they
    are known. JSON does not mind the order.
    """
    unseen = hidden()
    head = document.as_dict(urls().curies(), unseen)

    def body():
        count = 0
        for item in items:
            opening = b'{"_embedded":{%b:[' % orjson.dumps(relation) if count == 0 else b","
            yield opening + orjson.dumps(item.nested(unseen))
            count += 1
        rest = orjson.dumps({**head, "count": count, "total": max(count, head["total"])})
        yield b"]}," + rest[1:] if count else rest

    response = Response(stream_with_context(body()), headers=headers, content_type=HAL)
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def unchanged(represent):
    """A guard for changes: raises ChangedMeanwhile unless `If-Match` knows the current thing.

    `represent` makes the document that a GET would answer (RFC 9110, 13.1.1).
    """
    wanted = request.if_match

    def check(current):
        if wanted:
            document = represent(current)
            if not wanted.contains(etag(serialize(document), document.unseen)):
                raise ChangedMeanwhile

    return check


def answer_problem(error, allow=None):
    """An ECError as answer."""
    body = orjson.dumps(problem(error, urls(), own_address(), request_id()))
    response = Response(body, error.status, error.headers, content_type=PROBLEM)
    if allow:
        response.headers["Allow"] = allow
    return response


def own_address():
    """The address of the request, so that a client can go back to it."""
    return urls().again(without(request.path), request.args.to_dict())
