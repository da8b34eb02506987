"""What belongs to builds, and how it is read: jobs, artifacts, tags, variables, objects, images."""

import hashlib
import io

from ec_builds.auth.rules import Verb
from ec_builds.lists import catalog
from ec_builds.services.collection import Collection
from ec_builds.services.kept import Found
from ec_builds.store import parts
from ec_builds.store.audit import Audit
from ec_builds.store.database import KEEP, transaction
from ec_builds.store.manifest import Manifest


class Jobs(Collection):
    kind, listing, rows = "job", catalog.JOBS, parts.JOBS


class Artifacts(Collection):
    kind, listing, rows = "artifact", catalog.ARTIFACTS, parts.ARTIFACTS

    def __init__(self, kept, policy=None):
        super().__init__(policy)
        self.kept = kept

    def content(self, artifact):
        """The bytes of an artifact as a Found; None if they are not there (any more)."""
        if artifact.key is None:
            return None
        return self.kept.find(artifact.key, file_name(artifact), artifact.sha256)


class BuildTags(Collection):
    """Tags one by one, which `Tags` knows by their builds."""

    kind, listing, rows = "tag", catalog.TAGS, parts.TAGS

    def __init__(self, builds, tags):
        super().__init__(builds.policy)
        self.builds, self.tags = builds, tags

    def may_give(self, caller, build_id):
        """Raises what speaks against a new tag for a build: NoMatch, if that is not there."""
        app_id = self.builds.expect(caller, build_id).app_id
        self.policy.require_on_collection(caller, Verb.CREATE, self.kind, app_id)

    def create(self, caller, build_id, name):
        """Give a build a tag. Returns it; it may have had it already. Raises NoMatch."""
        with transaction():
            build = self.builds.get(caller, build_id, KEEP)
            self.tags.give(caller, build, [name])
            (given,) = (tag for tag in self.tags.of(build) if tag.name == name)
            return self.get(caller, given.id)

    def note(self, caller, action, tag, **detail):
        """The audit tells of tags by the builds that have them, whichever face was asked."""
        Audit.note(caller, action, self.kind, tag.build_id, tag.app_id, names=[tag.name])


class BuildVariables(Collection):
    """The variables that builds were submitted with."""

    kind, listing, rows = "build-variable", catalog.BUILD_VARIABLES, parts.VARIABLES


class BuildObjects(Collection):
    """The objects that the manifests of builds name."""

    kind, listing, rows = "build-object", catalog.BUILD_OBJECTS, parts.OBJECTS


class BuildImages(Collection):
    """The versions of images that builds make; what is done with these is in `images.py`."""

    kind, listing, rows = "image", catalog.IMAGES, parts.IMAGES


class Manifests:
    """The texts that builds are made by."""

    def of_build(self, build_id):
        """The manifest of a build as a Found; None if it has none (yet)."""
        text = Manifest.text_of(build_id)
        if text is None:
            return None
        content = text.encode()
        tag = hashlib.sha256(content).hexdigest()
        return Found(io.BytesIO(content), f"build-{build_id}.txt", len(content), tag)


def file_name(artifact):
    """A name under which an artifact can be saved anywhere: the last part of its own."""
    name = artifact.name.rstrip("/").rpartition("/")[2]
    return "".join(each if each.isprintable() else "_" for each in name) or "artifact"
