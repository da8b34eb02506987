"""What happens when two callers want things that exclude each other."""

import random

import pytest

from ec_builds.errors import ChangedMeanwhile, ECError, NoMatch, StillUsed
from ec_builds.states import State
from ec_builds.store import retention
from ec_builds.store.app import App
from ec_builds.store.build import Build
from ec_builds.store.configured import CodeSource, DataSource, Target
from ec_builds.store.deployment import Deployment
from ec_builds.store.platform import Platform
from tests.services.conftest import agree


@pytest.mark.parametrize("kind", ["codesource", "datasource", "targets"])
def test_a_plugin_cannot_go_while_a_platform_is_made_of_it(
    runtime, caller, app, parts, interrupt, kind
):
    services = {"codesource": "codesources", "datasource": "datasources", "targets": "targets"}
    service = getattr(runtime, services[kind])
    plugin = service.get(caller, parts[kind] if isinstance(parts[kind], str) else parts[kind][0])
    deletion = interrupt(Platform, "create", lambda: service.delete(caller, plugin, agree))

    runtime.platforms.create(caller, app.id, "Shop", "staticWebsite", {}, **parts)

    assert isinstance(deletion(), StillUsed)
    assert service.get(caller, plugin.id).platforms


#: Where the result of a build is, which is never fetched here.
RESULT = {"type": "zipFile", "config": {}}


def test_a_build_cannot_go_while_it_is_being_deployed(
    runtime, caller, platform, parts, interrupt
):
    values = {"app_id": platform.app_id, "platform_id": platform.id, "location": RESULT}
    build = Build.create(state=State.SUCCEEDED, finished="now", **values)
    build = runtime.builds.get(caller, build.id)
    deletion = interrupt(
        Deployment, "create", lambda: runtime.builds.delete(caller, build, agree)
    )

    runtime.deployments.submit(caller, platform.id, build.id, parts["targets"])

    assert isinstance(deletion(), StillUsed)
    assert runtime.builds.get(caller, build.id)


@pytest.fixture
def unwanted(app, platform):
    """A successful build that the app does not keep. Returns it as it is now."""
    values = {"app_id": app.id, "platform_id": platform.id, "location": RESULT, "finished": "2020"}
    build = Build.create(state=State.SUCCEEDED, **values)
    Build.create(state=State.SUCCEEDED, **values)
    App.update(keep_newest=1).execute()
    return build


def sweep(runtime, app):
    """The ids of the builds that have gone."""
    operator = runtime.operator()
    swept = runtime.retention.sweep(operator, runtime.retention.get(operator, app.id))
    return [each.build_id for each in swept]


def test_what_is_pinned_or_deployed_while_it_is_chosen_stays(
    runtime, caller, app, platform, parts, unwanted, monkeypatch
):
    def pin():
        runtime.builds.pin(caller, unwanted, agree)

    def deploy():
        runtime.deployments.submit(caller, platform.id, unwanted.id, parts["targets"])

    delete = retention.delete
    for act in (pin, deploy):
        monkeypatch.setattr(retention, "delete", lambda *found, act=act: (act(), delete(*found))[1])
        assert sweep(runtime, app) == []
        Build.update(pinned=False).execute()
    Deployment.update(state=State.FAILED).execute()
    monkeypatch.undo()
    assert sweep(runtime, app) == [unwanted.id]


def test_a_sweep_waits_for_who_submits_a_deployment(
    runtime, caller, app, platform, parts, unwanted, interrupt
):
    swept = interrupt(Deployment, "create", lambda: sweep(runtime, app))

    runtime.deployments.submit(caller, platform.id, unwanted.id, parts["targets"])

    assert swept() == []
    assert runtime.builds.get(caller, unwanted.id)


def test_a_sweep_waits_for_who_pins(runtime, caller, app, unwanted, interrupt):
    swept = interrupt(runtime.policy, "require", lambda: sweep(runtime, app))

    runtime.builds.pin(caller, unwanted, agree)

    assert swept() == []


def test_who_comes_too_late_finds_nothing(
    runtime, caller, app, platform, parts, unwanted, interrupt
):
    def submit():
        runtime.deployments.submit(caller, platform.id, unwanted.id, parts["targets"])

    ruled = runtime.retention.get(caller, app.id)
    [found] = retention.excess(ruled)
    deployed = interrupt(retention, "spared", submit)

    gone = retention.delete(app.id, retention.Rule.of(ruled), found)

    assert gone == found and [each.build_id for each in gone] == [unwanted.id]
    assert isinstance(deployed(), NoMatch)


def test_the_last_success_is_not_taken_while_somebody_deletes_the_newer_one(
    runtime, caller, app, unwanted, interrupt
):
    newer = runtime.builds.get(caller, unwanted.id + 1)
    swept = interrupt(runtime.policy, "require", lambda: sweep(runtime, app))

    runtime.builds.delete(caller, newer, agree)

    assert swept() == []
    assert runtime.builds.get(caller, unwanted.id)


def test_a_build_that_is_submitted_while_its_platform_goes_goes_too(
    runtime, caller, platform, interrupt
):
    whole = runtime.platforms.get(caller, platform.id)
    deletion = interrupt(Build, "create", lambda: runtime.platforms.delete(caller, whole, agree))

    runtime.builds.submit(caller, platform.id)
    deletion()

    build = Build.get()
    assert (build.state, build.deleted is not None) == (State.CANCELLED, True)


def test_a_plugin_that_is_made_while_its_app_goes_goes_too(runtime, caller, app, interrupt):
    whole = runtime.apps.get(caller, app.id)
    deletion = interrupt(CodeSource, "create", lambda: runtime.apps.delete(caller, whole, agree))

    runtime.codesources.create(caller, app.id, "stub", {})
    deletion()

    assert CodeSource.living().count() == 0


def test_of_two_changes_to_what_both_have_read_one_wins(runtime, caller, app, interrupt):
    def unchanged(current):
        if current.title != "Bakery":
            raise ChangedMeanwhile

    def edit(title):
        return runtime.apps.edit(caller, app, unchanged, title, "#000000")

    other = interrupt(runtime.policy, "require", lambda: edit("second"))

    edit("first")

    assert isinstance(other(), ChangedMeanwhile)
    assert runtime.apps.get(caller, app.id).title == "first"


def test_whatever_many_do_at_once_nothing_breaks(runtime, caller, at_once):
    """No deadlock, no half of a thing: every verb works, or says why not."""

    def live(number):
        chance, broken = random.Random(number), []
        for _ in range(20):
            try:
                chance.choice(verbs)(chance)
            except ECError:
                continue
            except Exception as error:
                broken.append(error)
        return broken

    def some(rows, chance):
        found = list(rows.living().limit(20))
        if not found:
            raise NoMatch
        return chance.choice(found)

    def parts(app, chance):
        kinds = [("codesource", CodeSource), ("datasource", DataSource), ("target", Target)]
        found = {}
        for kind, row in kinds:
            mine = list(row.living().where(row.app == app.id))
            if len(mine) < 3:
                service = getattr(runtime, f"{kind}s")
                type = "zipDownload" if kind == "target" else "stub"
                mine.append(service.create(caller, app.id, type, {}))
            found[kind] = [each.id for each in chance.sample(mine, min(len(mine), 2))]
        return {
            "codesource": found["codesource"][0],
            "datasource": found["datasource"][0],
            "targets": found["target"],
        }

    def create(chance):
        app = some(App, chance)
        used = parts(app, chance)
        runtime.platforms.create(caller, app.id, "Shop", "staticWebsite", {}, **used)

    def edit(chance):
        platform = runtime.platforms.get(caller, some(Platform, chance).id)
        used = parts(App.get_by_id(platform.app_id), chance)
        runtime.platforms.edit(caller, platform, agree, "Shop", "staticWebsite", {}, **used)

    def build(chance):
        build = runtime.builds.submit(caller, some(Platform, chance).id)
        Build.claim(build.id, 0, "worker", 1.0)
        Build.move(build.id, State.SUCCEEDED)

    def deploy(chance):
        build = runtime.builds.get(caller, some(Build, chance).id)
        platform = runtime.platforms.get(caller, build.platform_id)
        runtime.deployments.submit(caller, platform.id, build.id, platform.target_ids)

    def delete(chance):
        service, row = chance.choice([
            (runtime.codesources, CodeSource), (runtime.targets, Target),
            (runtime.platforms, Platform), (runtime.builds, Build),
        ])
        service.delete(caller, service.get(caller, some(row, chance).id), agree)

    def sweep_app(chance):
        app, newest = runtime.retention.get(caller, some(App, chance).id), chance.choice([1, 2])
        ruled = runtime.retention.edit(caller, app, agree, newest, 9, 9)
        list(runtime.retention.sweep(caller, ruled))

    def pin(chance):
        build = runtime.builds.get(caller, some(Build, chance).id)
        (runtime.builds.unpin if build.pinned else runtime.builds.pin)(caller, build, agree)

    def delete_app(chance):
        App.make("Next", "#d97706")
        runtime.apps.delete(caller, runtime.apps.get(caller, some(App, chance).id), agree)

    verbs = [create, create, edit, edit, build, build, deploy, deploy, delete, delete_app,
             sweep_app, sweep_app, pin]
    broken = at_once(live, 6)

    assert [str(error) for errors in broken for error in errors] == []
    apps = {app.id for app in App.living()}
    for row in (CodeSource, DataSource, Target, Platform, Build, Deployment):
        assert {each.app_id for each in row.living()} <= apps
    code = {each.id for each in CodeSource.living()}
    targets = {each.id for each in Target.living()}
    for platform in Platform.living():
        whole = runtime.platforms.get(caller, platform.id)
        assert whole.codesource_id in code
        assert whole.target_ids and set(whole.target_ids) <= targets
