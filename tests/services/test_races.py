"""What happens when two callers want things that exclude each other."""

import pytest

from ec_builds.errors import ChangedMeanwhile, StillUsed
from ec_builds.states import State
from ec_builds.store.build import Build
from ec_builds.store.configured import CodeSource
from ec_builds.store.deployment import Deployment
from ec_builds.store.platform import Platform
from tests.services.conftest import agree


@pytest.mark.parametrize("kind", ["codesource", "datasource", "targets"])
def test_a_plugin_cannot_go_while_a_platform_is_made_of_it(
    runtime, caller, app, parts, interrupt, kind
):
    services = {"codesource": "codesources", "datasource": "datasources", "targets": "targets"}
    service = getattr(runtime, services[kind])
    plugin = service.get(parts[kind] if isinstance(parts[kind], str) else parts[kind][0])
    deletion = interrupt(Platform, "create", lambda: service.delete(caller, plugin, agree))

    runtime.platforms.create(caller, app.id, "Shop", "staticWebsite", {}, **parts)

    assert isinstance(deletion(), StillUsed)
    assert service.get(plugin.id).platforms


def test_a_build_cannot_go_while_it_is_being_deployed(
    runtime, caller, platform, parts, interrupt
):
    build = Build.create(
        app_id=platform.app_id, platform_id=platform.id, state=State.SUCCEEDED, finished="now"
    )
    build = runtime.builds.get(build.id)
    deletion = interrupt(
        Deployment, "create", lambda: runtime.builds.delete(caller, build, agree)
    )

    runtime.deployments.submit(caller, platform.id, build.id, parts["targets"])

    assert isinstance(deletion(), StillUsed)
    assert runtime.builds.get(build.id)


def test_a_build_that_is_submitted_while_its_platform_goes_goes_too(
    runtime, caller, platform, interrupt
):
    whole = runtime.platforms.get(platform.id)
    deletion = interrupt(Build, "create", lambda: runtime.platforms.delete(caller, whole, agree))

    runtime.builds.submit(caller, platform.id)
    deletion()

    build = Build.get()
    assert (build.state, build.deleted is not None) == (State.CANCELLED, True)


def test_a_plugin_that_is_made_while_its_app_goes_goes_too(runtime, caller, app, interrupt):
    whole = runtime.apps.get(app.id)
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
    assert runtime.apps.get(app.id).title == "first"
