"""How namespaces look (reference, section 2.4)."""

from ec_builds.faces.djinn import addresses
from ec_builds.faces.djinn.representations.times import moment
from ec_builds.faces.djinn.representations.user import user

#: What belongs to a namespace, each at an address of its own.
PARTS = (
    "builds", "namespaces", "images", "objects", "variables", "keys", "collaborators", "invites",
    "webhooks",
)


def namespace(row):
    """A namespace with its owner; None stays None."""
    if row is None:
        return None
    own = addresses.namespace(row)
    return {
        "id": row.id,
        "user_id": row.account.number,
        "root_id": row.top_id,
        "parent_id": row.parent_id,
        "name": row.name,
        "path": row.path,
        "description": row.description,
        "visibility": row.visibility,
        "created_at": moment(row.created),
        "url": own,
        **{f"{part}_url": f"{own}/-/{part}" for part in PARTS},
        "user": user(row.account),
        "parent": None,
        "build": None,
    }
