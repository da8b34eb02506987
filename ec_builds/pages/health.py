"""Whether the server lives, and whether it can work."""

import orjson
from flask import Blueprint, Response

from ec_builds import __version__
from ec_builds.errors import Unavailable
from ec_builds.runtime import Unreachable
from ec_builds.web.current import runtime

blp = Blueprint("health", __name__)

#: What is said of this moment is not true of the next.
FRESH = {"Cache-Control": "no-store"}


@blp.get("/healthz")
def health():
    """The process answers."""
    return answer({"status": "ok", "version": __version__})


@blp.get("/readyz")
def readiness():
    """The database answers and the storage takes files; `warnings` say what could be better."""
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
    return Response(orjson.dumps(body), headers=FRESH, content_type="application/json")
