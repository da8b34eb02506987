"""What builds and deployments have in common, as clients of the native face see it."""

from ec_builds.hal import relations as rel
from ec_builds.states import State

#: State: its word in `successful` (design, section 4).
WORDS = {
    State.CREATED: "running",
    State.QUEUED: "running",
    State.RUNNING: "running",
    State.CANCELLING: "running",
    State.SUCCEEDED: "success",
    State.SUCCEEDED_WITH_FAILURES: "success",
    State.FAILED: "error",
    State.CANCELLED: "error",
    State.TIMED_OUT: "error",
}


def course(row, word):
    """The properties that tell how a run goes; `word` is build or deployment."""
    return {
        "creator": row.creator,
        "comment": row.comment,
        "started": row.started,
        "finished": row.finished,
        "successful": WORDS[row.state],
        "status": str(row.state),
        "statusDetail": row.detail,
        "events": [event(each, word) for each in row.events],
    }


def event(row, word):
    return {
        f"{word}EventID": row.id,
        f"{word}EventType": row.type,
        "timestamp": row.timestamp,
        "message": row.message,
        "temporary": bool(row.temporary),
        "info": row.info,
    }


def link_owners(document, kind, row, urls):
    """The links that every run has."""
    of_platform = urls.collection(kind, platformID=row.platform_id)
    document.link("collection", of_platform, profile=urls.schema(f"{kind}s"))
    document.link(rel.APP, urls.item("app", row.app_id), profile=urls.schema("app"))
    platform = urls.item("platform", row.platform_id)
    return document.link(rel.PLATFORM, platform, profile=urls.schema("platform"))


def owner_of(question, *names):
    """What a list of runs is about, as parameters: the first of `names` with just one value."""
    for name in names:
        owner_id = question.value_of(name)
        if owner_id is not None:
            return {name: owner_id}
    return {}


def link_owner(document, owner, urls):
    """The platform of a list of runs, if it is about one."""
    if "platformID" in owner:
        platform = urls.item("platform", owner["platformID"])
        document.link(rel.PLATFORM, platform, profile=urls.schema("platform"))
    return document
