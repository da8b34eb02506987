"""A folder with an image is read, and only it."""

import json
import os
from dataclasses import replace

import pytest

from ec_builds.oci import Broken, ImageError, Layout, Unfit
from ec_builds.oci.manifest import INDEX, Descriptor
from tests.oci import making


def blob(layout, descriptor):
    return layout.folder / "blobs" / "sha256" / descriptor.digest.partition(":")[2]


def read(layout, descriptor):
    with layout.blob(descriptor) as pieces:
        return b"".join(pieces)


def test_an_image_is_read(layout):
    again = Layout(layout.folder)

    assert again.digest == layout.digest and again.config["os"] == "linux"
    assert again.size == sum(blob(layout, each).stat().st_size for each in again.manifest.blobs)


def test_a_folder_in_dockers_format_is_read(layout, tmp_path):
    other = tmp_path / "other"
    (layout.folder / "blobs" / "sha256").rename(other)
    (other / "manifest.json").write_bytes(layout.manifest.content)

    found = Layout(other)

    assert found.digest == layout.digest
    assert all(len(read(found, each)) == each.size for each in found.manifest.blobs)


def test_an_index_in_the_index_is_followed(layout):
    entry = Descriptor.of(layout.manifest.content, layout.manifest.media_type).as_dict()
    entry["platform"] = {"os": "linux", "architecture": "amd64"}
    content = json.dumps({"mediaType": INDEX, "manifests": [{}, entry]}).encode()
    blob(layout, inner := Descriptor.of(content, INDEX)).write_bytes(content)
    (layout.folder / "index.json").write_text(json.dumps({"manifests": [inner.as_dict()]}))

    assert Layout(layout.folder).digest == layout.digest


def test_an_image_for_another_machine_is_unfit(tmp_path):
    with pytest.raises(Unfit, match="linux/amd64"):
        making.layout(tmp_path / "image", b"x", architecture="arm64")


@pytest.mark.parametrize("damage", [b"", b"{}", b"[", b"x" * 5_000_000, b'{"manifests": [{}, {}]}'])
def test_an_index_that_is_none_is_refused(layout, damage):
    (layout.folder / "index.json").write_bytes(damage)

    with pytest.raises(ImageError):
        Layout(layout.folder)


def change(path):
    path.write_bytes(path.read_bytes().replace(b"linux", b"linuX"))


def grow(path):
    path.write_bytes(path.read_bytes() + b" ")


def hide(path):
    path.rename(path.with_name("hidden"))


def link(path):
    hide(path)
    path.symlink_to(path.with_name("hidden"))


def pipe(path):
    path.unlink()
    os.mkfifo(path)


def fold(path):
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("damage", [change, grow, hide, link, pipe, fold])
@pytest.mark.parametrize("part", ["config", "layers"])
def test_a_blob_that_is_another_is_refused(layout, damage, part):
    found = getattr(layout.manifest, part)
    descriptor = found if part == "config" else found[0]
    if (part, damage) == ("layers", change):
        path = blob(layout, descriptor)
        path.write_bytes(path.read_bytes()[::-1])
    else:
        damage(blob(layout, descriptor))

    with pytest.raises(Broken, match="sha256|damaged|more bytes"):
        read(layout, descriptor)


def test_blobs_of_another_folder_are_not_those_of_this_one(layout, tmp_path):
    (layout.folder / "blobs").rename(tmp_path / "elsewhere")
    (layout.folder / "blobs").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(Broken, match="not in its folder"):
        Layout(layout.folder)


def test_a_folder_that_is_not_there_is_told_of(tmp_path):
    with pytest.raises(Broken, match="index.json cannot be read: No such file"):
        Layout(tmp_path / "none")


@pytest.mark.parametrize("more", [1, -1])
def test_a_size_that_is_not_true_is_refused_though_the_digest_is(layout, more):
    """Else an image could call itself smaller or larger than it is."""
    [layer] = layout.manifest.layers

    with pytest.raises(Broken, match="size|more bytes"):
        read(layout, replace(layer, size=layer.size + more))
