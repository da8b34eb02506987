"""How webhooks look, and what they are told (reference, section 5.9)."""

from ec_builds.faces.djinn import addresses
from ec_builds.faces.djinn.representations.build import build as whole
from ec_builds.faces.djinn.representations.namespace import namespace
from ec_builds.faces.djinn.representations.times import moment
from ec_builds.faces.djinn.representations.user import user


def webhook(row):
    """A webhook; its secret is shown to nobody."""
    return {
        "id": row.id,
        "author_id": row.author.number,
        "user_id": row.owner.number,
        "namespace_id": row.namespace.id,
        "payload_url": row.url,
        "ssl": bool(row.verified),
        "active": bool(row.active),
        "url": f"{addresses.namespace(row.namespace)}/-/webhooks/{row.id}",
        "events": row.events,
        "last_response": response(row.last),
        "author": user(row.author),
        "user": user(row.owner),
        "namespace": namespace(row.namespace),
    }


def response(delivery):
    """How a delivery was answered; clients want a number even if it was not."""
    if delivery is None:
        return None
    return {
        "error": delivery.error,
        "code": delivery.code or 0,
        "duration": int(delivery.seconds * 1e9),
        "created_at": moment(delivery.tried),
    }


def tagged(build, account, tags, most):
    """What is told of new tags, given by their ids and names."""
    url = f"{addresses.build(build)}/tags"
    return {
        "build": whole(build, most),
        "user": user(account),
        "tags": [{"name": name, "url": f"{url}/{tag_id}"} for tag_id, name in tags],
        "url": url,
    }
