"""What lets somebody watch a build, for as long as it holds."""

from dataclasses import replace

import pytest

from ec_builds.auth.caller import Caller
from ec_builds.auth.roles import Role
from ec_builds.store.account import Account, Token
from ec_builds.store.member import Member
from ec_builds.store.platform import Platform
from tests.services.conftest import agree

PAST, FUTURE = "2020-01-01T00:00:00.000Z", "2999-01-01T00:00:00.000Z"


@pytest.fixture
def viewer(runtime, app):
    """Somebody who may read the app, by a token."""
    account = Account.named("jo", "jo@example.com")
    Member.join(app.id, account.id, Role.VIEWER.word)
    return Caller(account, runtime.tokens.issue(account, "one")[0])


@pytest.fixture
def build(runtime, caller, platform):
    return runtime.builds.submit(caller, platform.id)


@pytest.fixture
def permit(runtime, viewer, build):
    return runtime.builds.permit(viewer, build)


@pytest.mark.parametrize(
    "change",
    [
        Token.update(revoked=PAST),
        Token.update(expires=PAST),
        Member.delete(),
        Token.update(scopes=["app:read"]),
        Token.update(limited=True),
        Platform.update(title="x"),
    ],
)
def test_it_ends_with_each_part_of_it(permit, change):
    assert permit.holds()

    change.execute()

    assert permit.holds() == (change.model is Platform)


def test_it_ends_with_the_build(runtime, caller, permit, build):
    runtime.builds.delete(caller, build, agree)

    assert not permit.holds()


def test_it_ends_with_a_providers_token(runtime, viewer, build):
    for until, holds in ((None, True), (FUTURE, True), (PAST, False)):
        visitor = Caller(viewer.account, until=until)
        assert runtime.builds.permit(visitor, build).holds() == holds


def test_it_is_the_same_for_the_same(runtime, viewer, build, permit):
    assert {permit, runtime.builds.permit(replace(viewer, address="x"), build)} == {permit}
