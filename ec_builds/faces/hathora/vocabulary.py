"""The words of this face for the states of runs (reference, section 2.1)."""

from types import MappingProxyType

from ec_builds.states import State

#: State: what a build is called here.
WORDS = MappingProxyType(
    {
        State.CREATED: "created",
        State.QUEUED: "running",
        State.RUNNING: "running",
        State.CANCELLING: "running",
        State.SUCCEEDED: "succeeded",
        State.SUCCEEDED_WITH_FAILURES: "succeeded",
        State.FAILED: "failed",
        State.CANCELLED: "failed",
        State.TIMED_OUT: "failed",
    }
)
