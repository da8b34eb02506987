"""The runner takes a run through its stages, and tells how it ended."""

import os
import zipfile

import pytest

from ec_builds.engine import queue
from ec_builds.engine.sandbox import Limits
from ec_builds.engine.stopping import Reason
from ec_builds.errors import BuildError
from ec_builds.states import State
from ec_builds.store import lists
from ec_builds.store.build import Build
from ec_builds.store.configured import Target
from ec_builds.store.litter import Litter
from ec_builds.store.platform import Platform
from ec_builds.store.reach import EVERYTHING
from ec_builds.store.run import Event
from ec_builds.store.sealing import Sealed
from ec_builds.store.site import Site
from tests import dummies
from tests.conftest import wait_until


def messages(events, temporary=False):
    return [event.message for event in events if bool(event.temporary) is temporary]


def test_a_build_goes_through_all_stages(make_platform, submit, work, storage):
    build_id = submit(make_platform(files={"index.html": "hello", "a/b.txt": "b"}))

    work()

    build = lists.BUILDS.get(build_id, EVERYTHING)
    assert build.state == State.SUCCEEDED
    assert messages(build.events) == [
        "Build started",
        "Workspace ready",
        "Code fetched",
        "Data fetched",
        "Platform built",
        "Result packed",
        "Result stored",
        "Build succeeded",
    ]
    with storage.open(build.result_key) as kept, zipfile.ZipFile(kept) as packed:
        assert packed.namelist() == ["a/b.txt", "index.html"]


def test_each_action_begins_and_ends(make_platform, submit, work):
    build_id = submit(make_platform(fail="The oven is cold"))

    work()

    events = lists.BUILDS.get(build_id, EVERYTHING).events
    assert messages(events, temporary=True)[-1] == "Building"
    assert messages(events)[-2:] == ["The oven is cold", "Build failed: The oven is cold"]
    assert [event.type for event in events[-2:]] == ["error", "error"]
    assert events[-1].info == {"reason": "as told"}


@pytest.mark.parametrize(
    "told, detail",
    [
        ({"fail": "The oven is cold"}, "The oven is cold"),
        ({"run": ["sh", "-c", "echo crumbs; exit 3"]}, "The command failed"),
        ({"break": "boom"}, "The build server failed; its log says why"),
    ],
)
def test_a_build_that_fails_says_so(make_platform, submit, work, told, detail):
    build_id = submit(make_platform(**told))

    work()

    build = lists.BUILDS.get(build_id, EVERYTHING)
    assert (build.state, build.detail, build.location) == (State.FAILED, detail, None)
    assert build.finished is not None
    last = build.events[-1]
    assert (last.type, last.message) == ("error", f"Build failed: {detail}")


def test_a_command_that_takes_too_long_ends_the_build_as_timed_out(make_platform, submit, work):
    build_id = submit(make_platform(run=["sh", "-c", "echo on; exec sleep 30"], timeout=0.3))

    work()

    build = lists.BUILDS.get(build_id, EVERYTHING)
    told = "The command “sh -c 'echo on; exec sleep 30'” took longer than 0.3 seconds"
    assert (build.state, build.detail) == (State.TIMED_OUT, told)
    assert [event.type for event in build.events[-2:]] == ["error", "error"]
    assert (build.events[-2].message, build.events[-1].message) == (told, f"Build stopped: {told}")
    facts = {"command": "sh -c 'echo on; exec sleep 30'", "output": "on", "timeout": 0.3}
    assert build.events[-1].info == facts


def test_a_build_that_reaches_a_limit_says_which(make_platform, submit, work, runner):
    runner.tools.sandbox.limits = Limits(output=100_000)
    build_id = submit(make_platform(run=["seq", "1000000"]))

    work()

    build = lists.BUILDS.get(build_id, EVERYTHING)
    told = "The build reached its limit of 97.7 KiB of output (EC_BUILDS_LIMIT_OUTPUT)"
    assert (build.state, build.detail) == (State.FAILED, told)
    assert build.events[-1].message == f"Build failed: {told}"
    facts = build.events[-1].info
    assert facts.pop("output").splitlines()[0].isdigit()
    assert facts == {
        "limit": "output", "setting": "EC_BUILDS_LIMIT_OUTPUT", "value": 100_000,
        "command": "seq 1000000",
    }


def test_a_failing_command_leaves_its_facts(make_platform, submit, work):
    build_id = submit(make_platform(run=["sh", "-c", "echo crumbs; exit 3"]))

    work()

    info = lists.BUILDS.get(build_id, EVERYTHING).events[-1].info
    assert info.pop("seconds") >= 0
    assert info == {
        "command": "sh -c 'echo crumbs; exit 3'",
        "exitCode": 3,
        "output": "crumbs",
    }


def test_facts_may_have_any_name(make_platform, submit, work, monkeypatch):
    told = {"message": "m", "kind": "k", "temporary": True}
    build_id = submit(make_platform())

    def build(self, config, context):
        raise BuildError("No", **told)

    monkeypatch.setattr(dummies.Obedient, "build", build)

    work()

    assert lists.BUILDS.get(build_id, EVERYTHING).events[-1].info == told


def test_a_build_that_leaves_nothing_fails(make_platform, submit, work):
    build_id = submit(make_platform(files={}))

    work()

    build = lists.BUILDS.get(build_id, EVERYTHING)
    assert build.state == State.FAILED
    assert build.detail == "The build left nothing to pack: its result is an empty folder"


def test_a_plugin_that_is_gone_is_named(make_platform, submit, work):
    platform = make_platform()
    type(platform).update(type="vanished").execute()
    build_id = submit(platform)

    work()

    build = lists.BUILDS.get(build_id, EVERYTHING)
    assert build.detail == "This server has no platform of type “vanished”"


def test_the_workspace_is_gone_afterwards(make_platform, submit, work, tmp_path):
    for config in ({}, {"fail": "no"}, {"break": "no"}, {"run": ["sh", "-c", "chmod 0 ."]}):
        submit(make_platform(**config))

        work()

        assert list((tmp_path / "workspaces").iterdir()) == []


@pytest.mark.parametrize("sandbox", ["process"])
@pytest.mark.parametrize(
    "reason, state, detail",
    [
        (Reason.CANCELLED, State.CANCELLED, "Cancelled"),
        (Reason.TIMED_OUT, State.TIMED_OUT, "It took longer than 20 seconds"),
        (Reason.GIVEN_BACK, State.QUEUED, None),
    ],
)
def test_a_command_is_stopped_with_its_children(
    make_platform, submit, work, tmp_path, in_background, reason, state, detail
):
    # A child that ignores TERM says that it lives; its pipe ends when it does not any more.
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    script = f"(trap '' TERM; echo alive; sleep 60) > {pipe} & wait"
    build_id = submit(make_platform(run=["sh", "-c", script]))
    seen = []

    def pull(brake):
        with pipe.open() as child:
            seen.append(child.readline())
            if reason is Reason.CANCELLED:
                Build.update(state=State.CANCELLING).execute()
            brake.pull(reason)
            seen.append(child.read())

    work(lambda brake: in_background(pull, brake))

    wait_until(lambda: seen == ["alive\n", ""])
    build = Build.get_by_id(build_id)
    assert (build.state, build.detail) == (state, detail)


def test_a_build_that_is_begun_once_fails_when_the_server_stops(make_platform, submit, work):
    build_id = submit(make_platform())
    Build.update(once=True).execute()

    work(lambda brake: brake.pull(Reason.GIVEN_BACK))

    build = lists.BUILDS.get(build_id, EVERYTHING)
    told = "The server was stopped in the midst of it"
    assert (build.state, build.detail, build.attempts) == (State.FAILED, told, 1)
    assert build.events[-1].message == f"Build failed: {told}"


def test_a_run_that_another_worker_has_claimed_writes_nothing(make_platform, submit, work):
    build_id = submit(make_platform())

    def lose(brake):
        Build.update(fence=Build.fence + 1).execute()

    work(lose)

    build = Build.get_by_id(build_id)
    assert (build.state, build.location) == (State.RUNNING, None)
    assert Event.select().count() == 0


def test_a_build_that_is_cancelled_in_its_last_moment_stays_cancelled(
    make_platform, submit, work, runner, monkeypatch
):
    build_id = submit(make_platform())
    monkeypatch.setattr(
        runner.tools.storage.__class__,
        "put",
        lambda self, key, file: Build.update(state=State.CANCELLING).execute(),
    )

    work()

    build = Build.get_by_id(build_id)
    assert (build.state, build.location) == (State.CANCELLED, None)
    prefixes = [litter.prefix.rpartition("/")[0] for litter in Litter.select()]
    assert prefixes == [f"builds/{build_id}"]


def test_a_deployment_delivers_to_each_target_in_order(make_platform, submit, deploy, work):
    platform = make_platform(targets=({"place": "https://a/"}, {"place": "https://b/"}))
    build_id = submit(platform)
    work()
    dummies.Listed.delivered.clear()
    deployment_id = deploy(platform, build_id)

    work()

    deployment = lists.DEPLOYMENTS.get(deployment_id, EVERYTHING)
    assert deployment.state == State.SUCCEEDED
    assert deployment.results == ["https://a/", "https://b/"]
    assert dummies.Listed.delivered == [["index.html"], ["index.html"]]


def test_a_target_that_refuses_fails_the_deployment(make_platform, submit, deploy, work):
    platform = make_platform(targets=({}, {"fail": "No room"}))
    build_id = submit(platform)
    work()
    deployment_id = deploy(platform, build_id)

    work()

    deployment = lists.DEPLOYMENTS.get(deployment_id, EVERYTHING)
    assert (deployment.state, deployment.detail) == (State.FAILED, "No room")
    assert deployment.results is None


def test_a_deployment_without_its_build_fails(make_platform, submit, deploy, work):
    platform = make_platform()
    build_id = submit(platform)
    work()
    deployment_id = deploy(platform, build_id)
    Build.update(deleted="now").execute()

    work()

    assert lists.DEPLOYMENTS.get(deployment_id, EVERYTHING).detail == "The build is no longer there"


def test_a_site_is_replaced_in_one_step(make_platform, submit, deploy, work, storage):
    platform = make_platform(target_type="published", targets=({"path": "shop"},))
    build_id = submit(platform)
    work()
    for _ in range(2):
        deploy(platform, build_id)
        work()

    site = Site.get()

    assert site.deployment_id == 2
    with storage.open(f"{site.prefix}/index.html") as page:
        assert page.read() == b"hello"
    assert len(Litter.select()) == 1


def test_a_name_that_cannot_be_served_is_told(make_platform, submit, deploy, work):
    name = "/".join(["x" * 250] * 4)
    platform = make_platform(
        files={name: "hello"}, target_type="published", targets=({"path": "shop"},)
    )
    build_id = submit(platform)
    work()
    deployment_id = deploy(platform, build_id)

    work()

    told = f"A file with such a name cannot be served: {name}"
    assert lists.DEPLOYMENTS.get(deployment_id, EVERYTHING).detail == told


def test_a_build_whose_config_does_not_open_says_so(make_platform, submit, work):
    build_id = submit(make_platform())
    Platform.update(config=Sealed("sealed:0123456789ab:AAAA")).execute()

    work()

    build = lists.BUILDS.get(build_id, EVERYTHING)
    assert build.state == State.FAILED
    assert "lacks the key 0123456789ab" in build.detail


def test_a_target_has_one_site(make_platform, submit, deploy, work):
    platform = make_platform(target_type="published", targets=({"path": "shop"},))
    build_id = submit(platform)
    work()
    deploy(platform, build_id)
    work()
    target = Target.get()
    target.config = {"path": "store"}
    target.save()
    deploy(platform, build_id)

    work()

    assert [site.path.rpartition("/")[2] for site in Site.select()] == ["store"]
    assert Litter.select().count() == 1


def test_a_deployment_that_fails_leaves_the_site_as_it_was(
    make_platform, submit, deploy, work, storage
):
    platform = make_platform(target_type="published", targets=({"path": "shop"},))
    build_id = submit(platform)
    work()
    deploy(platform, build_id)
    work()
    failing = Target.create(app=platform.app, type="listed", config={"fail": "No room"})
    platform.aim_at([*platform.target_ids, failing.id])
    deploy(lists.PLATFORMS.get(platform.id, EVERYTHING), build_id)

    work()

    site = Site.get()
    assert (lists.DEPLOYMENTS.get(2, EVERYTHING).state, site.deployment_id) == (State.FAILED, 1)
    assert storage.size(f"{site.prefix}/index.html") == 5
    assert [litter.prefix.split("/")[1] for litter in Litter.select()] == ["2"]


@pytest.mark.parametrize(
    "script, detail",
    [
        ("rm -rf ../code", "The build has damaged its workspace: No such file or directory"),
        ("touch ../result.zip", "The build has damaged its workspace: File exists"),
    ],
)
def test_a_build_that_damages_its_workspace_is_told(
    make_platform, submit, work, tmp_path, script, detail
):
    build_id = submit(make_platform(run=["sh", "-c", f"cd code; {script}"], again=["true"]))

    work()

    assert lists.BUILDS.get(build_id, EVERYTHING).detail == detail
    assert list((tmp_path / "workspaces").iterdir()) == []


def test_workspaces_of_dead_workers_are_cleared_away(
    make_platform, submit, runner, tmp_path, storage
):
    submit(make_platform())
    claim = queue.claim("here")
    folder = tmp_path / "workspaces"
    live, dead = f"builds-1-{claim.fence}-abc", f"builds-1-{claim.fence + 1}-abc"
    for name in (live, dead, "builds-7-1-abc", "deployments-1-1-abc", "somebody-elses"):
        (folder / name / "inside").mkdir(parents=True)

    runner.clear_away()

    assert sorted(path.name for path in folder.iterdir()) == [live, "somebody-elses"]


def test_a_site_cannot_be_taken_from_another_app(make_platform, submit, deploy, work):
    mine, theirs = (
        make_platform(target_type="published", targets=({"path": "shop"},)) for _ in range(2)
    )
    type(mine.app).update(short_id="50793615").execute()  # two ids may collide
    for platform in (mine, theirs):
        build_id = submit(platform)
        work()
        deploy(platform, build_id)
        work()

    assert Site.get().app_id == mine.app_id
    refused = lists.DEPLOYMENTS.get(2, EVERYTHING)
    assert refused.detail == "Another app is served at “50793615/shop” already"
