"""Sends what schemathesis thinks of, about things that exist, and counts the answers."""

from collections import Counter

import schemathesis
from schemathesis.engine import from_schema


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
    if hasattr(event, "recorder"):
        for checks in event.recorder.checks.values():
            for check in checks:
                if check.failure_info:
                    told = check.failure_info
                    yield f"{event.recorder.label}: {told.failure.title}\n{told.failure.message}\n{told.code_sample}"
    for name in ("exception", "value"):
        if isinstance(getattr(event, name, None), Exception):
            yield f"{event}"
