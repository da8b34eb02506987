"""How jobs look (reference, section 2.5)."""

from ec_builds.faces.djinn import addresses
from ec_builds.faces.djinn.representations.build import build as whole
from ec_builds.faces.djinn.representations.output import output
from ec_builds.faces.djinn.representations.times import moment
from ec_builds.faces.djinn.vocabulary import WORDS


def job(row, build, most=None):
    """A job of a build, without that."""
    return {
        "id": row.id,
        "build_id": row.build_id,
        "name": row.name,
        "stage": row.stage,
        "commands": row.commands,
        "status": WORDS[row.state],
        "output": printed(row, most) if row.is_finished else None,
        "created_at": moment(row.created),
        "started_at": moment(row.started),
        "finished_at": moment(row.finished),
        "url": f"{addresses.build(build)}/jobs/{row.id}",
    }


def printed(row, most=None):
    """What a job has printed; one that never ran has printed nothing."""
    if row.log_start is None:
        return ""
    return output(row.build_id, row.log_start, row.log_end, most)


def one(row, build):
    """A job with its build."""
    return {**job(row, build), "build": whole(build)}
