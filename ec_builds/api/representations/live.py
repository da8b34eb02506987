"""How the news of a build look to those who watch it."""

from ec_builds.api.representations import run


def event(row):
    """An event, as in the `events` of its build."""
    return run.event(row, "build")


def state(state):
    """Where the build stands, exactly and in three words."""
    return {"status": str(state), "successful": run.WORDS[state]}
