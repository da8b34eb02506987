"""Manifests: what an image consists of, and indexes of images for several machines.

They come from registries and folders that may be anybody's, so nothing in them is
believed before it was checked.
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property

import orjson

from ec_builds.oci.errors import Broken, Unfit
from ec_builds.oci.reference import DIGEST

OCI, DOCKER = "application/vnd.oci.image.", "application/vnd.docker."
MANIFEST, INDEX = f"{OCI}manifest.v1+json", f"{OCI}index.v1+json"
CONFIG, LAYER = f"{OCI}config.v1+json", f"{OCI}layer.v1.tar+gzip"
MANIFESTS = (MANIFEST, f"{DOCKER}distribution.manifest.v2+json")
INDEXES = (INDEX, f"{DOCKER}distribution.manifest.list.v2+json")
#: Of layers: tars, as they are or packed, that are in the same registry.
LAYERS = tuple(f"{OCI}layer.v1.tar{packed}" for packed in ("", "+gzip", "+zstd")) + (
    f"{DOCKER}image.rootfs.diff.tar.gzip", f"{DOCKER}image.rootfs.diff.tar"
)
PLATFORM = "linux/amd64"

#: Bytes of a manifest, and of a config.
LARGEST_DOCUMENT = 4 << 20
MOST_LAYERS = 500
MOST_IMAGES = 1000
#: Bytes of an image: its layers as they are sent.
LARGEST_IMAGE = 16 << 30


@dataclass(frozen=True)
class Descriptor:
    """A blob: its digest, and how many bytes it has."""

    digest: str
    size: int
    media_type: str = "application/octet-stream"

    @classmethod
    def read(cls, value):
        value = value if isinstance(value, dict) else {}
        digest, size, kind = (value.get(name) for name in ("digest", "size", "mediaType"))
        if not isinstance(digest, str) or not DIGEST.fullmatch(digest):
            raise Broken("The manifest of the image has a digest that is not of sha256")
        if type(size) is not int or size < 0 or not isinstance(kind, str):
            raise Broken("The manifest of the image has a part without a size or a type")
        return cls(digest, size, kind)

    @classmethod
    def of(cls, content, media_type):
        return cls(digest_of(content), len(content), media_type)

    def as_dict(self):
        return {"mediaType": self.media_type, "digest": self.digest, "size": self.size}


@dataclass(frozen=True)
class Manifest:
    """The manifest of one image, with its very bytes."""

    content: bytes
    media_type: str
    config: Descriptor
    layers: tuple[Descriptor, ...]

    @classmethod
    def read(cls, content, media_type=""):
        """A manifest from its bytes; `media_type` is what was said of them, if they do not."""
        document, kind = opened(content, media_type)
        if kind not in MANIFESTS or "manifests" in document or "fsLayers" in document:
            raise Unfit("The image is of a kind that is not understood", mediaType=kind[:100])
        layers = document.get("layers")
        if not isinstance(layers, list) or len(layers) > MOST_LAYERS:
            raise Unfit(f"The image has no layers, or more than {MOST_LAYERS}")
        return cls(
            content, kind, Descriptor.read(document.get("config")), tuple(map(layer, layers))
        ).checked()

    @classmethod
    def of(cls, config, layers):
        """A new one."""
        document = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": config.as_dict(),
            "layers": [each.as_dict() for each in layers],
        }
        return cls(orjson.dumps(document), MANIFEST, config, tuple(layers)).checked()

    def checked(self):
        """This manifest, if its parts agree with each other and are not too large."""
        sizes = {}
        for each in (self.config, *self.layers):
            if sizes.setdefault(each.digest, each.size) != each.size:
                raise Broken("The manifest of the image gives two sizes for one digest")
        if self.size > LARGEST_IMAGE or self.config.size > LARGEST_DOCUMENT:
            raise Unfit(f"The image has more than {LARGEST_IMAGE} bytes, or a config of too many")
        return self

    @cached_property
    def digest(self):
        return digest_of(self.content)

    @property
    def size(self):
        """Bytes of the compressed layers and the config."""
        return self.config.size + sum(each.size for each in self.layers)

    @property
    def blobs(self):
        """Every blob once, the layers first."""
        return tuple({each.digest: each for each in (*self.layers, self.config)}.values())


def layer(value):
    """The descriptor of a layer, if it is one that can be copied."""
    found = Descriptor.read(value)
    if found.media_type not in LAYERS:
        raise Unfit(
            "The image has a layer that is not one of a Linux container, or is kept elsewhere",
            mediaType=found.media_type[:100],
        )
    return found


def is_index(content, media_type=""):
    """Whether some bytes are an index of images, rather than the manifest of one."""
    document, kind = opened(content, media_type)
    return kind in INDEXES and "layers" not in document


def choose(content):
    """The descriptor of the image for linux/amd64 in an index, or of an index with more."""
    document, _ = opened(content)
    entries = document.get("manifests")
    if not isinstance(entries, list) or len(entries) > MOST_IMAGES:
        raise Broken(f"The index of images has no list of them, or one of more than {MOST_IMAGES}")
    entries = [each for each in entries if isinstance(each, dict)]
    fitting = [each for each in entries if platform(each.get("platform")) == PLATFORM]
    if not fitting and len(entries) == 1 and "platform" not in entries[0]:
        fitting = entries  # a folder with one image need not say what it is for
    if not fitting:
        raise Unfit(f"The image is not there for {PLATFORM}")
    plain = [each for each in fitting if not (each.get("platform") or {}).get("variant")]
    return Descriptor.read((plain or fitting)[0])


def platform(value):
    """`linux/amd64` from what a config or an entry of an index says."""
    value = value if isinstance(value, dict) else {}
    return f"{value.get('os')}/{value.get('architecture')}"


def examine_config(content):
    """Refuse the config of an image for another machine. Returns it."""
    config = parsed(content, "config")
    if platform(config) != PLATFORM:
        raise Unfit(f"The image is not one for {PLATFORM}", platform=platform(config)[:100])
    return config


def opened(content, media_type=""):
    """A manifest or index as a dict, and its media type: its own word counts first.

    Without, and without a known one that came with it, it is what it looks like.
    """
    document = parsed(content, "manifest")
    kind = document.get("mediaType", media_type)
    if not isinstance(kind, str):
        raise Broken("The manifest of the image has a type that is none")
    if kind not in MANIFESTS + INDEXES and "mediaType" not in document:
        kind = INDEX if "manifests" in document else MANIFEST
    return document, kind


def parsed(content, what):
    """A JSON object, or an error that names it."""
    if len(content) > LARGEST_DOCUMENT:
        raise Broken(f"The {what} of the image has more than {LARGEST_DOCUMENT} bytes")
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise Broken(f"The {what} of the image is not JSON") from error
    if not isinstance(document, dict):
        raise Broken(f"The {what} of the image is not a JSON object")
    return document


def digest_of(content):
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
