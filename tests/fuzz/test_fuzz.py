"""Whatever the OpenAPI document allows or forbids: no answer is one that it does not know."""

from tests.fuzz.fuzzing import fuzz

#: From so many examples on, edges are looked at by everybody and on each database.
MANY = 50
#: How many of the requests that the document allows should be answered with what was asked for.
FAIR = 1 / 3


def test_every_answer_is_one_that_is_described(describe, world, role, request):
    examples = request.config.getoption("--fuzz")
    at_edges = examples >= MANY or request.node.callspec.id == "admin-sqlite"
    description = describe(examples=examples, at_edges=at_edges)

    failures, answers = fuzz(description, world)

    assert not failures, "\n\n".join(failures)
    assert len(answers) == sum(1 for _ in description.get_all_operations())
    reached = {name: sum(found[status] for status in found if status < 400) / found.total()
               for name, found in answers.items()}
    guarded = {each.ok().label for each in description.get_all_operations()
               if each.ok().definition.raw.get("security") != []}
    if not role.methods:
        assert {name for name in guarded if reached[name]} == set()
        return
    wanted = {name for name in reached if name.partition(" ")[0] in role.methods} - role.beyond
    assert any(reached[name] for name in wanted & guarded)
    if at_edges:
        assert {name: reached[name] for name in wanted if reached[name] < FAIR} == {}
