"""What can be done with builds."""

from ec_builds.auth.rules import Verb
from ec_builds.errors import NoMatch
from ec_builds.lists import catalog
from ec_builds.services import demolition
from ec_builds.services.collection import Collection
from ec_builds.store import lists
from ec_builds.store.build import Build
from ec_builds.store.database import CHANGE, KEEP, after_commit, transaction


class Builds(Collection):
    kind, listing, rows = "build", catalog.BUILDS, lists.BUILDS

    def submit(self, caller, platform_id, comment=None):
        """Write down that a build is wanted; it runs when a worker is free. Raises NoMatch."""
        with transaction():
            platform = lists.PLATFORMS.bare(platform_id, caller.reach, KEEP)
            if platform is None:
                raise NoMatch("platformID")
            self.policy.require_on_collection(caller, Verb.CREATE, self.kind, platform.app_id)
            build = Build.create(
                app_id=platform.app_id,
                platform_id=platform_id,
                creator=caller.signature,
                comment=comment,
            )
            Build.record(build.id, "Build accepted", info=caller.origin)
            after_commit(self.executor.ring)
            return lists.complete_new_build(build)

    def pin(self, caller, build, unchanged):
        """Keep a build whatever the retention of its app says."""
        return self.change(caller, build, unchanged, Verb.PIN, pinned=True)

    def unpin(self, caller, build, unchanged):
        """Leave a build to the retention of its app again."""
        return self.change(caller, build, unchanged, Verb.UNPIN, pinned=False)

    def cancel(self, caller, build, unchanged):
        """End a build before its time; what runs is stopped by whoever runs it."""
        with transaction():
            current = self.get(caller, build.id, CHANGE)
            self.policy.require(caller, Verb.CANCEL, self.kind, current)
            unchanged(current)
            self.stop_after_commit(demolition.of_run(Build, build.id, caller.origin))
            return self.get(caller, build.id)

    def let_go(self, build):
        return demolition.of_run(Build, build.id)
