"""Which builds an app no longer keeps."""

from datetime import UTC, datetime, timedelta

import pytest

from ec_builds.states import State
from ec_builds.store import retention
from ec_builds.store.app import App
from ec_builds.store.build import Build
from ec_builds.store.configured import Target
from ec_builds.store.database import now, timestamp
from ec_builds.store.deployment import Deployment, DeploymentTarget
from ec_builds.store.platform import Platform
from ec_builds.store.retention import Rule, excess, spared
from ec_builds.store.site import Site


@pytest.fixture
def ended(make_run):
    """A maker of builds that have ended, failed unless told otherwise. Returns the id."""

    def ended(state=State.FAILED, days=0, **values):
        finished = timestamp(datetime.now(UTC) - timedelta(days=days))
        return make_run(Build, state=state, finished=finished, **values).id

    return ended


@pytest.fixture
def limit(platform):
    """Sets the limits of the app. Returns it."""

    def limit(newest=None, days=None, bytes=None):
        limits = {"keep_newest": newest, "keep_days": days, "keep_bytes": bytes}
        App.update(**limits).execute()
        return App.get()

    return limit


@pytest.fixture
def deployed(make_run, platform):
    """A maker of deployments of a build to a target of the platform."""

    def deployed(build_id, target_id=None, state=State.SUCCEEDED, **values):
        deployment = make_run(Deployment, build_id=build_id, state=state, **values)
        target_id = target_id or Target.select().first().id
        DeploymentTarget.create(deployment_id=deployment.id, target_id=target_id)
        return deployment

    return deployed


def going(app):
    """The ids of the builds that would go, in their order."""
    return [each.build_id for found in excess(app) for each in found]


def test_without_a_limit_everything_is_kept(ended, limit):
    ended(days=9999, size=2**40)

    assert going(limit()) == []
    assert retention.with_rules() == []


def test_the_newest_are_kept(ended, limit):
    ids = [ended() for _ in range(5)]

    assert going(limit(newest=2)) == ids[2::-1]
    assert retention.with_rules() == [App.get().id]


def test_those_of_some_days_are_kept(ended, limit):
    old, middle = ended(days=10.1), ended(days=9.9)
    ended()

    assert going(limit(days=10)) == [old]
    assert going(limit(days=0.5)) == [middle, old]


def test_some_bytes_are_kept_counted_from_the_newest_on(ended, limit):
    ids = [ended(size=size) for size in (1, 40, 0, 60, None)]

    assert going(limit(bytes=100)) == [ids[0]]
    assert going(limit(bytes=99)) == [ids[1], ids[0]]
    assert going(limit(bytes=0)) == [ids[3], ids[2], ids[1], ids[0]]


def test_any_limit_is_enough_and_says_why(ended, limit):
    old, large, third = ended(days=3), ended(size=11), ended()
    ended(), ended()

    [found] = excess(limit(newest=4, days=2, bytes=10))

    assert {each.build_id: each.reason for each in found} == {
        large: "Together with all newer ones it has more than 10 bytes.",
        old: "It is not among the newest 4.",
    }
    assert [found[0].size, found[1].size] == [11, 0]
    reasons = [each.reason for [each] in excess(limit(days=1))]
    assert reasons == ["It ended more than 1 day ago."]
    assert next(excess(limit(newest=1)))[0].reason == "It is not the newest one."
    assert third not in going(limit(newest=3))


def test_the_line_stays_where_it_is_when_all_beyond_it_has_gone(ended, limit):
    pinned = ended(size=50, pinned=True)
    for size in (60, 30, 60, 30):
        ended(size=size)
    app = limit(bytes=100, newest=4)

    [gone] = retention.delete_excess(app)

    assert len(gone) == 2
    assert Build.living().count() == 3
    assert going(app) == []
    assert Build.get_by_id(pinned).deleted is None


def test_runs_that_have_not_ended_do_not_count(ended, limit, make_run):
    first = ended()
    for state in (State.QUEUED, State.RUNNING, State.CANCELLING):
        make_run(Build, state=state)

    app = limit(newest=1)

    assert going(app) == []
    ended()
    assert going(app) == [first]


def test_what_was_deleted_and_what_others_have_does_not_count(ended, limit, platform):
    other = App.make("Other", "#000000")
    mine = ended()
    ended(deleted=now())
    Build.update(app_id=other.id).where(Build.id == ended()).execute()

    assert going(limit(newest=1)) == []
    ended()
    assert going(App.get_by_id(platform.app_id)) == [mine]


def test_a_pin_spares(ended, limit):
    pinned, loose = ended(pinned=True), ended()
    ended()

    assert going(limit(newest=1)) == [loose]
    Build.update(pinned=False).execute()
    assert going(limit(newest=1)) == [loose, pinned]


def test_the_newest_success_of_each_platform_is_spared(ended, limit, platform):
    platform.id, first = "other", platform.id
    Platform.insert(Platform.select().dicts().get() | {"id": "other"}).execute()
    theirs = ended(State.SUCCEEDED)
    platform.id = first
    before, mine, failed = ended(State.SUCCEEDED), ended(State.SUCCEEDED), ended()

    app = limit(days=0.0001)
    Build.update(finished="2020-01-01T00:00:00.000Z").execute()

    assert going(app) == [failed, before]
    assert {theirs, mine} == spared([theirs, before, mine, failed], ["other", first])


@pytest.mark.parametrize("state", [State.QUEUED, State.RUNNING, State.CANCELLING])
def test_what_is_being_deployed_is_spared(ended, limit, deployed, state):
    build_id = ended(State.SUCCEEDED)
    ended(State.SUCCEEDED)

    assert going(limit(newest=1)) == [build_id]
    deployment = deployed(build_id, state=state)
    assert going(limit(newest=1)) == []
    Deployment.update(state=State.FAILED).where(Deployment.id == deployment.id).execute()
    assert going(limit(newest=1)) == [build_id]


def test_what_is_live_at_a_target_is_spared(ended, limit, deployed):
    first, second, third, newest = [ended(State.SUCCEEDED) for _ in range(4)]
    other = Target.create(app=App.get(), type="folder", config={})
    deployed(first)
    deployed(first, other.id)
    deployed(second)
    deployed(third, state=State.FAILED)
    app = limit(newest=1)

    assert going(app) == [third]  # the first is live at the other target, the second at the one
    Target.update(deleted=now()).where(Target.id == other.id).execute()
    assert going(app) == [third, first]
    Deployment.update(deleted=now()).where(Deployment.build_id == second).execute()
    assert going(app) == [third, second]  # as far as anybody knows


def test_what_this_server_serves_is_spared(ended, limit, deployed):
    served = ended(State.SUCCEEDED)
    ended(State.SUCCEEDED)
    deployment = deployed(served)
    Target.update(deleted=now()).execute()
    app = limit(newest=1)

    assert going(app) == [served]
    Site.put("shop", Target.get().id, deployment, "deployments/1/x/sites/y")
    assert going(app) == []


def test_a_rule_that_changes_meanwhile_ends_the_sweep(ended, limit):
    for _ in range(3):
        ended()
    app = limit(newest=1)
    limit(newest=2)

    assert list(retention.delete_excess(app)) == [[]]
    assert Build.living().count() == 3
    assert retention.delete("nobody", Rule.of(app), []) == []


def test_an_app_of_many_builds_is_swept_piece_by_piece(platform, limit, monkeypatch):
    row = {
        "app_id": platform.app_id, "platform_id": platform.id, "state": State.SUCCEEDED,
        "finished": now(), "size": 10,
    }
    Build.insert_many([row] * 95).execute()
    monkeypatch.setattr(retention, "CHUNK", 10)
    app = limit(newest=5)

    pieces = list(retention.delete_excess(app))

    assert [len(piece) for piece in pieces] == [10] * 9
    assert sorted(build.id for build in Build.living()) == list(range(91, 96))
