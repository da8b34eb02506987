"""Whatever the OpenAPI document allows or forbids: no answer is one that it does not know."""

from tests.fuzz.fuzzing import fuzz


def test_every_answer_is_one_that_is_described(description, world):
    failures, tally = fuzz(description, world)

    import os, collections
    if os.environ.get("SHOW"):
        ops = collections.defaultdict(dict)
        for (label, status), n in sorted(tally.items()): ops[label][status] = n
        for label, found in ops.items(): print(label, found)
        print(sum(tally.values()))
    assert not failures, "\n\n".join(failures)
