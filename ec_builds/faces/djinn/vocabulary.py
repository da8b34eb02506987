"""The words of this face for the states of runs (reference, sections 2.1 and 3.3)."""

from types import MappingProxyType

from ec_builds.states import State

#: State: what a build or a job is called here.
WORDS = MappingProxyType(
    {
        State.CREATED: "queued",
        State.QUEUED: "queued",
        State.RUNNING: "running",
        State.CANCELLING: "running",
        State.SUCCEEDED: "passed",
        State.SUCCEEDED_WITH_FAILURES: "passed_with_failures",
        State.FAILED: "failed",
        State.CANCELLED: "killed",
        State.TIMED_OUT: "timed_out",
    }
)
#: Who asks for one of these gets the others, too.
MEANT = MappingProxyType({"passed": ("passed", "passed_with_failures")})


def states(word):
    """The states that a status in a query stands for; none for a word that is no status."""
    words = MEANT.get(word, (word,))
    return [str(state) for state, each in WORDS.items() if each in words]
