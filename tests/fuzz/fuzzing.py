"""Sends what schemathesis thinks of, about things that exist, and counts the answers."""

from collections import Counter

import schemathesis
from schemathesis.engine import from_schema
from schemathesis.engine.events import FatalError, NonFatalError, ScenarioFinished

#: Characters of a body that are shown.
LONGEST = 500


def fuzz(description, world):
    """Ask everything that is described. Returns what is wrong, and how often what was answered."""
    tally = Counter()

    @schemathesis.hook
    def before_call(context, case, kwargs):
        world.inhabit(case)

    @description.hook
    def after_call(context, case, response):
        tally[case.operation.label, response.status_code] += 1
        is_end = case.method == "DELETE" or case.path.endswith("/cancel")
        if response.status_code < 300 and is_end:
            world.renew()

    try:
        found = [each for event in from_schema(description).execute() for each in wrong(event)]
    finally:
        schemathesis.hooks.unregister(before_call)
    return list(dict.fromkeys(found)), tally


def wrong(event):
    """What an event of the engine says is wrong, as texts."""
    if isinstance(event, FatalError):
        yield f"{event.exception!r}"
    if isinstance(event, NonFatalError):
        yield f"{event.label}: {event.value!r}"
    if not isinstance(event, ScenarioFinished):
        return
    for case_id, checks in event.recorder.checks.items():
        for check in checks:
            if check.failure_info:
                answer = event.recorder.interactions[case_id].response
                yield told(event.recorder.label, check.failure_info, answer)


def told(label, wrong, answer):
    """What is wrong with an answer, and how to ask for it again."""
    body = (answer.content or b"")[:LONGEST].decode(errors="replace")
    texts = (wrong.failure.title, wrong.failure.message, wrong.code_sample, answer.status_code)
    return "\n".join([label, *map(str, texts), body])
