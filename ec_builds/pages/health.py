"""Whether the server lives, and whether it can work."""

import orjson
from flask import Blueprint, Response

from ec_builds import __version__
from ec_builds.runtime import Unreachable
from ec_builds.web.current import runtime

blp = Blueprint("health", __name__)


@blp.get("/healthz")
def health():
    """The process answers."""
    return answer({"status": "ok", "version": __version__})


@blp.get("/readyz")
def readiness():
    """The database answers and the storage takes files; `warnings` say what could be better."""
    try:
        runtime.check()
    except Unreachable:
        runtime.disconnect()
        return answer({"status": "unavailable", "reason": "The database does not answer."}, 503)
    except OSError as error:
        return answer({"status": "unavailable", "reason": f"The storage: {error.strerror}."}, 503)
    return answer({"status": "ok", "warnings": runtime.warnings()})


def answer(body, status=200):
    headers = {"Cache-Control": "no-store"}
    return Response(orjson.dumps(body), status, headers, content_type="application/json")
