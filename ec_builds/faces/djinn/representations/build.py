"""How builds look (reference, sections 2.1 and 2.2)."""

from ec_builds.faces.djinn import addresses
from ec_builds.faces.djinn.representations.namespace import namespace
from ec_builds.faces.djinn.representations.output import output
from ec_builds.faces.djinn.representations.times import moment
from ec_builds.faces.djinn.representations.user import user
from ec_builds.faces.djinn.vocabulary import WORDS

PARTS = ("objects", "variables", "jobs", "artifacts", "tags")


def build(row, most=None):
    """A build with all that belongs to it; `most` bytes of its output."""
    own = addresses.build(row)
    return {
        "id": row.id,
        "user_id": row.owner.number,
        "namespace_id": row.namespace and row.namespace.id,
        "number": row.number,
        "manifest": row.manifest,
        "status": WORDS[row.state],
        "output": output(row.id, row.printed_from, None, most) if row.is_finished else None,
        "tags": row.tags,
        "pinned": bool(row.pinned),
        "created_at": moment(row.started),
        "started_at": moment(row.begun),
        "finished_at": moment(row.finished),
        "url": own,
        **{f"{part}_url": f"{own}/{part}" for part in PARTS},
        "user": user(row.owner),
        "namespace": namespace(row.namespace),
        "trigger": trigger(row),
    }


def trigger(row):
    """What has set a build off: somebody."""
    data = {"email": (row.creator or {}).get("email") or ""}
    data["username"] = row.submitter.username if row.submitter else ""
    return {"type": "manual", "comment": row.comment or "", "data": data}
