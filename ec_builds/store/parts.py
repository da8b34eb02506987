"""The lists of what belongs to builds: jobs, artifacts, tags, variables, objects, images.

None of them has an app of its own: it is that of the build, which each row gets as `app_id`.
"""

from ec_builds.store.account import Account
from ec_builds.store.artifact import Artifact
from ec_builds.store.build import Build
from ec_builds.store.image import Image
from ec_builds.store.job import Job
from ec_builds.store.lists import RowList, of_apps
from ec_builds.store.people import by_id
from ec_builds.store.tag import Tag
from ec_builds.store.thing import BuildObject, Thing
from ec_builds.store.upload import Part, Upload
from ec_builds.store.variable import BuildVariable, Secret


class PartList(RowList):
    """A list of what belongs to builds; within reach is what belongs to a build within reach."""

    def visible(self, reach):
        mine = Build.id == self.columns["buildID"]
        query = self.row.select(self.row, Build.app_id.alias("app_id")).join(Build, on=mine)
        query = query.where(Build.deleted.is_null())
        for condition in self.within(reach):
            query = query.where(condition)
        return query.objects()


def part_list(row, columns, complete=lambda rows: None):
    return PartList(row, columns, complete, of_apps(Build.app_id))


def complete_tags(rows):
    """Puts `account`, who gave it, on each tag."""
    accounts = by_id(Account, [row.account_id for row in rows])
    for row in rows:
        row.account = accounts[row.account_id]


def complete_variables(rows):
    """Puts `shown` on each variable: its value, but None for one that is masked."""
    secrets = by_id(Secret, [row.secret_id for row in rows if row.secret_id and not row.masked])
    for row in rows:
        row.shown = None
        if not row.masked:
            row.shown = row.value if row.secret_id is None else secrets[row.secret_id].config


def complete_objects(rows):
    """Puts `thing`, the object itself, on each object of a build; None if there is none."""
    things = by_id(Thing, [row.object_id for row in rows if row.object_id])
    for row in rows:
        row.thing = things.get(row.object_id)


def complete_images(rows):
    """Puts `build`, `upload` and `received`, the bytes of that which are there, on each image.

    There is no upload where nothing is uploaded, or the build has ended, which lets go of it.
    """
    builds = by_id(Build, [row.build_id for row in rows])
    uploads = {each.build_id: each for each in Upload.of(list(builds))}
    received = dict(Part.received(list(builds)))
    for row in rows:
        row.build = builds[row.build_id]
        row.upload = None if row.build.is_finished else uploads.get(row.build_id)
        row.received = int(received.get(row.build_id, 0))  # PostgreSQL sums up to decimals


JOBS = part_list(
    Job,
    {
        "jobID": Job.id,
        "buildID": Job.build_id,
        "name": Job.name,
        "stage": Job.stage,
        "status": Job.state,
        "created": Job.created,
        "started": Job.started,
        "finished": Job.finished,
    },
)
ARTIFACTS = part_list(
    Artifact,
    {
        "artifactID": Artifact.id,
        "buildID": Artifact.build_id,
        "jobID": Artifact.job_id,
        "name": Artifact.name,
        "source": Artifact.source,
        "size": Artifact.size,
        "created": Artifact.created,
    },
)
TAGS = part_list(
    Tag,
    {
        "tagID": Tag.id,
        "buildID": Tag.build,
        "accountID": Tag.account,
        "name": Tag.name,
        "created": Tag.created,
    },
    complete_tags,
)
VARIABLES = part_list(
    BuildVariable,
    {
        "variableID": BuildVariable.id,
        "buildID": BuildVariable.build_id,
        "key": BuildVariable.key,
    },
    complete_variables,
)
IMAGES = part_list(Image, {"buildID": Image.build}, complete_images)
OBJECTS = part_list(
    BuildObject,
    {
        "objectID": BuildObject.id,
        "buildID": BuildObject.build_id,
        "name": BuildObject.source,
        "destination": BuildObject.name,
    },
    complete_objects,
)
