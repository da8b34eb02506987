"""How tags look (reference, section 2.7)."""

from ec_builds.faces.djinn import addresses
from ec_builds.faces.djinn.representations.build import build as whole
from ec_builds.faces.djinn.representations.times import moment
from ec_builds.faces.djinn.representations.user import user


def tag(row, build):
    """A tag of a build, without that; the one who gave it has their number."""
    return {
        "id": row.id,
        "user_id": row.account.number,
        "build_id": row.build_id,
        "name": row.name,
        "created_at": moment(row.created),
        "url": f"{addresses.build(build)}/tags/{row.id}",
        "user": user(row.account),
    }


def one(row, build):
    """A tag with its build."""
    return {**tag(row, build), "build": whole(build)}
