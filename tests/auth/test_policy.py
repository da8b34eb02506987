"""Who may do what with which thing, in which state."""

from types import SimpleNamespace

import pytest

from ec_builds.auth.caller import Caller
from ec_builds.auth.policy import Policy
from ec_builds.auth.rules import RULES, Verb
from ec_builds.errors import MethodNotAllowed, StillUsed
from ec_builds.store.account import Account

policy = Policy()
ADMIN = Caller(Account(admin=True))
FREE = SimpleNamespace(
    platforms=[], is_being_deployed=False, pinned=False, can_be_cancelled=False,
    is_last_owner=False, account_id=None, result_key="x", kept={"x": "x"}, key="x",
)
USED = SimpleNamespace(
    platforms=[SimpleNamespace(title="Shop")], is_being_deployed=True, pinned=False,
    can_be_cancelled=False, is_last_owner=True, account_id=None, result_key="x", kept={"x": "x"},
    key="x",
)


@pytest.mark.parametrize("kind", RULES)
def test_everything_can_be_read(kind):
    assert Verb.READ in policy.on_collection(ADMIN, kind)
    assert Verb.READ in policy.on(ADMIN, kind, USED)


@pytest.mark.parametrize("kind", ["codesource", "datasource", "target", "build"])
def test_what_is_used_cannot_be_deleted(kind):
    assert Verb.DELETE in policy.on(ADMIN, kind, FREE)
    assert Verb.DELETE in policy.on(ADMIN, kind, None)
    assert policy.on(ADMIN, kind, USED) == policy.on(ADMIN, kind, FREE) - {Verb.DELETE}
    policy.require(ADMIN, Verb.DELETE, kind, FREE)
    with pytest.raises(StillUsed):
        policy.require(ADMIN, Verb.DELETE, kind, USED)


@pytest.mark.parametrize("kind", ["app", "platform"])
def test_what_owns_something_can_be_deleted_with_it(kind):
    policy.require(ADMIN, Verb.DELETE, kind, USED)


@pytest.mark.parametrize(
    "kind, verb",
    [("build", Verb.EDIT), ("deployment", Verb.EDIT), ("deployment", Verb.DELETE),
     ("stats", Verb.EDIT), ("types", Verb.DELETE)],
)
def test_what_can_never_be_done_is_not_allowed(kind, verb):
    with pytest.raises(MethodNotAllowed):
        policy.require(ADMIN, verb, kind, FREE)


def test_of_two_opposites_only_one_makes_sense():
    pinned = SimpleNamespace(**{**vars(FREE), "pinned": True, "can_be_cancelled": True})

    policy.require(ADMIN, Verb.PIN, "build", FREE)
    policy.require(ADMIN, Verb.UNPIN, "build", pinned)
    for verb, thing in ((Verb.UNPIN, FREE), (Verb.PIN, pinned)):
        with pytest.raises(MethodNotAllowed) as refusal:
            policy.require(ADMIN, verb, "build", thing)
        assert refusal.value.thing is thing


@pytest.mark.parametrize("kind", ["build", "deployment"])
def test_what_has_no_file_cannot_be_downloaded(kind):
    empty = SimpleNamespace(**{**vars(FREE), "result_key": None, "kept": {}})

    assert Verb.DOWNLOAD in policy.on(ADMIN, kind, FREE)
    with pytest.raises(MethodNotAllowed, match="There is no file to download."):
        policy.require(ADMIN, Verb.DOWNLOAD, kind, empty)


def test_asking_changes_no_table():
    policy.on(ADMIN, "codesource", USED)

    assert Verb.DELETE in RULES["codesource"].on_one
