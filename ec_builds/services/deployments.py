"""What can be done with deployments."""

from ec_builds.auth.rules import Verb
from ec_builds.errors import InvalidParameter, NoMatch
from ec_builds.lists import catalog
from ec_builds.services.collection import Collection
from ec_builds.states import SUCCESSFUL
from ec_builds.store import lists
from ec_builds.store.database import KEEP, after_commit, transaction
from ec_builds.store.deployment import Deployment, DeploymentTarget

#: What builds leave, and targets take, in words.
WORDS = {"zipFile": "a zip", "containerImage": "an image"}


class Deployments(Collection):
    kind, listing, rows = "deployment", catalog.DEPLOYMENTS, lists.DEPLOYMENTS

    def __init__(self, policy=None, executor=None, plugins=None):
        super().__init__(policy, executor)
        self.plugins = plugins

    def submit(
        self, caller, platform_id, build_id, target_ids, comment=None, outside_config=None
    ):
        """Write down that a build is to be delivered. Raises NoMatch and InvalidParameter."""
        with transaction():
            platform = self.inspect(caller, platform_id, build_id, target_ids)
            deployment = Deployment.create(
                app_id=platform.app_id,
                platform_id=platform_id,
                build_id=build_id,
                creator=caller.signature,
                comment=comment,
                outside_config=outside_config,
            )
            for target_id in target_ids:
                DeploymentTarget.create(deployment_id=deployment.id, target_id=target_id)
            Deployment.record(deployment.id, "Deployment accepted", info=caller.origin)
            told = {"platformID": platform_id, "buildID": build_id, "targetIDs": target_ids}
            self.note(caller, Verb.CREATE, deployment, **told)
            after_commit(self.executor.ring)
            return self.get(caller, deployment.id)

    def may_start(self, caller, platform_id):
        """The platform, if it may be deployed. Raises what speaks against it."""
        platform = lists.PLATFORMS.get(platform_id, caller.reach, KEEP)
        if platform is None:
            raise NoMatch("platformID")
        self.policy.require_on_collection(caller, Verb.CREATE, self.kind, platform.app_id)
        return platform

    def inspect(self, caller, platform_id, build_id, target_ids):
        """The platform, if all that is named belongs to it and the build can be delivered."""
        platform = self.may_start(caller, platform_id)
        build = lists.BUILDS.bare(build_id, caller.reach, KEEP)
        if build is None:
            raise NoMatch("buildID")
        if build.platform_id != platform_id:
            raise InvalidParameter("buildID", "The build belongs to another platform.")
        if build.state not in SUCCESSFUL:
            waits = "is still running; wait for its success"
            reason = "did not succeed" if build.is_finished else waits
            raise InvalidParameter("buildID", f"Build {build_id} {reason}.")
        if build.location is None:
            told = f"Build {build_id} succeeded without a result: there is nothing to deploy."
            raise InvalidParameter("buildID", told)
        for target_id in target_ids:
            target = lists.TARGETS.bare(target_id, caller.reach)
            if target is None:
                raise NoMatch("targetID")
            if target_id not in platform.target_ids:
                raise InvalidParameter("targetID", "The platform does not have this target.")
            self.compare(build, target)
        return platform

    def compare(self, build, target):
        """Raises InvalidParameter for a target that does not take what a build has left."""
        plugin, left = self.plugins.get("target", target.type), build.location["type"]
        if plugin is not None and plugin.takes != left:
            left, takes = (WORDS.get(each, each) for each in (left, plugin.takes))
            told = f"The build left {left}, and a target of type {target.type} takes {takes}."
            raise InvalidParameter("targetID", told)
