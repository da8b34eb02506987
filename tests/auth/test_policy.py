"""Who may do what with which thing, in which state."""

from types import SimpleNamespace

import pytest

from ec_builds.auth.policy import VERBS, Policy, Verb
from ec_builds.errors import MethodNotAllowed, StillUsed

policy = Policy()
FREE = SimpleNamespace(
    platforms=[], is_being_deployed=False, pinned=False, can_be_cancelled=False
)
USED = SimpleNamespace(
    platforms=[SimpleNamespace(title="Shop")], is_being_deployed=True, pinned=False,
    can_be_cancelled=False,
)


@pytest.mark.parametrize("kind", VERBS)
def test_everything_can_be_read(kind):
    assert Verb.READ in policy.on_collection(None, kind)
    assert Verb.READ in policy.on(None, kind, USED)


@pytest.mark.parametrize("kind", ["codesource", "datasource", "target", "build"])
def test_what_is_used_cannot_be_deleted(kind):
    assert Verb.DELETE in policy.on(None, kind, FREE)
    assert Verb.DELETE in policy.on(None, kind, None)
    assert policy.on(None, kind, USED) == policy.on(None, kind, FREE) - {Verb.DELETE}
    policy.require(None, Verb.DELETE, kind, FREE)
    with pytest.raises(StillUsed):
        policy.require(None, Verb.DELETE, kind, USED)


@pytest.mark.parametrize("kind", ["app", "platform"])
def test_what_owns_something_can_be_deleted_with_it(kind):
    policy.require(None, Verb.DELETE, kind, USED)


@pytest.mark.parametrize(
    "kind, verb",
    [("build", Verb.EDIT), ("deployment", Verb.EDIT), ("deployment", Verb.DELETE),
     ("stats", Verb.EDIT), ("types", Verb.DELETE)],
)
def test_what_can_never_be_done_is_not_allowed(kind, verb):
    with pytest.raises(MethodNotAllowed):
        policy.require(None, verb, kind, FREE)


def test_of_two_opposites_only_one_makes_sense():
    pinned = SimpleNamespace(is_being_deployed=False, pinned=True, can_be_cancelled=True)

    policy.require(None, Verb.PIN, "build", FREE)
    policy.require(None, Verb.UNPIN, "build", pinned)
    for verb, thing in ((Verb.UNPIN, FREE), (Verb.PIN, pinned)):
        with pytest.raises(MethodNotAllowed) as refusal:
            policy.require(None, verb, "build", thing)
        assert refusal.value.thing is thing


def test_asking_changes_no_table():
    policy.on(None, "codesource", USED)

    assert Verb.DELETE in VERBS["codesource"][1]
