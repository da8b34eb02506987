"""The life of a run: the states of builds and deployments, and what may follow what.

To add a state: name it, say what it follows, and give every face a word for it
(a test compares the faces' vocabularies with the enum).
"""

from enum import StrEnum


class State(StrEnum):
    """Where a run stands."""

    CREATED = "CREATED"
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    CANCELLING = "CANCELLING"
    SUCCEEDED = "SUCCEEDED"
    SUCCEEDED_WITH_FAILURES = "SUCCEEDED_WITH_FAILURES"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    TIMED_OUT = "TIMED_OUT"


#: The states that nothing follows.
FINISHED = frozenset(
    {
        State.SUCCEEDED,
        State.SUCCEEDED_WITH_FAILURES,
        State.FAILED,
        State.CANCELLED,
        State.TIMED_OUT,
    }
)

#: The finished states that left something to deploy.
SUCCESSFUL = frozenset({State.SUCCEEDED, State.SUCCEEDED_WITH_FAILURES})

#: What a run in the state on the left may become. What is not in the table cannot happen.
#: RUNNING goes back to QUEUED when its worker was lost or is stopping; to cancel it is a wish
#: (CANCELLING) that its worker fulfils.
FOLLOWS = {
    State.CREATED: frozenset({State.QUEUED, State.CANCELLED}),
    State.QUEUED: frozenset({State.RUNNING, State.CANCELLED}),
    State.RUNNING: (FINISHED - {State.CANCELLED}) | {State.QUEUED, State.CANCELLING},
    State.CANCELLING: frozenset({State.CANCELLED, State.FAILED}),
    **{state: frozenset() for state in FINISHED},
}


def before(state):
    """The states from which a run may come into `state`."""
    return frozenset(each for each, following in FOLLOWS.items() if state in following)
