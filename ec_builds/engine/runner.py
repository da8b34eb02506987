"""Takes one run from its first stage to its last."""

import logging
import re
import time
import traceback
from contextlib import ExitStack
from functools import partial
from types import MappingProxyType

from ec_builds import logs
from ec_builds.engine import delivery, stages
from ec_builds.engine.context import Context
from ec_builds.engine.hands import Hands
from ec_builds.engine.journal import Journal, outlasting
from ec_builds.engine.log import Log
from ec_builds.engine.masking import Masks
from ec_builds.engine.stopping import Brake, Reason, Stopped, seconds
from ec_builds.errors import BuildError, TimedOut, Unavailable
from ec_builds.states import FINISHED, SUCCESSFUL, State
from ec_builds.store.build import Build
from ec_builds.store.database import Unreachable, database, transaction
from ec_builds.store.deployment import Deployment
from ec_builds.store.litter import Litter

log = logging.getLogger(__name__)

#: Kind of run: where its course is written down.
COURSES = MappingProxyType({Build: stages, Deployment: delivery})
#: Names of workspaces: kind, id and fence of the run, and something random.
WORKSPACE = re.compile(r"(builds|deployments)-(\d+)-(\d+)-\w+")
ACTIVE = (State.RUNNING, State.CANCELLING)


def is_live(name):
    """Whether the workspace of this name belongs to a claim that still counts."""
    match = WORKSPACE.fullmatch(name)
    if match is None:
        return True  # none of ours
    run = next(kind for kind in COURSES if kind.place == match[1])
    return run.state_under(int(match[2]), int(match[3])) in ACTIVE


class Runner:
    """Runs builds and deployments. Who chooses them, and when, is not its business."""

    def __init__(self, tools, workspaces, timeout):
        self.tools, self.workspaces, self.timeout = tools, workspaces, timeout
        self.hands = Hands("log", at_end=database.close)

    def brake(self):
        """What a new run will look at; handed to those who may have to stop it."""
        return Brake(self.timeout)

    def run(self, claim, brake):
        """Run what was claimed, to its end or until the brake is pulled; the log tells of both."""
        kind, begun = claim.run.__name__.lower(), time.monotonic()
        with logs.bound(**{f"{kind}ID": claim.run_id}):
            log.info("%s %s begins", claim.run.__name__, claim.run_id)
            self.tools.metrics.run_started(kind)
            self.run_claimed(claim, brake)
            state = claim.state() or "LOST"
            self.tools.metrics.run_ended(kind, state)
            known = logs.facts(state=state, seconds=round(time.monotonic() - begun, 3))
            log.info("%s %s ends: %s", claim.run.__name__, claim.run_id, state, extra=known)

    def run_claimed(self, claim, brake):
        course = COURSES[claim.run]
        journal = Journal(claim.run, claim.run_id, claim.fence, Masks())
        with ExitStack() as stack:
            try:
                folder, lock = stack.enter_context(self.workspaces.make(claim.name))
            except OSError as error:
                detail = f"The server has no place for its files: {error.strerror or error}"
                self.end(claim, journal, course, *self.failed(course, detail, {}))
                return
            lent = {"lock": lock, "remember": partial(self.workspaces.remember, folder)}
            context = Context(self.tools, journal, brake, folder, facts={}, **lent)
            context.prefix = claim.prefix
            if claim.run is Build:
                tools = self.tools
                hand = stack.enter_context(self.hands.lent()) if tools.live_logs else None
                context.log = Log(tools.storage, claim.run_id, claim.fence, hand)
            if not self.begin_and_end(course, context, claim):
                outlasting(Litter.drop, claim.prefix)
            context.log.finish()

    def begin_and_end(self, course, context, claim):
        """All of a run. Says whether what it stored is to stay."""
        try:
            try:
                ending = self.go_through(course, context, claim)
                if ending[0] not in SUCCESSFUL:
                    context.make_room()
            finally:
                context.close()
                is_kept = context.log.stop()  # whoever sees that it has ended sees the whole log
            if not is_kept:
                context.note("The end of the log is lost: the storage does not take it", "warn")
            return self.finish(claim, context, course, *ending)
        except Stopped:  # it belongs to another worker now
            return False

    def let_go(self):
        """Let go of what is kept for the next run; there may still be one."""
        self.tools.sandbox.groups.close()
        self.hands.close()

    def clear_away(self):
        """Remove the workspaces that dead workers left."""
        self.workspaces.clear_away(is_live)

    def go_through(self, course, context, claim):
        """The stages in their order. Returns state, detail, message and facts of the end."""
        try:
            course.load(context, claim.run_id)
            for stage in course.STAGES:
                context.check()
                with self.tools.metrics.staging(claim.run.__name__.lower(), stage.__name__):
                    stage(context)
            context.log.close()
            return self.succeeded(course, context)
        except TimedOut as error:
            message = f"{course.NAME} stopped: {error}"
            return State.TIMED_OUT, str(error), message, error.info
        except BuildError as error:  # theirs to mend: tell them
            return self.failed(course, str(error), error.info)
        except Stopped as stopped:
            if stopped.reason is Reason.LOST:
                raise
            return self.stopped(course, stopped.reason, context.is_once)
        except Unavailable as error:  # a config that this machine cannot open
            return self.failed(course, error.verbose, {})
        except (OSError, UnicodeError, RecursionError) as error:
            detail = context.damage(error)
            if detail is None:
                return self.broken(course, context, claim)
            return self.failed(course, detail, {"reason": str(error)})
        except Unreachable:  # nothing can be written down
            raise
        except Exception:  # ours to mend: tell us
            return self.broken(course, context, claim)

    def succeeded(self, course, context):
        facts = course.outcome(context)
        if context.pardoned:
            detail, state = " ".join(context.pardoned), State.SUCCEEDED_WITH_FAILURES
            return state, detail, f"{course.NAME} succeeded with failures: {detail}", facts
        return State.SUCCEEDED, None, f"{course.NAME} succeeded", facts

    def broken(self, course, context, claim):
        trace = context.masks.text(traceback.format_exc().rstrip())
        log.error("%s %s broke down\n%s", course.NAME, claim.run_id, trace)
        return self.failed(course, "The build server failed; its log says why", {})

    def failed(self, course, detail, facts):
        return State.FAILED, detail, f"{course.NAME} failed: {detail}", facts

    def stopped(self, course, reason, is_once=False):
        if reason is Reason.TIMED_OUT:
            detail = f"It took longer than {seconds(self.timeout)}"
            message = f"{course.NAME} stopped: it took longer than {seconds(self.timeout)}"
            return State.TIMED_OUT, detail, message, {"timeout": self.timeout}
        if reason is Reason.GIVEN_BACK and is_once:
            return self.failed(course, "The server was stopped in the midst of it", {})
        if reason is Reason.GIVEN_BACK:
            return State.QUEUED, None, "The server is stopping; it is queued again", {}
        return State.CANCELLED, "Cancelled", f"{course.NAME} cancelled", {}

    def finish(self, claim, context, course, state, detail, message, facts):
        """Write state and last event together. Says whether the run left what it stored."""
        close = partial(outlasting, self.close, claim, context.journal)
        if state in SUCCESSFUL:
            try:
                seal = partial(course.seal, context)
                changes = {**context.changes, "detail": detail}
                if close(state, message, "info", facts, changes, seal):
                    return True
            except BuildError as error:
                state, detail, message, facts = self.failed(course, str(error), error.info)
        elif state is State.QUEUED:
            if outlasting(claim.give_back, message):
                return False
        self.end(claim, context.journal, course, state, detail, message, facts)
        return False

    def end(self, claim, journal, course, state, detail, message, facts):
        """Write down how a run has ended that did not succeed."""
        close = partial(outlasting, self.close, claim, journal)
        if state in FINISHED - SUCCESSFUL:
            if close(state, message, "error", facts, {"detail": detail}):
                return
        # Somebody cancelled it in its last moment.
        state, detail, message, facts = self.stopped(course, Reason.CANCELLED)
        close(state, message, "error", facts, {"detail": detail})

    def close(self, claim, journal, state, message, kind, facts, changes, seal=lambda: None):
        """Write state, last event and what belongs to it. Says whether the claim still counts."""
        if changes.get("detail"):
            changes = {**changes, "detail": journal.masks.text(changes["detail"])}
        with transaction():
            if not claim.run.move(claim.run_id, state, held=claim.fence, **changes):
                return claim.state() == state  # it was written, though nobody said so
            seal()
            journal.write(message, kind, facts)
        return True
