"""Versions of images, and what is uploaded for them."""

import dataclasses
import io
from datetime import UTC, datetime, timedelta

import pytest

from ec_builds.engine.housekeeping import Housekeeper
from ec_builds.engine.reconciler import Reconciler
from ec_builds.engine.workers import Workers
from ec_builds.errors import InvalidParameter, InvalidValue, NoMatch, StillUsed
from ec_builds.states import State
from ec_builds.store.application import Application
from ec_builds.store.build import Build
from ec_builds.store.database import timestamp
from ec_builds.store.image import Image, find_image
from ec_builds.store.leftover import Leftover
from ec_builds.store.litter import Litter
from ec_builds.store.original import Original
from ec_builds.store.platform import Platform
from ec_builds.store.upload import Part, Upload
from ec_builds.store.variable import Secret
from tests.services.conftest import agree

#: An archive of ten bytes, in parts of four.
PARTS = (b"\x1f\x8b12", b"3456", b"78")
SIZE = 10


@pytest.fixture
def config(config):
    """Settings of a server with a region that nobody reaches, and small parts."""
    regions = (("Seattle", "127.0.0.1:1"),)
    return dataclasses.replace(config, upload_chunk_size=4, registries=regions)


@pytest.fixture
def images(runtime):
    return runtime.images


@pytest.fixture
def slots(runtime):
    return runtime.slots


@pytest.fixture
def organisation(runtime, caller):
    return runtime.organisations.find(caller)


def put(slots, slot, *numbers):
    """Upload parts. Returns what a client would list."""
    return [
        (number, slots.put_part(slot.secret, number, io.BytesIO(PARTS[number - 1]), 4))
        for number in numbers
    ]


def uploaded(images, slots, caller, app):
    """A version whose archive is there."""
    image, slot = images.create_numbered(caller, app.id, None, "parts", SIZE)
    slots.complete(slot.secret, put(slots, slot, 3, 1, 2))
    return image, slot


def state(image):
    return Build.get_by_id(image.build_id).state


def end(image, to=State.SUCCEEDED, **changes):
    """Let a build that was run end."""
    build = Build.get_by_id(image.build_id)
    fence = Build.claim(build.id, build.fence, "worker", 2e9)
    assert Build.move(build.id, to, held=fence, **changes)


def purge(runtime):
    """What the reconciler does with builds that were deleted."""
    workers = Workers(runtime.config.home / "workers")
    Reconciler(runtime.storage, workers, None).purge_runs()


def location(digest="sha256:" + "a" * 64):
    images = [{"region": "Seattle", "reference": "127.0.0.1:1/app-x:1"}]
    config = {"digest": digest, "size": 77, "images": images}
    return {"type": "containerImage", "config": config}


def test_numbers_count_in_each_app_and_are_never_given_again(images, runtime, caller, app):
    first, _ = images.create_numbered(caller, app.id)
    images.delete(caller, first)
    purge(runtime)
    second, _ = images.create_numbered(caller, app.id)
    other = runtime.apps.create(caller, "Other", "#112233")
    elsewhere, _ = images.create_numbered(caller, other.id)
    assert [first.number, second.number, elsewhere.number] == [1, 2, 1]
    assert [each.number for each in images.all(caller, app.id)] == [2]


def test_names_are_taken_for_ever(images, runtime, caller, organisation):
    image, _ = images.create_named(caller, organisation, "mine")
    images.delete(caller, image)
    purge(runtime)
    with pytest.raises(InvalidValue):
        images.create_named(caller, organisation, "mine")
    given, _ = images.create_named(caller, organisation)
    assert given.name.startswith("bld-")


def test_builds_of_an_organisation_are_not_those_of_an_app(
    images, runtime, caller, app, organisation
):
    named, _ = images.create_named(caller, organisation)
    numbered, _ = images.create_numbered(caller, app.id)
    of_organisation = runtime.organisations.app_id(caller, runtime.organisations.find(caller))
    assert [each.id for each in images.all(caller, of_organisation)] == [named.id]
    assert [each.id for each in images.all(caller, app.id)] == [numbered.id]
    assert organisation.id in named.repository and app.id in numbered.repository


def test_nobody_can_run_what_is_not_whole(images, slots, caller, app):
    image, slot = images.create_numbered(caller, app.id, None, "parts", SIZE)
    tags = put(slots, slot, 1, 2, 3)
    with pytest.raises(InvalidParameter, match="not complete"):
        images.run(caller, image)
    slots.complete(slot.secret, tags)
    put(slots, slot, 2)  # after all, something else
    with pytest.raises(InvalidParameter, match="not complete"):
        images.run(caller, image)
    assert state(image) == State.CREATED


@pytest.mark.parametrize(
    "spoil, told",
    [
        (lambda tags: tags[:2], "each of the 3 parts"),
        (lambda tags: [*tags, tags[0]], "each of the 3 parts"),
        (lambda tags: [(1, ""), *tags[1:]], "Part 1 has no ETag"),
        (lambda tags: [(1, "x"), *tags[1:]], "Part 1 has another ETag"),
        (lambda tags: [], "each of the 3 parts"),
    ],
)
def test_a_list_of_parts_has_to_be_right(images, slots, caller, app, spoil, told):
    image, slot = images.create_numbered(caller, app.id, None, "parts", SIZE)
    tags = put(slots, slot, 1, 2, 3)
    with pytest.raises(InvalidParameter, match=told):
        slots.complete(slot.secret, spoil(tags))
    with pytest.raises(InvalidParameter):
        images.run(caller, image)
    slots.complete(slot.secret, tags[::-1])
    slots.complete(slot.secret, tags)
    images.run(caller, image)


def test_parts_that_are_missing_or_short_are_told(images, slots, caller, app):
    _, slot = images.create_numbered(caller, app.id, None, "parts", SIZE)
    tags = put(slots, slot, 1, 2)
    with pytest.raises(InvalidParameter, match="Part 3 is missing"):
        slots.complete(slot.secret, [*tags, (3, "x")])
    short = slots.put_part(slot.secret, 3, io.BytesIO(b"7"), 1)
    with pytest.raises(InvalidParameter, match="9 bytes together, where 10 were announced"):
        slots.complete(slot.secret, [*tags, (3, short)])


def test_parts_that_nobody_wants_are_refused(images, slots, caller, app):
    image, slot = images.create_numbered(caller, app.id, None, "parts", SIZE)
    for secret, number in (("nobody's", 1), (slot.secret, 4)):
        with pytest.raises(NoMatch):
            slots.put_part(secret, number, io.BytesIO(b"x"), 1)
    with pytest.raises(InvalidParameter, match="4 bytes, and not 5"):
        slots.put_part(slot.secret, 1, io.BytesIO(b"12345"), 5)
    with pytest.raises(NoMatch):
        slots.put_form(slot.secret, io.BytesIO(b"x"))
    assert not Part.select().count() and state(image) == State.CREATED


@pytest.mark.parametrize("size", [0, -1, 2**60, 4 * 10000 + 1])
def test_sizes_that_cannot_be_leave_nothing(images, caller, app, size):
    with pytest.raises(InvalidParameter):
        images.create_numbered(caller, app.id, None, "parts", size)
    assert not Build.select().count() and not Image.select().count()


def test_a_part_that_is_sent_again_replaces_the_first(images, slots, runtime, caller, app):
    image, slot = images.create_numbered(caller, app.id, None, "parts", SIZE)
    put(slots, slot, 1)
    [first] = Part.select()
    put(slots, slot, 1)
    [second] = Part.select()
    assert first.key != second.key
    assert [each.prefix for each in Litter.select()] == [first.key]
    assert runtime.storage.size(second.key) == 4


def test_after_run_an_upload_is_over(images, slots, runtime, caller, app):
    image, slot = uploaded(images, slots, caller, app)
    assert slots.knows(slot.secret)
    images.run(caller, image)
    assert not slots.knows(slot.secret)
    with pytest.raises(NoMatch):
        put(slots, slot, 1)
    with pytest.raises(InvalidParameter, match="run already"):
        images.run(caller, image)
    build = Build.get_by_id(image.build_id)
    assert build.state == State.QUEUED and build.once
    keys = {part.key for part in Upload.get_by_id(build.id).parts}
    end(image)
    assert keys <= {each.prefix for each in Litter.select()}


def test_what_no_archive_can_be_is_told_before_it_is_run(images, slots, caller, app):
    image, slot = images.create_numbered(caller, app.id, None, "form")
    slots.put_form(slot.secret, io.BytesIO(b"PK\x03\x04"))
    with pytest.raises(InvalidParameter, match="gzip"):
        images.run(caller, image)
    slots.put_form(slot.secret, io.BytesIO(b"\x1f\x8b.."))
    images.run(caller, image)
    assert state(image) == State.QUEUED


@pytest.mark.parametrize("kind, size", [("body", None), ("form", None), ("parts", SIZE)])
def test_what_comes_with_the_request_is_what_is_built(images, slots, caller, app, kind, size):
    image, slot = images.create_numbered(caller, app.id, None, kind, size)
    if kind == "form":
        slots.put_form(slot.secret, io.BytesIO(b"\x1f\x8bbefore"))
    images.run(caller, image, io.BytesIO(b"\x1f\x8bmine"))
    [part] = Part.select()
    for late in (b"\x1f\x8bother", b"PK"):
        with pytest.raises(InvalidParameter):
            images.run(caller, image, io.BytesIO(late))
    assert [each.key for each in Part.select()] == [part.key] and part.size == 6


def test_of_two_at_once_one_is_built_with_what_it_has_sent(images, slots, caller, app):
    image, _ = images.create_numbered(caller, app.id)

    class Slow(io.BytesIO):
        """While it is read, another request is served."""

        def read(self, size=-1):
            if state(image) == State.CREATED and self.tell() > 1:
                images.run(caller, image, io.BytesIO(b"\x1f\x8bfirst"))
            return super().read(size)

    with pytest.raises(InvalidParameter, match="run already"):
        images.run(caller, image, Slow(b"\x1f\x8b" + b"later" * 10))
    [part] = Part.select()
    assert part.size == len(b"\x1f\x8bfirst")


def test_uploads_expire(images, slots, caller, app):
    image, slot = uploaded(images, slots, caller, app)
    Upload.update(expires=timestamp(datetime.now(UTC) - timedelta(seconds=1))).execute()
    assert not slots.knows(slot.secret)
    Housekeeper(None).curate()
    assert not Part.select().count() and Litter.select().count() == len(PARTS)
    with pytest.raises(InvalidParameter, match="time for its upload is over"):
        images.run(caller, image)


def test_what_was_run_in_time_is_still_there_for_its_build(images, slots, caller, app):
    image, _ = uploaded(images, slots, caller, app)
    images.run(caller, image)
    Upload.update(expires=timestamp(datetime.now(UTC) - timedelta(seconds=1))).execute()
    Housekeeper(None).curate()
    assert Part.select().count() == len(PARTS) and not Litter.select().count()


def test_what_runs_cannot_be_deleted_and_what_is_deleted_cannot_be_run(
    images, slots, caller, app
):
    image, _ = uploaded(images, slots, caller, app)
    images.run(caller, image)
    with pytest.raises(StillUsed):
        images.delete(caller, image)
    end(image, State.FAILED)
    images.delete(caller, image)
    left = images.numbered(caller, app.id, 1)
    assert left.facts["deleted"] and left.facts["state"] == State.FAILED
    for verb in (images.delete, images.run):
        with pytest.raises(NoMatch):
            verb(caller, left)


def test_a_tombstone_outlives_its_build_and_its_image_is_let_go(
    images, slots, runtime, caller, app
):
    image, _ = uploaded(images, slots, caller, app)
    images.run(caller, image)
    end(image, location=location())
    facts = images.numbered(caller, app.id, 1).facts
    assert facts["size"] == 77 and facts["references"]
    images.delete(caller, image)
    before = images.numbered(caller, app.id, 1).facts
    purge(runtime)
    assert not Build.select().count()
    after = images.numbered(caller, app.id, 1)
    assert after.build_id is None and after.facts == before
    assert before == {**facts, "deleted": before["deleted"], "references": []}
    [leftover] = Leftover.select()
    assert (leftover.region, leftover.reference) == ("Seattle", "127.0.0.1:1/app-x:1")


def test_what_is_deleted_elsewhere_is_a_tombstone_as_well(images, runtime, caller, app):
    image, _ = images.create_numbered(caller, app.id)
    build = runtime.builds.get(caller, image.build_id)
    runtime.builds.delete(caller, build, agree)
    assert images.numbered(caller, app.id, 1).is_deleted and not images.all(caller, app.id)
    purge(runtime)
    assert images.numbered(caller, app.id, 1).is_deleted


def test_a_login_for_a_registry_is_sealed_and_forgotten(images, caller, organisation, monkeypatch):
    monkeypatch.setattr(images, "look_up", lambda *asked: None)
    image, _ = images.create_named(caller, organisation)
    images.copy(caller, image, "team/server:1", "registry.example.com", "c2VjcmV0OnNlY3JldA==")
    assert Original.of(image.build_id)["auth"] == "c2VjcmV0OnNlY3JldA=="
    assert "c2VjcmV0" not in str(list(Secret.raw("SELECT config FROM secret").tuples()))
    end(image, State.FAILED)
    assert Original.of(image.build_id) is None and not Secret.select().count()


def test_a_version_is_run_as_what_it_is(images, slots, caller, app, organisation, monkeypatch):
    monkeypatch.setattr(images, "look_up", lambda *asked: None)
    archive, _ = uploaded(images, slots, caller, app)
    copied, _ = images.create_named(caller, organisation)
    with pytest.raises(InvalidParameter, match="not from a registry"):
        images.copy(caller, archive, "busybox")
    with pytest.raises(InvalidParameter, match="not built from an archive"):
        images.run(caller, copied)


def test_nothing_is_run_where_no_region_is(images, slots, caller, app):
    images.regions = ()
    image, _ = uploaded(images, slots, caller, app)
    with pytest.raises(InvalidParameter, match="EC_BUILDS_REGISTRIES"):
        images.run(caller, image)


def test_a_native_build_of_an_image_has_a_number_too(runtime, caller, app, parts):
    row = Platform.create(
        app=app, title="Image", type="containerImage", config={},
        codesource=parts["codesource"], datasource=parts["datasource"],
    )
    build = runtime.builds.submit(caller, row.id)
    image = find_image(build.id)
    assert image.number == 1 and image.source == "code" and image.begun == build.started


def test_nobody_starts_a_build_without_the_archive_that_it_is_made_of(runtime, caller, app):
    runtime.images.create_numbered(caller, app.id)
    platform_id = Application.get_by_id(app.id).platform_id
    with pytest.raises(InvalidParameter, match="uploaded for each build"):
        runtime.builds.submit(caller, platform_id)
