"""What is known of a build by a manifest before it runs, written down with it."""

from ec_builds.store.artifact import Artifact
from ec_builds.store.database import now
from ec_builds.store.job import Job
from ec_builds.store.manifest import Manifest
from ec_builds.store.namespace import Namespace
from ec_builds.store.thing import BuildObject, Thing
from ec_builds.store.variable import BuildVariable, Variable

#: Rows of one statement.
MANY = 100


def write(build, outline):
    """Write down manifest, jobs, artifacts, variables and objects; part of a transaction.

    The variables and objects of the owner's builds that name no namespace count everywhere, but
    those of the app of the build count more.
    """
    default = Namespace.at(build.owner_id, "")
    default_app_id = default and default.app_id
    Manifest.create(build_id=build.id, text=outline.text)
    moment = now()
    write_jobs(build.id, outline.jobs, moment)
    write_variables(build.id, [default_app_id, build.app_id], outline.environment)
    write_objects(build.id, [build.app_id, default_app_id], outline.objects)


def write_jobs(build_id, parts, moment):
    for part in parts:
        job = Job.create(
            build_id=build_id,
            kind=part.kind,
            stage=part.stage,
            name=part.name,
            commands=part.commands,
            may_fail=part.may_fail,
            created=moment,
        )
        if part.artifacts:
            Artifact.insert_many(
                {
                    "build_id": build_id, "job_id": job.id, "source": source, "name": name,
                    "declared": True, "created": moment,
                }
                for source, name in part.artifacts
            ).execute()


def write_variables(build_id, app_ids, environment):
    """Those of the apps in this order, then those of the manifest; of equal keys the last one."""
    rows = []
    for app_id in dict.fromkeys(app_ids):
        for each in Variable.select().where(Variable.app == app_id).order_by(Variable.key):
            rows.append(
                {
                    "build_id": build_id, "variable_id": each.id, "key": each.key, "value": None,
                    "secret": each.secret_id, "masked": each.masked,
                }
            )
    for key, value in environment:
        rows.append(
            {
                "build_id": build_id, "variable_id": None, "key": key, "value": value,
                "secret": None, "masked": False,
            }
        )
    insert(BuildVariable, rows)


def write_objects(build_id, app_ids, wanted):
    """The object of each name in the first app that has one."""
    names = [source for source, _ in wanted]
    found = {}
    for app_id in app_ids:
        for each in Thing.select().where(Thing.app == app_id, Thing.name.in_(names)):
            found.setdefault(each.name, each.id)
    rows = [
        {"build_id": build_id, "object": found.get(source), "source": source, "name": name}
        for source, name in wanted
    ]
    insert(BuildObject, rows)


def insert(row, rows):
    for begin in range(0, len(rows), MANY):
        row.insert_many(rows[begin : begin + MANY]).execute()
