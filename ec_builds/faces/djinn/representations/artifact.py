"""How artifacts look (reference, section 2.6)."""

from ec_builds.faces.djinn import addresses
from ec_builds.faces.djinn.representations.build import build as whole
from ec_builds.faces.djinn.representations.times import moment


def artifact(row, build):
    """An artifact of a build, without that."""
    return {
        "id": row.id,
        "user_id": build.owner.number,
        "build_id": row.build_id,
        "job_id": row.job_id,
        "source": row.source,
        "name": row.name,
        "size": row.size,
        "md5": row.md5,
        "sha256": row.sha256,
        "created_at": moment(row.created),
        "deleted_at": moment(row.let_go),
        "url": f"{addresses.build(build)}/artifacts/{row.id}",
        "user": None,
        "job": None,
    }


def one(row, build):
    """An artifact with its build."""
    return {**artifact(row, build), "build": whole(build)}
