"""Takes one run from its first stage to its last."""

import logging
import secrets
from types import MappingProxyType

from ec_builds.engine import delivery, stages
from ec_builds.engine.context import Context
from ec_builds.engine.journal import Journal
from ec_builds.engine.stopping import Brake, Reason, Stopped
from ec_builds.engine.workspace import workspace
from ec_builds.errors import BuildError
from ec_builds.states import State
from ec_builds.store.build import Build
from ec_builds.store.database import transaction
from ec_builds.store.deployment import Deployment
from ec_builds.store.litter import Litter

log = logging.getLogger(__name__)

#: Kind of run: where its course is written down, and its name in the storage and in events.
COURSES = MappingProxyType({Build: (stages, "builds"), Deployment: (delivery, "deployments")})


class Runner:
    """Runs builds and deployments. Who chooses them, and when, is not its business."""

    def __init__(self, tools, workspaces, timeout):
        self.tools, self.workspaces, self.timeout = tools, workspaces, timeout

    def brake(self):
        """What a new run will look at; handed to those who may have to stop it."""
        return Brake(self.timeout)

    def run(self, claim, brake):
        """Run what was claimed, to its end or until the brake is pulled."""
        course, name = COURSES[claim.run]
        journal = Journal(claim.run, claim.run_id, claim.fence)
        with workspace(self.workspaces, f"{name}-{claim.run_id}") as folder:
            context = Context(self.tools, journal, brake, folder, facts={})
            # What an attempt stores is its own; the token keeps a lost worker away from it.
            token = f"{claim.fence}-{secrets.token_hex(4)}"
            context.prefix = f"{name}/{claim.run_id}/{token}"
            try:
                ending = self.go_through(course, context, claim)
            except Stopped:
                return  # it belongs to another worker now
            if not self.finish(claim, context, *ending):
                Litter.drop(context.prefix)

    def go_through(self, course, context, claim):
        """The stages in their order. Returns state, message and facts of the end."""
        try:
            course.load(context, claim.run_id)
            for stage in course.STAGES:
                context.check()
                stage(context)
            message, facts = course.last_word(context)
            return State.SUCCEEDED, message, facts
        except BuildError as error:  # theirs to mend: tell them
            return State.FAILED, str(error), error.info
        except Stopped as stopped:
            if stopped.reason is Reason.LOST:
                raise
            return self.stopped(stopped.reason)
        except Exception:  # ours to mend: tell us
            log.exception("%s %s broke down", claim.run.__name__, claim.run_id)
            return State.FAILED, "The build server failed; its log says why", {}

    def stopped(self, reason):
        if reason is Reason.TIMED_OUT:
            limit = f"{self.timeout:g} seconds"
            return State.TIMED_OUT, f"Stopped: it took longer than {limit}", {"timeout": self.timeout}
        if reason is Reason.GIVEN_BACK:
            return State.QUEUED, "The server is stopping; the run is queued again", {}
        return State.CANCELLED, "Cancelled", {}

    def finish(self, claim, context, state, message, facts):
        """Write state and last event together. Says whether the run ended as it should."""
        succeeded = state is State.SUCCEEDED
        if succeeded and self.close(claim, state, message, "info", facts, context.changes):
            return True
        if not succeeded and self.close(claim, state, message, "error", facts, {}):
            return False
        # Somebody cancelled it in its last moment.
        self.close(claim, State.CANCELLED, "Cancelled", "error", {}, {})
        return False

    def close(self, claim, state, message, kind, facts, changes):
        run, run_id, fence = claim.run, claim.run_id, claim.fence
        if state is State.QUEUED:
            kind, changes = "warn", {"worker": None, "lease_until": None, "attempts": run.attempts - 1}
        elif not changes:
            changes = {"detail": message}
        journal = Journal(run, run_id, fence)
        with transaction():
            if not run.move(run_id, state, held=fence, **changes):
                return False
            journal.note(message, kind, **facts)
        return True
