"""Whether an image can be had, found out with a few small questions."""

from dataclasses import dataclass

from ec_builds.oci import manifest as manifests
from ec_builds.oci.errors import Broken
from ec_builds.oci.manifest import Manifest

#: Indexes within indexes.
DEEPEST = 3
#: Seconds for all questions together, since somebody waits for the answer.
LONGEST = 60


@dataclass(frozen=True)
class Image:
    """An image of linux/amd64."""

    manifest: Manifest

    @property
    def digest(self):
        return self.manifest.digest

    @property
    def size(self):
        """Bytes of the compressed layers and the config."""
        return self.manifest.size


def inspect(registry, reference, seconds=LONGEST):
    """Look an image up, and return it, within some seconds.

    Raises ImageError: Unreachable, Refused, Missing, Unfit or Broken.
    """
    registry = registry.limited(seconds)
    repository, wanted = reference.repository, reference.wanted
    content, kind = registry.manifest(repository, wanted)
    for _ in range(DEEPEST):
        if not manifests.is_index(content, kind):
            break
        content, kind = registry.manifest(repository, manifests.choose(content).digest)
    else:
        raise Broken("The image is an index of indexes without end")
    manifest = Manifest.read(content, kind)
    manifests.examine_config(registry.document(repository, manifest.config))
    return Image(manifest)
