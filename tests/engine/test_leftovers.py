"""What is removed in the registries of the regions when builds do not succeed, or are gone."""

import pytest

from ec_builds.engine import leftovers
from ec_builds.engine.leftovers import Leftovers
from ec_builds.network import Network
from ec_builds.oci import Region, push
from ec_builds.services import demolition
from ec_builds.states import State
from ec_builds.store.app import App
from ec_builds.store.build import Build
from ec_builds.store.database import transaction
from ec_builds.store.image import Image
from ec_builds.store.leftover import Leftover
from tests.oci import making
from tests.registries import registry as running

pytestmark = pytest.mark.registry
REPOSITORY = "games/app"


@pytest.fixture(scope="module", params=[True, False], ids=["deletes", "keeps"])
def registry(request, tmp_path_factory):
    """A registry that wants a login, and lets manifests be deleted or not."""
    folder, deletes = tmp_path_factory.mktemp("region") / "registry", request.param
    with running(folder, has_login=True, deletes=deletes) as stand:
        stand.deletes = deletes
        yield stand


@pytest.fixture
def remover(registry, tables):
    """Removes what is left in a region."""
    region = Region.read("Seattle", f"{registry.host}/games")
    return Leftovers([region], {registry.host: registry.login}.get, Network(private="allow"))


@pytest.fixture
def layout(tmp_path):
    def layout(name="one"):
        (tmp_path / name).mkdir()
        return making.layout(tmp_path / name, making.tar({name: b"x"}))

    return layout


@pytest.fixture
def make(registry, make_platform, submit, request):
    """A maker of builds of one app whose images are there, each under a tag of its own."""
    platform = make_platform()

    def make(layout, state=State.SUCCEEDED):
        build = Build.get_by_id(submit(platform))
        Image.register(build)
        reference = f"{registry.host}/{REPOSITORY}:{request.node.name.partition('[')[0]}-{build.id}"
        Leftover.expect(build, "Seattle", reference)
        tag = reference.rpartition(":")[2]
        push(layout, registry.client, REPOSITORY, tag, lambda: None, print)
        image = {"region": "Seattle", "reference": reference}
        config = {"digest": layout.digest, "size": layout.size, "images": [image]}
        location = {"type": "containerImage", "config": config}
        fence = Build.claim(build.id, build.fence, "here", 2e9)
        if state == State.RUNNING:
            return build.id, tag
        made = {"location": location, "size": layout.size} if state == State.SUCCEEDED else {}
        assert Build.move(build.id, state, held=fence, **made)
        return build.id, tag

    return make


def delete(build_id, reconciler):
    Build.update(deleted="now").where(Build.id == build_id).execute()
    reconciler.turn()


def test_the_image_of_a_build_that_is_gone_is_removed(
    remover, reconciler, registry, make, layout, caplog
):
    build_id, tag = make(layout())
    remover.turn()
    assert registry.has(REPOSITORY, tag)

    delete(build_id, reconciler)
    remover.turn()

    assert registry.has(REPOSITORY, tag) is not registry.deletes
    assert ("its registry removes nothing" in caplog.text) is not registry.deletes
    assert not Leftover.select().count()


def test_so_is_that_of_a_build_that_did_not_succeed(remover, registry, make, layout):
    _, tag = make(layout(), State.FAILED)

    remover.turn()

    assert registry.has(REPOSITORY, tag) is not registry.deletes
    assert not Leftover.select().count()


def test_what_another_build_has_left_as_well_stays_under_its_tag(
    remover, reconciler, registry, make, layout
):
    same = layout()
    (going, gone), (staying, kept) = make(same), make(same)

    delete(going, reconciler)
    remover.turn()
    assert registry.has(REPOSITORY, gone) is not registry.deletes
    assert registry.client.resolve(REPOSITORY, kept) == same.digest

    delete(staying, reconciler)
    remover.turn()
    assert registry.has(REPOSITORY, kept) is not registry.deletes


def test_what_a_build_has_left_that_still_runs_stays(
    remover, reconciler, registry, make, layout
):
    same = layout()
    (going, gone), (_, kept) = make(same), make(same, State.RUNNING)

    delete(going, reconciler)
    remover.turn()

    assert registry.has(REPOSITORY, gone) is not registry.deletes
    assert registry.client.resolve(REPOSITORY, kept) == same.digest


def test_all_images_of_an_app_go_with_it(remover, reconciler, registry, make, layout):
    tags = [make(layout(name))[1] for name in ("one", "two")]
    [app] = App.select()
    with transaction():
        app.remove()
        demolition.of_app(app.id)
    reconciler.turn()

    remover.turn()

    assert not App.select().count() and not Leftover.select().count()
    assert {registry.has(REPOSITORY, tag) for tag in tags} == {not registry.deletes}


def test_what_is_elsewhere_now_is_left_alone_and_told(
    remover, reconciler, registry, make, layout, caplog
):
    (first, one), (second, two) = make(layout("one")), make(layout("two"))
    delete(first, reconciler)
    remover.regions = {}
    remover.turn()
    delete(second, reconciler)
    remover.regions = {"Seattle": Region.read("Seattle", "sea.example.com/games")}
    remover.turn()

    assert caplog.text.count("stays: its region is elsewhere now") == 2
    assert registry.has(REPOSITORY, one) and registry.has(REPOSITORY, two)
    assert not Leftover.select().count()


def test_a_registry_that_is_away_is_asked_again_later_and_at_last_no_more(
    remover, reconciler, registry, make, layout, monkeypatch, caplog
):
    now = [1000.0]
    monkeypatch.setattr(leftovers.time, "time", lambda: now[0])
    away = Region.read("Seattle", "127.0.0.1:1/games")
    build_id, _ = make(layout())
    delete(build_id, reconciler)
    Leftover.update(reference=f"127.0.0.1:1/{REPOSITORY}:1").execute()
    remover.regions = {"Seattle": away}

    remover.turn()
    [left] = Leftover.select()
    assert (left.attempts, left.due) == (1, 1060.0)
    remover.turn()
    assert Leftover.get().attempts == 1  # it is not due yet
    for _ in range(leftovers.ATTEMPTS - 1):
        now[0] = Leftover.get().due
        remover.turn()

    assert not Leftover.select().count()
    assert "stays: The registry “127.0.0.1:1” cannot be used" in caplog.text
