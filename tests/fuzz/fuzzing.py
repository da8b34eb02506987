"""Sends what schemathesis thinks of, about things that exist, and counts the answers."""

from collections import Counter, defaultdict
from contextlib import contextmanager

import schemathesis
from schemathesis.engine import from_schema
from schemathesis.engine.events import FatalError, NonFatalError, ScenarioFinished

#: Characters of a body that are shown.
LONGEST = 500


def fuzz(description, world):
    """Ask everything that is described. Returns what is wrong, and the answers.

    The answers to what the document allows are counted: by operation, a Counter of statuses.
    """
    answers = defaultdict(Counter)

    def before_call(context, case, kwargs):
        world.inhabit(case)

    def after_call(context, case, response):
        if case.meta.generation.mode.is_positive:
            answers[case.operation.label][response.status_code] += 1
        world.mourn(case, response)

    with hooks(before_call, after_call):
        events = from_schema(description).execute()
        found = [each for event in events for each in wrong(event)]
    return list(dict.fromkeys(found)), answers


@contextmanager
def hooks(*functions):
    """What schemathesis calls until the end of the block, whatever it asks."""
    for function in functions:
        schemathesis.hook(function)
    try:
        yield
    finally:
        for function in functions:
            schemathesis.hooks.unregister(function)


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
