"""How invitations look."""

from ec_builds.faces.djinn import addresses
from ec_builds.faces.djinn.representations.namespace import namespace
from ec_builds.faces.djinn.representations.times import moment
from ec_builds.faces.djinn.representations.user import user


def invite(row, caller):
    """An invitation, as it looks to who has sent it, or has got it."""
    return {
        "id": row.number,
        "namespace_id": row.namespace.id,
        "invitee_id": row.invitee and row.invitee.number,
        "inviter_id": row.inviter.number,
        "created_at": moment(row.created),
        "url": addresses.invite(row),
        "invitee": invitee(row, caller),
        "inviter": user(row.inviter),
        "namespace": namespace(row.namespace),
    }


def invitee(row, caller):
    """Who is invited. Nobody learns an email by inviting a name, but whose it is sees it."""
    if row.invitee is None or row.invitee_id == caller.id:
        return user(row.invitee)
    return {**user(row.invitee), "email": ""}
