"""Whatever the OpenAPI document allows or forbids: no answer is one that it does not know."""

import os

from tests.fuzz.fuzzing import fuzz

#: From so many examples on, edges are looked at by everybody and on each database.
MANY = 50


def test_every_answer_is_one_that_is_described(describe, world, request):
    examples = request.config.getoption("--fuzz")
    at_edges = examples >= MANY or request.node.callspec.id == "sqlite-admin"
    description = describe(examples=examples, at_edges=at_edges)

    failures, tally = fuzz(description, world)
    if os.environ.get("SHOW"):
        ops = {}
        for (label, status), n in sorted(tally.items(), key=str):
            ops.setdefault(label, {})[status] = n
        for label, found in ops.items():
            print(label, found)
        print(sum(tally.values()))
    assert not failures, "\n\n".join(failures)
