"""Whether the server lives, and whether it can work. Strangers are told no more than that."""

import orjson
from flask import Blueprint, Response

from ec_builds import __version__
from ec_builds.errors import Unavailable
from ec_builds.runtime import Unreachable
from ec_builds.web.current import runtime
from ec_builds.web.guard import is_trusted

blp = Blueprint("health", __name__)

#: What is said of this moment is not true of the next.
FRESH = {"Cache-Control": "no-store"}


@blp.get("/healthz")
def health():
    """The process answers."""
    return answer({"version": __version__} if is_trusted() else {})


@blp.get("/readyz")
def readiness():
    """The database answers and the storage takes files; `warnings` say what could be better."""
    try:
        runtime.check()
    except Unreachable as error:
        runtime.disconnect()
        raise unavailable("The database does not answer, or lacks its tables.") from error
    except OSError as error:
        told = f"The storage: {error.strerror or error}."
        raise unavailable(told) from error
    return answer({"warnings": runtime.warnings()} if is_trusted() else {})


def unavailable(sentence):
    told = sentence if is_trusted() else None
    return Unavailable(verbose=told, headers={**FRESH, "Retry-After": "5"})


def answer(more):
    body = orjson.dumps({"status": "ok", **more})
    return Response(body, headers=FRESH, content_type="application/json")
