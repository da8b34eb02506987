"""Organisations, and the applications in them."""

import dataclasses

import pytest

from ec_builds.auth.caller import Caller
from ec_builds.errors import InvalidValue, NoMatch
from ec_builds.store.account import Account, Token
from ec_builds.store.app import App
from ec_builds.store.member import Member
from ec_builds.store.organisation import Organisation


@pytest.fixture
def config(config):
    return dataclasses.replace(config, registries=(("Seattle", "127.0.0.1:1"),))


@pytest.fixture
def anna(runtime):
    """A colleague, who belongs to nothing yet."""
    return Caller(Account.create(email="anna@example.com", username="anna"))


def own(runtime, caller):
    return runtime.organisations.find(caller)


def join(caller, app_id, role="viewer"):
    Member.join(app_id, caller.id, role)
    caller.has_joined()


def test_everybody_has_one_that_stays_the_same(runtime, caller, anna):
    assert own(runtime, caller).id == own(runtime, caller).id != own(runtime, anna).id
    assert [each.id for each in runtime.organisations.all(anna)] == [own(runtime, anna).id]


def test_nobody_else_knows_it(runtime, caller, anna):
    mine = own(runtime, caller)
    for organisation_id in (mine.id, "00000000-0000-0000-0000-000000000000"):
        with pytest.raises(NoMatch):
            runtime.organisations.find(anna, organisation_id)


def test_whoever_is_asked_into_an_app_belongs_to_its_organisation(runtime, caller, anna):
    mine = own(runtime, caller)
    app = runtime.applications.create(caller, mine, "Arena", {})
    other = runtime.applications.create(caller, mine, "Chess", {})
    image, _ = runtime.images.create_named(caller, mine, "mine")
    join(anna, app.id)
    assert runtime.organisations.find(anna, mine.id).id == mine.id
    assert [each.id for each in runtime.organisations.all(anna)] == [
        own(runtime, anna).id, mine.id,
    ]
    assert [each.id for each in runtime.applications.all(anna)] == [app.id]
    assert runtime.organisations.app_id(anna, own(runtime, caller)) is None
    with pytest.raises(NoMatch):
        runtime.applications.find(anna, other.id)
    with pytest.raises(NoMatch):
        runtime.images.create_named(anna, mine)
    join(anna, image.app_id)
    assert runtime.organisations.app_id(anna, own(runtime, caller)) == image.app_id


def test_the_app_of_an_organisation_is_no_application(runtime, caller):
    mine = own(runtime, caller)
    image, _ = runtime.images.create_named(caller, mine)
    assert Organisation.has(image.app_id) and not runtime.applications.all(caller, mine)


def test_an_app_of_an_organisation_that_was_deleted_is_made_anew(runtime, caller):
    first, _ = runtime.images.create_named(caller, own(runtime, caller))
    runtime.apps.delete(caller, App.get_by_id(first.app_id), lambda thing: None)
    assert runtime.organisations.app_id(caller, own(runtime, caller)) is None
    second, _ = runtime.images.create_named(caller, own(runtime, caller))
    assert second.app_id != first.app_id


def test_a_token_for_some_apps_makes_no_organisation(runtime, caller, app):
    account = Account.get_by_id(caller.id)
    token = Token.make([app.id], fingerprint="f", account=account, name="limited")
    limited = Caller(account, token)
    with pytest.raises(NoMatch):
        runtime.images.create_named(limited, own(runtime, limited))
    assert runtime.images.create_numbered(limited, app.id)[0].number == 1


def test_names_of_applications_are_those_of_one_only(runtime, caller, anna):
    app = runtime.applications.create(caller, own(runtime, caller), "Arena", {"google": {}})
    other = runtime.applications.create(caller, own(runtime, caller), "Chess", {})
    for give in (
        lambda: runtime.applications.create(caller, own(runtime, caller), "Arena", {}),
        lambda: runtime.applications.edit(caller, other.id, "Arena"),
        lambda: runtime.applications.edit(caller, other.id, " "),
    ):
        with pytest.raises(InvalidValue):
            give()
    assert runtime.applications.edit(caller, app.id, "Arena").title == "Arena"
    edited = runtime.applications.edit(caller, app.id, "Rook", {"nickname": {}})
    assert (edited.title, edited.application.authentication) == ("Rook", {"nickname": {}})
    elsewhere = runtime.applications.create(anna, own(runtime, anna), "Chess", {})
    assert elsewhere.organisation_id == own(runtime, anna).id


def test_the_secret_is_for_those_who_look_after_an_app(runtime, caller, anna):
    app = runtime.applications.create(caller, own(runtime, caller), "Arena", {})
    assert len(app.secret) == 64
    join(anna, app.id)
    assert runtime.applications.one(anna, app.id).secret == ""
    join(anna, app.id, "maintainer")
    assert runtime.applications.one(anna, app.id).secret == app.secret
