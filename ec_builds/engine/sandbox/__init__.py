"""How commands are fenced in: bubblewrap where it works, else a plain process with limits."""

from ec_builds.engine.sandbox.bubblewrap import Bubblewrap, NotUsable
from ec_builds.engine.sandbox.cell import Cell
from ec_builds.engine.sandbox.contract import Job, Sandbox
from ec_builds.engine.sandbox.limits import LimitReached, Limits
from ec_builds.engine.sandbox.plain import PlainProcess
from ec_builds.engine.sandbox.reserve import Room
from ec_builds.errors import UsageError

__all__ = ["Cell", "Job", "LimitReached", "Limits", "Room", "Sandbox", "choose"]


def choose(wanted="auto", **options):
    """The sandbox of a server. `wanted` is auto, bubblewrap or process.

    options: see `Sandbox`. Raises UsageError if bubblewrap is wanted and does not work here.
    """
    if wanted == "process":
        return PlainProcess(reason="EC_BUILDS_SANDBOX is process", **options)
    sandbox = Bubblewrap(**options)
    try:
        sandbox.probe()
    except NotUsable as error:
        if wanted == "bubblewrap":
            raise UsageError(f"EC_BUILDS_SANDBOX is bubblewrap, but {error}.") from error
        return PlainProcess(reason=str(error), advice=error.advice, **options)
    return sandbox
