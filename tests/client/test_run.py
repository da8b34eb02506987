"""Builds and deployments, followed to their end."""

import pytest

from ec_builds.client import Run, Unexpected


def event(number, message, type="info", temporary=False, word="build"):
    return {
        f"{word}EventID": number,
        f"{word}EventType": type,
        "timestamp": "2024-05-02T08:00:00.000Z",
        "message": message,
        "temporary": temporary,
        "info": {},
    }


@pytest.fixture
def run(server, session):
    """A run that looks as written down, once more after each pause."""

    def run(*looks):
        looks = iter(looks)

        def show(seconds=0):
            pauses.append(seconds)
            server.say("/", {"successful": "running", **next(looks)})

        pauses = []
        show()
        run = Run(session.root(), pause=show)
        run.pauses = pauses
        return run

    return run


def test_each_event_comes_once_and_in_order(run):
    one, two, three = event(1, "one"), event(2, "two", temporary=True), event(3, "three")
    running = run(
        {"events": [two, one]},
        {"events": [one, two]},
        {"events": [three, one, two], "successful": "success"},
    )

    assert [each.message for each in running.events()] == ["one", "two", "three"]
    assert running.is_over and running.has_succeeded


def test_events_of_deployments_are_events(run):
    told = event("7", "on its way", "warn", True, "deployment")
    running = run({"events": [told], "successful": "error"})

    (found,) = running.events()

    assert (found.id, found.type, found.temporary) == (7, "warn", True)
    assert found.message == "on its way"


def test_pauses_grow_as_long_as_nothing_happens(run):
    quiet = [{"events": []}] * 30

    running = run(*quiet, {"events": [event(1, "one")]}, {"events": [], "successful": "success"})
    list(running.events())

    *grown, last = running.pauses[1:]
    assert grown == sorted(grown) and grown[-1] == 1.0
    assert last == 0.05


def test_a_failure_says_why(run):
    told = run({"events": [], "successful": "error", "statusDetail": "No space left"})
    assert (told.has_succeeded, told.detail) == (False, "No space left")

    untold = run({"events": [event(1, "It broke", "error")], "successful": "error"})
    assert untold.detail == "It broke"

    silent = run({"events": [], "successful": "error"})
    assert silent.detail is None


def test_events_that_are_none_are_told(run):
    running = run({"events": {"a": 1}})

    with pytest.raises(Unexpected, match="are not a list"):
        list(running.events())
