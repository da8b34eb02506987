"""Takes one run from its first stage to its last."""

import logging
import re
import secrets
from functools import partial
from types import MappingProxyType

from ec_builds.engine import delivery, stages
from ec_builds.engine.context import Context
from ec_builds.engine.journal import Journal
from ec_builds.engine.stopping import Brake, Reason, Stopped, seconds
from ec_builds.engine.workspace import left_over, remove, workspace
from ec_builds.errors import BuildError, TimedOut
from ec_builds.states import State
from ec_builds.store.build import Build
from ec_builds.store.database import transaction
from ec_builds.store.deployment import Deployment
from ec_builds.store.litter import Litter

log = logging.getLogger(__name__)

#: Kind of run: where its course is written down, and its name in the storage and in events.
COURSES = MappingProxyType({Build: (stages, "builds"), Deployment: (delivery, "deployments")})
#: Names of workspaces: kind, id and fence of the run, and something random.
WORKSPACE = re.compile(r"(builds|deployments)-(\d+)-(\d+)-\w+")
ACTIVE = (State.RUNNING, State.CANCELLING)


def is_live(name):
    """Whether the workspace of this name belongs to a claim that still counts."""
    match = WORKSPACE.fullmatch(name)
    if match is None:
        return True  # none of ours
    run = next(kind for kind, (_, word) in COURSES.items() if word == match[1])
    return run.state_under(int(match[2]), int(match[3])) in ACTIVE


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
        with workspace(self.workspaces, f"{name}-{claim.run_id}-{claim.fence}") as folder:
            context = Context(self.tools, journal, brake, folder, facts={})
            # What an attempt stores is its own; the token keeps a lost worker away from it.
            token = f"{claim.fence}-{secrets.token_hex(4)}"
            context.prefix = f"{name}/{claim.run_id}/{token}"
            try:
                ending = self.go_through(course, context, claim)
            except Stopped:
                return  # it belongs to another worker now
            finally:
                context.close()
            if not self.finish(claim, context, course, *ending):
                Litter.drop(context.prefix)

    def clear_away(self):
        """Remove the workspaces that dead workers left."""
        for folder in left_over(self.workspaces, is_live):
            remove(folder)

    def go_through(self, course, context, claim):
        """The stages in their order. Returns state, detail, message and facts of the end."""
        try:
            course.load(context, claim.run_id)
            for stage in course.STAGES:
                context.check()
                stage(context)
            return State.SUCCEEDED, None, f"{course.NAME} succeeded", course.outcome(context)
        except TimedOut as error:
            message = f"{course.NAME} stopped: {error}"
            return State.TIMED_OUT, str(error), message, error.info
        except BuildError as error:  # theirs to mend: tell them
            return self.failed(course, str(error), error.info)
        except Stopped as stopped:
            if stopped.reason is Reason.LOST:
                raise
            return self.stopped(course, stopped.reason)
        except (OSError, UnicodeError, RecursionError) as error:
            detail = context.damage(error)
            if detail is None:
                return self.broken(course, claim)
            return self.failed(course, detail, {"reason": str(error)})
        except Exception:  # ours to mend: tell us
            return self.broken(course, claim)

    def broken(self, course, claim):
        log.exception("%s %s broke down", course.NAME, claim.run_id)
        return self.failed(course, "The build server failed; its log says why", {})

    def failed(self, course, detail, facts):
        return State.FAILED, detail, f"{course.NAME} failed: {detail}", facts

    def stopped(self, course, reason):
        if reason is Reason.TIMED_OUT:
            detail = f"It took longer than {seconds(self.timeout)}"
            message = f"{course.NAME} stopped: it took longer than {seconds(self.timeout)}"
            return State.TIMED_OUT, detail, message, {"timeout": self.timeout}
        if reason is Reason.GIVEN_BACK:
            return State.QUEUED, None, "The server is stopping; it is queued again", {}
        return State.CANCELLED, "Cancelled", f"{course.NAME} cancelled", {}

    def finish(self, claim, context, course, state, detail, message, facts):
        """Write state and last event together. Says whether the run left what it stored."""
        close = partial(self.close, claim, context.journal)
        if state is State.SUCCEEDED:
            try:
                seal = partial(course.seal, context)
                if close(state, message, "info", facts, context.changes, seal):
                    return True
            except BuildError as error:
                state, detail, message, facts = self.failed(course, str(error), error.info)
                close(state, message, "error", facts, {"detail": detail})
                return False
        elif state is State.QUEUED:
            given_back = {"worker": None, "lease_until": None, "attempts": claim.run.attempts - 1}
            if close(state, message, "warn", facts, given_back):
                return False
        elif close(state, message, "error", facts, {"detail": detail}):
            return False
        # Somebody cancelled it in its last moment.
        state, detail, message, facts = self.stopped(course, Reason.CANCELLED)
        close(state, message, "error", facts, {"detail": detail})
        return False

    def close(self, claim, journal, state, message, kind, facts, changes, seal=lambda: None):
        """Write state, last event and what belongs to it. Says whether the claim still counts."""
        with transaction():
            if not claim.run.move(claim.run_id, state, held=claim.fence, **changes):
                return False
            seal()
            journal.write(message, kind, facts)
        return True
