"""How collaborators look: as users who are at an address."""

from ec_builds.faces.djinn import addresses
from ec_builds.faces.djinn.representations.times import moment
from ec_builds.faces.djinn.representations.user import user


def collaborator(row, top):
    """A member of a topmost namespace, since when, and where."""
    since = moment(row.created)
    return {**user(row.account), "created_at": since, "url": addresses.collaborator(row, top)}
