"""How objects look: those of a namespace, and those of a build (reference, section 2.8)."""

from ec_builds.faces.djinn import addresses
from ec_builds.faces.djinn.representations.namespace import namespace
from ec_builds.faces.djinn.representations.times import moment
from ec_builds.faces.djinn.representations.user import user


def thing(row):
    """An object."""
    url = addresses.at(f"/objects/{row.id}")
    return {
        "id": row.id,
        "author_id": row.author.number,
        "user_id": row.owner.number,
        "namespace_id": row.namespace and row.namespace.id,
        "name": row.name,
        "type": row.type,
        "size": row.size,
        "md5": row.md5,
        "sha256": row.sha256,
        "created_at": moment(row.created),
        "url": url,
        "builds_url": f"{url}/builds",
        "author": user(row.author),
        "user": user(row.owner),
        "namespace": namespace(row.namespace),
    }


def of_build(row):
    """An object as a build is given it."""
    own = thing(row.object)
    return {
        **own,
        "build_id": row.build_id,
        "source": row.name,
        "placed": bool(row.placed),
        "object_url": own["url"],
    }
