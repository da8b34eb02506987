"""The table of states, and the words that faces have for them."""

import pytest

from ec_builds.api.representations.run import WORDS
from ec_builds.faces.djinn import vocabulary as djinn
from ec_builds.faces.hathora import vocabulary as hathora
from ec_builds.states import FINISHED, FOLLOWS, SUCCESSFUL, State, before


def test_the_table_knows_every_state():
    assert FOLLOWS.keys() == set(State)


def test_nothing_follows_the_end():
    assert {state for state, following in FOLLOWS.items() if not following} == FINISHED


def test_every_state_can_end():
    for state in set(State) - FINISHED:
        reached = {state}
        while not reached & FINISHED:
            further = reached.union(*(FOLLOWS[each] for each in reached))
            assert further != reached
            reached = further


def test_only_a_running_run_can_succeed():
    for state in SUCCESSFUL:
        assert before(state) == {State.RUNNING}


@pytest.mark.parametrize(
    "words, allowed",
    [
        (WORDS, {"running", "success", "error"}),
        (hathora.WORDS, {"created", "running", "succeeded", "failed"}),
        (
            djinn.WORDS,
            {
                "queued", "running", "passed", "passed_with_failures", "failed", "killed",
                "timed_out",
            },
        ),
    ],
)
def test_every_face_has_a_word_for_every_state(words, allowed):
    assert words.keys() == set(State)
    assert set(words.values()) == allowed
