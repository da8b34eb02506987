"""Whether the server lives, and whether it can work."""

import orjson
from flask import Response

from ec_builds import __version__
from ec_builds.errors import Unavailable
from ec_builds.runtime import Unreachable
from ec_builds.web.blueprint import Blueprint
from ec_builds.web.current import runtime

blp = Blueprint("health", __name__, public=True, description="Whether the server can work")

JSON = "application/json"
STATUS = {"type": "string", "enum": ["ok"]}
HEALTH = {
    "type": "object",
    "required": ["status", "version"],
    "properties": {"status": STATUS, "version": {"type": "string"}},
}
READINESS = {
    "type": "object",
    "required": ["status", "warnings"],
    "properties": {"status": STATUS, "warnings": {"type": "array", "items": {"type": "string"}}},
}
#: What is said of this moment is not true of the next.
FRESH = {"Cache-Control": "no-store"}


@blp.route("/healthz")
@blp.open
@blp.response(200, HEALTH, content_type=JSON)
def health():
    """Ask whether the process answers"""
    return answer({"status": "ok", "version": __version__})


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
        raise unavailable(f"The storage: {error.strerror or error}.") from error
    return answer({"status": "ok", "warnings": runtime.warnings()})


def unavailable(sentence):
    return Unavailable(verbose=sentence, headers={**FRESH, "Retry-After": "5"})


def answer(body):
    return Response(orjson.dumps(body), headers=FRESH, content_type=JSON)
