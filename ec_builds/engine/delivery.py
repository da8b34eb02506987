"""The stages of a deployment, in the order in which they run."""

import os
import shutil
from contextlib import contextmanager

from ec_builds.engine import archive
from ec_builds.engine.stages import called, conceal, settings
from ec_builds.engine.watched import Watched
from ec_builds.errors import BuildError
from ec_builds.plugins.contract import Image
from ec_builds.states import SUCCESSFUL
from ec_builds.store.app import App
from ec_builds.store.build import Build
from ec_builds.store.configured import Target
from ec_builds.store.deployment import Deployment, DeploymentTarget
from ec_builds.store.image import is_image
from ec_builds.store.site import Site

#: How events call such a run.
NAME = "Deployment"


def load(context, run_id):
    """Find out what is to be delivered, and where to."""
    deployment = Deployment.get_by_id(run_id)
    context.deployment = deployment
    context.build = Build.living().where(Build.id == deployment.build_id).first()
    target_ids = DeploymentTarget.of([run_id])[run_id]
    rows = {row.id: row for row in Target.living().where(Target.id.in_(target_ids))}
    #: Path, target and place in the storage of each site; served when all has succeeded.
    context.sites = []
    context.targets = [(target_id, rows.get(target_id)) for target_id in target_ids]
    context.facts.update(
        deploymentID=run_id,
        buildID=deployment.build_id,
        platformID=deployment.platform_id,
        appID=deployment.app_id,
        shortID=App.get_by_id(deployment.app_id).short_id,
        outsideConfig=deployment.outside_config,
        deployFolder=context.tools.deploy_folder,
        **(called(context.build) if context.build else {}),
    )
    for row in rows.values():
        conceal(context, "target", row)
    context.note("Deployment started", buildID=deployment.build_id, targetIDs=target_ids)


def fetch_artifact(context):
    """Bring the zip of the build into the workspace; an image stays where it is."""
    if context.build is None or context.build.state not in SUCCESSFUL:
        raise BuildError("The build is no longer there")
    if is_image(context.build.location):
        context.result = image_at(context.build.location)
        return
    context.artifact = context.workspace / "result.zip"
    with context.action("Fetching the result of the build", "Result fetched") as facts:
        try:
            with context.storage.open(context.build.result_key) as kept:
                with context.artifact.open("xb") as copy:
                    shutil.copyfileobj(Watched(kept, context.check), copy, archive.BLOCK)
        except KeyError as error:
            raise BuildError("The file of the build is missing in the storage") from error
        facts["size"] = context.artifact.stat().st_size


def image_at(location):
    """An image as targets are given it."""
    found = location["config"]
    references = ((each["region"], each["reference"]) for each in found["images"])
    return Image(found["digest"], found["size"], tuple(references))


def unpack_artifact(context):
    """Unpack the zip beside it, if there is one."""
    if context.artifact is None:
        return
    context.result = context.workspace / "result"
    with context.action("Unpacking the result", "Result unpacked"):
        context.result.mkdir()
        archive.unpack(context.artifact, context.result, context.check)


def deliver(context):
    """Deliver the result to each target, in the order in which they were named."""
    results = []
    for target_id, row in context.targets:
        context.check()
        if row is None:
            raise BuildError("A target has been deleted meanwhile", targetID=target_id)
        target = context.tools.plugin("target", row.type, "target")
        if target.takes != context.build.location["type"]:
            told = "The target does not take what the build has left"
            raise BuildError(told, targetID=target_id)
        facts = {"targetID": target_id, "targetType": row.type}
        with context.action("Delivering to a target", "Delivered to a target", **facts) as done:
            place = Delivery(context, row)
            result = target.deploy(settings(row), context.result, place)
            done |= {**facts, "result": result}
        results.append(result)
    context.changes = {"results": [context.masks.text(result) for result in results]}


def outcome(context):
    """What the last event of a successful deployment tells."""
    return dict(context.changes)


class Delivery:
    """The context that one target is given: the run's, and where this target may put things."""

    def __init__(self, context, row):
        self.context, self.row = context, row

    def __getattr__(self, name):
        return getattr(self.context, name)

    def publish(self, path, folder):
        """Serve a folder as a web site below a path of the app; see the contract of plugins."""
        prefix = f"{self.context.prefix}/sites/{self.row.id}"
        whole = f"{self.context.facts['shortID']}/{path.strip('/')}"
        if not Site.is_free(whole, self.context.deployment.app_id):
            raise taken(whole)
        files = [each for each in archive.entries(folder) if os.path.isfile(each[1])]
        with nameable(prefix):
            self.context.storage.put_all(prefix, files)
        self.context.sites.append((whole, self.row.id, prefix))
        return f"sites/{whole}/"

    def keep(self, file, name):
        """Keep a file for download; see the contract of plugins."""
        self.context.storage.put(self.context.deployment.kept_key(self.row.id), file)
        return f"files/deployments/{self.context.deployment.id}/{self.row.id}/{name}"


@contextmanager
def nameable(prefix):
    """Tells of files whose names the storage cannot keep."""
    try:
        yield
    except KeyError as error:
        name = error.args[0].removeprefix(f"{prefix}/")
        raise BuildError(f"A file with such a name cannot be served: {name}") from error


def seal(context):
    """Serve the sites, in the transaction that says that the deployment has succeeded.

    Before that nobody sees them, and what was served stays.
    """
    for path, target_id, prefix in context.sites:
        if not Site.put(path, target_id, context.deployment, prefix):
            raise taken(path)


def taken(path):
    return BuildError(f"Another app is served at “{path}” already", path=path)


STAGES = (fetch_artifact, unpack_artifact, deliver)
