"""An OCI image layout: a folder with the blobs of an image."""

import os
import stat
from contextlib import contextmanager
from pathlib import Path

import orjson

from ec_builds.oci import manifest as manifests
from ec_builds.oci.checking import verified
from ec_builds.oci.errors import Broken
from ec_builds.oci.inspection import DEEPEST
from ec_builds.oci.manifest import Manifest

#: Bytes that are read at once.
PIECE = 1 << 18
#: What is read first, and what the names of blobs begin with: in layouts of OCI, and in folders as
#: Buildah and Podman write them for images in Docker's format.
INDEX, BLOBS = "index.json", "blobs/sha256/"
OTHER_INDEX, OTHER_BLOBS = "manifest.json", ""


class Layout:
    """The image for linux/amd64 of a folder. Manifest and config are read and checked at once."""

    def __init__(self, folder):
        self.folder = Path(folder)
        is_other = not self.has(INDEX) and self.has(OTHER_INDEX)
        self.blobs = OTHER_BLOBS if is_other else BLOBS
        content = self.small(OTHER_INDEX if is_other else INDEX)
        for _ in range(DEEPEST):
            if not manifests.is_index(content):
                break
            content = self.document(manifests.choose(content))
        else:
            raise Broken("The image is an index of indexes without end")
        self.manifest = Manifest.read(content)
        self.config = manifests.examine_config(self.document(self.manifest.config))

    @classmethod
    def write(cls, folder, manifest):
        """Complete a folder that has all the blobs of an image with its manifest."""
        folder = Path(folder)
        name = manifest.digest.partition(":")[2]
        (folder / "blobs" / "sha256" / name).write_bytes(manifest.content)
        entry = manifests.Descriptor.of(manifest.content, manifest.media_type).as_dict()
        index = {"schemaVersion": 2, "mediaType": manifests.INDEX, "manifests": [entry]}
        (folder / "index.json").write_bytes(orjson.dumps(index))
        (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
        return cls(folder)

    @property
    def digest(self):
        return self.manifest.digest

    @property
    def size(self):
        """Bytes of the compressed layers and the config."""
        return self.manifest.size

    @contextmanager
    def blob(self, descriptor):
        """The pieces of a blob, which end with an error unless they are what was promised."""
        with self.opened(self.blobs + descriptor.digest.partition(":")[2]) as file:
            pieces = iter(lambda: file.read(PIECE), b"")
            yield verified(pieces, descriptor)

    def document(self, descriptor):
        """A small blob as a whole."""
        if descriptor.size > manifests.LARGEST_DOCUMENT:
            raise Broken(f"The image has a config of more than {manifests.LARGEST_DOCUMENT} bytes")
        with self.blob(descriptor) as pieces:
            return b"".join(pieces)

    def has(self, name):
        return os.path.lexists(self.folder / name)

    def small(self, name):
        with self.opened(name) as file:
            return file.read(manifests.LARGEST_DOCUMENT + 1)

    @contextmanager
    def opened(self, name):
        """A file of the folder; one that is elsewhere, or is none, is not opened."""
        path = self.folder / name
        try:
            if path.parent.resolve() != self.folder.resolve() / Path(name).parent:
                raise Broken(f"The image's {name} is not in its folder")
            number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise Broken(f"The image's {name} cannot be read: {error.strerror}") from error
        if not stat.S_ISREG(os.fstat(number).st_mode):
            os.close(number)
            raise Broken(f"The image's {name} is not a file")
        with open(number, "rb") as file:
            yield file
