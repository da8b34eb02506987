"""A real registry takes our images, gives them back, and lets them be deleted."""

import random
import tracemalloc
from dataclasses import replace

import pytest

from ec_builds.oci import (
    Login, Missing, Reference, Refused, Registry, Unfit, copy, inspect, push, withdraw,
)
from ec_builds.oci.transfer import PAUSES
from tests.oci import making

pytestmark = pytest.mark.registry


@pytest.fixture
def pushed(guarded, layout, talking):
    """An image in the guarded registry."""
    push(layout, guarded.client, "team/server", "7", **talking)
    return Reference.read(f"{guarded.host}/team/server:7")


def test_an_image_is_pushed_and_can_be_fetched_again(registry, layout, talking):
    image = push(layout, registry.client, "team/pushed", "1.4", **talking)

    assert registry.manifest("team/pushed", "1.4") == layout.manifest.content
    assert image.digest == layout.digest == registry.client.resolve("team/pushed", "1.4")
    assert image.size == sum(each.size for each in layout.manifest.blobs)
    for descriptor in layout.manifest.blobs:
        with registry.client.blob("team/pushed", descriptor) as ours, layout.blob(descriptor) as it:
            assert b"".join(ours) == b"".join(it)


def test_what_is_there_already_is_not_sent_again(registry, layout, talking, said):
    for tag in ("1", "2"):
        push(layout, registry.client, "team/twice", tag, **talking)

    assert [line.split()[0] for line in said] == ["Sending", "Sending", "Blob", "Blob"]
    assert registry.manifest("team/twice", "2") == layout.manifest.content


def test_an_image_without_layers_is_one(registry, tmp_path, talking):
    layout = making.write(tmp_path / "none", *making.image())
    push(layout, registry.client, "team/none", "1", **talking)

    assert inspect(registry.client, Reference.read(f"{registry.host}/team/none:1")).size


def test_an_image_is_copied_from_one_registry_to_another(
    registry, guarded, pushed, layout, talking
):
    image = copy(guarded.client, pushed, registry.client, "games/copy", "12", **talking)

    assert image.digest == layout.digest
    assert registry.manifest("games/copy", "12") == layout.manifest.content
    assert inspect(registry.client, Reference.read(f"{registry.host}/games/copy:12")) == image


def test_a_large_blob_is_never_in_memory(registry, guarded, tmp_path, talking):
    large = making.layout(tmp_path / "large", random.Random(7).randbytes(24 << 20))
    reference = Reference.read(f"{guarded.host}/team/large@{large.digest}")

    tracemalloc.start()
    try:
        push(large, guarded.client, "team/large", "1", **talking)
        copied = copy(guarded.client, reference, registry.client, "large", "1", **talking)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert copied.size > 24 << 20
    assert most < 8 << 20


def test_an_inspection_tells_what_is_there(guarded, pushed, layout):
    assert inspect(guarded.client, pushed).digest == layout.digest
    assert inspect(guarded.client, pushed.pinned(layout.digest)).size == layout.size


@pytest.mark.parametrize("change", [{"tag": "8"}, {"repository": "team/nothing"}])
def test_what_is_not_there_is_missing(guarded, pushed, change):
    with pytest.raises(Missing, match="has no"):
        inspect(guarded.client, replace(pushed, **change))


@pytest.mark.parametrize("login", [None, Login("ada", "babbage"), Login(token="ada")])
def test_a_wrong_credential_is_refused_and_not_told(network, guarded, pushed, login):
    with pytest.raises(Refused, match="credential") as refused:
        inspect(Registry(network, guarded.host, login, is_plain=True), pushed)

    assert "babbage" not in f"{refused.value} {refused.value.info}"
    assert refused.value.info["registry"] == guarded.host


def test_an_image_for_another_machine_is_unfit(registry, tmp_path, talking):
    manifest, blobs = making.image(making.tar({}), architecture="arm64")
    for digest, content in blobs.items():
        descriptor = next(each for each in manifest.blobs if each.digest == digest)
        registry.client.send("team/arm", descriptor, making.opening(content))
    registry.client.send_manifest("team/arm", "1", manifest)

    with pytest.raises(Unfit, match="linux/amd64"):
        inspect(registry.client, Reference.read(f"{registry.host}/team/arm:1"))


def test_a_manifest_is_deleted_with_its_tags_where_that_is_allowed(guarded, layout, talking):
    for tag in ("1", "2"):
        push(layout, guarded.client, "team/gone", tag, **talking)

    assert guarded.delete("team/gone", "1") is True
    assert not guarded.has("team/gone", "1") and not guarded.has("team/gone", "2")
    assert guarded.client.delete("team/gone", layout.digest) is True


def test_a_tag_is_withdrawn_and_others_of_the_same_image_stay(guarded, layout, talking):
    for tag in ("1", "2"):
        push(layout, guarded.client, "team/shared", tag, **talking)

    assert withdraw(guarded.client, "team/shared", "1", is_shared=True) is True
    assert not guarded.has("team/shared", "1")
    assert guarded.manifest("team/shared", "2") == layout.manifest.content

    assert withdraw(guarded.client, "team/shared", "2", is_shared=False) is True
    assert guarded.client.resolve("team/shared", layout.digest) is None
    assert withdraw(guarded.client, "team/shared", "2", is_shared=False) is True


@pytest.mark.parametrize("is_shared", [True, False])
def test_where_nothing_can_be_deleted_a_tag_stays_as_it_is(registry, layout, talking, is_shared):
    push(layout, registry.client, "team/kept", "1", **talking)

    assert withdraw(registry.client, "team/kept", "1", is_shared) is False
    assert registry.manifest("team/kept", "1") == layout.manifest.content


def test_where_nothing_can_be_deleted_that_is_an_answer(registry, layout, talking):
    push(layout, registry.client, "team/stays", "1", **talking)

    assert registry.delete("team/stays", "1") is False
    assert registry.has("team/stays", "1")


def test_a_transfer_can_be_stopped(registry, tmp_path, talking):
    layout = making.layout(tmp_path / "stopped", b"never sent")
    asked = []

    def check():
        asked.append(1)
        if len(asked) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        push(layout, registry.client, "team/stopped", "1", **{**talking, "check": check})
    assert not registry.has("team/stopped", "1")


def test_there_are_few_attempts():
    assert 0 < sum(PAUSES) < 10
