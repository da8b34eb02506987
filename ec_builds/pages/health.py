"""Whether the server lives, and whether it can work. Strangers are told no more than that."""

import orjson
from flask import Response

from ec_builds import __version__
from ec_builds.errors import Unavailable
from ec_builds.runtime import Unreachable
from ec_builds.web.blueprint import Blueprint
from ec_builds.web.current import runtime
from ec_builds.web.guard import is_trusted

blp = Blueprint("health", __name__, public=True, description="Whether the server can work")

JSON = "application/json"
STATUS = {"type": "string", "enum": ["ok"]}
HEALTH = {
    "type": "object",
    "required": ["status"],
    "properties": {"status": STATUS, "version": {"type": "string"}},
}
READINESS = {
    "type": "object",
    "required": ["status"],
    "properties": {"status": STATUS, "warnings": {"type": "array", "items": {"type": "string"}}},
}
#: What is said of this moment is not true of the next.
FRESH = {"Cache-Control": "no-store"}


@blp.route("/healthz")
@blp.open
@blp.response(200, HEALTH, content_type=JSON)
def health():
    """Ask whether the process answers"""
    return answer({"version": __version__} if is_trusted() else {})


@blp.route("/readyz")
@blp.open
@blp.response(200, READINESS, content_type=JSON)
def readiness():
    """Ask whether the database answers and the storage takes files

    `warnings` say what could be better.
    """
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
    return Response(orjson.dumps({"status": "ok", **more}), headers=FRESH, content_type=JSON)
