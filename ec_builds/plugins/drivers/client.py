"""An engine, as it is asked of things in the course of one build."""

import time

from ec_builds.errors import BuildError
from ec_builds.plugins.drivers import engines

#: What there is in the place of logins to registries.
NO_LOGINS = '{"auths": {}}'


class Client:
    """Speaks with an engine through the run, so that it stops when the run has to.

    deadline: when all that is asked from now on has to be done, by the monotonic clock.
    """

    def __init__(self, context, deadline):
        self.context, self.deadline = context, deadline
        logins = context.workspace / "logins.json"
        logins.write_text(NO_LOGINS)
        self.logins = {"REGISTRY_AUTH_FILE": str(logins)}
        self.engine = engines.find(self.ask_one)

    def ask(self, *arguments):
        """Ask it something, in silence. Returns the Outcome."""
        return self.ask_one(self.engine, *arguments)

    def ask_one(self, engine, *arguments):
        return self.run(engine, arguments, quiet=True)

    def done(self, *arguments):
        """The same for what has to work. Raises BuildError with what the engine says."""
        outcome = self.ask(*arguments)
        if outcome.failed:
            raise BuildError(engines.told(outcome))
        return outcome

    def follow(self, shown, *arguments):
        """The same, and all that is printed is in the log."""
        return self.run(self.engine, arguments, shown=shown, titled=False)

    def pipe(self, program, *arguments):
        """Let a program of ours ask it, which is given the command."""
        return self.run(self.engine, arguments, program, quiet=True)

    def run(self, engine, arguments, program=(), **options):
        left = None if self.deadline is None else max(0.0, self.deadline - time.monotonic())
        return self.context.run(
            [*program, *engine.command, *arguments],
            environment=engine.environment | self.logins,
            timeout=left,
            fenced=False,
            **options,
        )
