"""A deployment: one run that takes a build to its targets."""

import peewee

from ec_builds.store.database import JSONField, Row
from ec_builds.store.run import Run


class Deployment(Run):
    build_id = peewee.IntegerField()
    outside_config = JSONField(null=True)
    #: Where the result can be found at each target; relative ones below the root address.
    results = JSONField(null=True)

    events_by = "deployment_id"
    place = "deployments"

    @property
    def kept(self):
        """Where the files are that targets keep for download, by the ids of the targets."""
        start = f"files/deployments/{self.id}/"
        files = [result for result in self.results or () if result.startswith(start)]
        return {each.removeprefix(start).partition("/")[0]: each for each in files}

    def kept_key(self, target_id):
        """Where the file that a target keeps for download lies in the storage."""
        return f"deployments/{self.id}/kept/{target_id}"


class DeploymentTarget(Row):
    """That a deployment goes to a target; ordered by id. The target may be gone meanwhile."""

    id = peewee.BigAutoField()
    deployment_id = peewee.IntegerField()
    target_id = peewee.TextField()

    @classmethod
    def of(cls, deployment_ids):
        """The ids of the targets of some deployments, by deployment."""
        found = {deployment_id: [] for deployment_id in deployment_ids}
        for row in cls.select().where(cls.deployment_id.in_(list(found))).order_by(cls.id):
            found[row.deployment_id].append(row.target_id)
        return found
