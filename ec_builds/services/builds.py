"""What can be done with builds."""

from ec_builds.errors import NoMatch
from ec_builds.lists import catalog
from ec_builds.services import demolition
from ec_builds.services.collection import Collection
from ec_builds.store import lists
from ec_builds.store.build import Build
from ec_builds.store.database import KEEP, after_commit, transaction


class Builds(Collection):
    kind, listing, rows = "build", catalog.BUILDS, lists.BUILDS

    def submit(self, caller, platform_id, comment=None, request_id=None):
        """Write down that a build is wanted; it runs when a worker is free. Raises NoMatch.

        `request_id` says which request wanted it, if it was one.
        """
        with transaction():
            platform = lists.PLATFORMS.get(platform_id, KEEP)
            if platform is None:
                raise NoMatch("platformID")
            build = Build.create(
                app_id=platform.app_id,
                platform_id=platform_id,
                creator=caller.signature,
                comment=comment,
            )
            Build.record(build.id, "Build accepted", info=request_id and {"requestID": request_id})
            after_commit(self.executor.ring)
            return self.get(build.id)

    def let_go(self, build):
        return demolition.of_run(Build, build.id)
