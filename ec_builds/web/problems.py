"""Whatever is raised becomes a problem document here."""

import logging

from flask import current_app, request
from werkzeug.exceptions import HTTPException

from ec_builds import errors
from ec_builds.logs import facts
from ec_builds.runtime import Unreachable
from ec_builds.web.current import caller, request_id, runtime
from ec_builds.web.guard import recognize
from ec_builds.web.methods import allow, thing_asked_for
from ec_builds.web.responses import answer_problem

log = logging.getLogger(__name__)

#: Where on the Flask app the one hangs who knows the other faces.
FACES = "ec_builds.faces"
#: Status of what Flask and Werkzeug raise: what it is called here.
RAISED = {
    404: errors.NotFound,
    405: errors.MethodNotAllowed,
    413: errors.BodyTooLarge,
    416: errors.RangeNotSatisfiable,
}
#: What SQLite and PostgreSQL say when they cannot write any more.
FULL = ("disk is full", "No space left on device")


def register(app, face_at=lambda path: None):
    """Make all failures of an app end here.

    face_at: tells which other API a path belongs to, None if to none. It has answers of its own:
    it says what the answer is when something has `failed`; its METHODS and EXPOSED headers are its
    own.
    """
    app.extensions[FACES] = face_at
    app.register_error_handler(errors.ECError, known)
    app.register_error_handler(HTTPException, raised)
    for error in Unreachable:
        app.register_error_handler(error, unreachable)
    app.register_error_handler(Exception, unknown)


def face():
    """The face that the request is to, if it answers errors in its own way."""
    return current_app.extensions[FACES](request.path)


def known(error):
    """An error of ours says itself what it is."""
    if isinstance(error, (errors.InsufficientRights, errors.MethodNotPermitted)):
        runtime.audit.refuse(caller(), error)
    if own := face():
        return own.failed(error)
    if error.status == 401:
        error.headers["WWW-Authenticate"] = challenge(error)
    if isinstance(error, errors.MethodNotAllowed):
        error.detail = request.method
        if caller() is None:  # no view has asked who it is
            recognize()
        return answer_problem(error, allow(error.thing or thing_asked_for()))
    if isinstance(error, errors.MethodNotPermitted):
        return answer_problem(error, allow(error.thing, error.app_id))
    return answer_problem(error)


def challenge(error):
    """What a token would have to be (RFC 6750, section 3)."""
    told = 'Bearer realm="ec-builds"'
    if isinstance(error, errors.MissingToken):
        return told
    if isinstance(error, errors.InsufficientRights):
        return f'{told}, error="insufficient_scope", scope="{error.detail}"'
    return f'{told}, error="invalid_token"'


def raised(error):
    """An error of the framework, before any of our code was reached."""
    if error.code in RAISED:
        problem = RAISED[error.code]()
        if error.code == 416:
            problem.headers = dict(error.get_headers())
            problem.headers.pop("Content-Type", None)
        return known(problem)
    if error.code is None or error.code >= 500:
        return unknown(error)
    return known(errors.Unmatched("request", error.description))


def unreachable(error):
    """The database does not answer; the next request of this thread connects anew."""
    known = facts(requestID=request_id())
    log.error("%s: the database does not answer: %s", request_id(), error, extra=known)
    runtime.disconnect()
    is_full = any(word in str(error) for word in FULL)
    reason = "The disk of this server is full" if is_full else "The database does not answer"
    told = f"{reason}; try again later."
    problem = errors.Unavailable(verbose=told, headers={"Retry-After": "5"})
    own = face()
    return own.failed(problem) if own else answer_problem(problem)


def unknown(error):
    """A defect of ours: the log learns everything, the client nothing but where to ask.

    A face may know what it is.
    """
    own = face()
    if own and own.knows(error):
        return own.failed(error)
    what = (request_id(), request.method, request.path)
    known = facts(requestID=request_id())
    log.exception("%s: %s %s broke down", *what, exc_info=error, extra=known)
    problem = errors.InternalError()
    return own.failed(problem) if own else answer_problem(problem)
