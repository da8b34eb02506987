"""Tiny images, made without any tool."""

import gzip
import hashlib
import io
import json
import tarfile
from contextlib import nullcontext

from ec_builds.oci import Layout
from ec_builds.oci.manifest import CONFIG, LAYER, Descriptor, Manifest

FILES = {"hello.txt": b"hello\n", "server": b"#!/bin/sh\n"}


def tar(files):
    """The bytes of a tar."""
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return whole.getvalue()


def config(layers, os="linux", architecture="amd64"):
    """The bytes of a config, for layers that are not packed."""
    digests = [f"sha256:{hashlib.sha256(each).hexdigest()}" for each in layers]
    rootfs = {"type": "layers", "diff_ids": digests}
    return json.dumps(
        {"os": os, "architecture": architecture, "config": {"Cmd": ["/server"]}, "rootfs": rootfs}
    ).encode()


def image(*layers, **platform):
    """A manifest, and all blobs by their digests."""
    packed = [gzip.compress(each, mtime=0) for each in layers]
    described = [Descriptor.of(each, LAYER) for each in packed]
    document = config(layers, **platform)
    manifest = Manifest.of(Descriptor.of(document, CONFIG), described)
    blobs = {each.digest: content for each, content in zip(described, packed)}
    return manifest, blobs | {manifest.config.digest: document}


def write(folder, manifest, blobs):
    """A folder with an image. Returns it as a layout."""
    (folder / "blobs" / "sha256").mkdir(parents=True)
    for digest, content in blobs.items():
        (folder / "blobs" / "sha256" / digest.partition(":")[2]).write_bytes(content)
    return Layout.write(folder, manifest)


def layout(folder, *layers, **platform):
    """A folder with an image of some layers, else of one with two files."""
    return write(folder, *image(*(layers or [tar(FILES)]), **platform))


def opening(*pieces):
    """What `Registry.send` wants: opens some pieces, as often as they are wanted."""
    return lambda: nullcontext(iter(pieces))
