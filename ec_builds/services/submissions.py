"""Builds that are submitted as a manifest: where they go to follows from it."""

from ec_builds.auth.rules import Verb
from ec_builds.manifest import grammar
from ec_builds.store.database import transaction
from ec_builds.store.tag import Tag


class Submissions:
    """drivers: the types that manifests may use here."""

    def __init__(self, builds, namespaces, plugins, drivers):
        self.builds, self.namespaces = builds, namespaces
        self.plugins, self.drivers = plugins, drivers

    def submit(self, caller, text, comment=None, tags=()):
        """Write down that a build by a manifest is wanted. Returns the build.

        Nothing is stored unless all of it is right. Raises ManifestError, and NoMatch for a
        namespace that one has no part in.
        """
        self.builds.policy.require_scope(caller, Verb.CREATE, self.builds.kind)
        manifest = grammar.read(text, drivers=self.drivers)
        with transaction():
            namespace = self.namespaces.open(caller, manifest.namespace, manifest.owner)
            platform = self.namespaces.platform(namespace)
            build = self.builds.submit(caller, platform.id, comment, manifest=text)
            Tag.give(build.id, caller.id, [tag for tag in tags if tag])
            return build
