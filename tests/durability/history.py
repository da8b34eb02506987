"""What has to be true of everything that was ever accepted, whatever died meanwhile."""

import hashlib
from collections import Counter

from ec_builds.states import FINISHED, SUCCESSFUL
from ec_builds.store.build import Build
from ec_builds.store.litter import Litter
from ec_builds.store.run import Event

ACCEPTED, BEGUN = "Build accepted", "Build started"
AGAIN = (
    "Its worker was lost; it is queued again",
    "The server is stopping; it is queued again",
    "The database did not answer; it is queued again",
)
#: How messages begin that tell of an end.
ENDS = ("Build succeeded", "Build failed", "Build cancelled", "Build stopped", "Given up",
        "Cancelled")


def check(accepted, storage):
    """Hold rows, events and files against what clients were promised. Raises AssertionError.

    accepted: ids of the builds whose POST was answered by 201. Nothing may run any more.
    """
    rows = {build.id: build for build in Build.select()}
    assert set(accepted) <= rows.keys(), "what was accepted is lost"
    assert len(accepted) == len(set(accepted)), "an id was given out twice"
    events = Event.of("build_id", list(rows))
    assert Litter.select().count() == 0
    for build in rows.values():
        check_course(build, [event.message for event in events[build.id]])
        check_files(build, storage)
    return Counter(build.state for build in rows.values())


def check_course(build, messages):
    """Accepted once, begun only when nobody else had it, ended once and then nothing more."""
    told = f"build {build.id}: {messages}"
    assert build.state in FINISHED, told
    assert messages[0] == ACCEPTED and messages.count(ACCEPTED) == 1, told
    assert [message.startswith(ENDS) for message in messages].count(True) == 1, told
    assert messages[-1].startswith(ENDS), told
    assert ("Build succeeded" in messages) is (build.state in SUCCESSFUL), told
    owned = False
    for message in messages:
        if message == BEGUN:
            assert not owned, told
            owned = True
        elif message in AGAIN:
            owned = False


def check_files(build, storage):
    """One result for a success, whole and where the row says; nothing for all others."""
    folder = storage.root / "builds" / str(build.id)
    found = [str(path.relative_to(storage.root)) for path in folder.rglob("*") if path.is_file()]
    results = [name for name in found if "/log" not in name]
    assert results == ([build.result_key] if build.state in SUCCESSFUL else []), (build.id, found)
    if build.state in SUCCESSFUL:
        whole = (storage.root / build.result_key).read_bytes()
        config = build.location["config"]
        assert (len(whole), hashlib.sha256(whole).hexdigest()) == (config["size"], config["sha256"])
