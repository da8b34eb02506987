"""Writes the events of a run down."""

import logging
import time
from contextlib import contextmanager

from ec_builds.engine.masking import Masks
from ec_builds.engine.stopping import Reason, Stopped
from ec_builds.errors import BuildError
from ec_builds.logs import Outage
from ec_builds.store.database import Unreachable, database

log = logging.getLogger(__name__)

#: Characters kept of a text; a command's output may be long, a path may be made to be.
LONGEST = 32 * 1024
#: Seconds for which a run waits for a database that does not answer, and between two attempts.
PATIENCE, PAUSE = 60.0, 0.5


class Journal:
    """The journal of one run under one claim; a newer claim ends it with Stopped."""

    def __init__(self, run, run_id, fence, masks=None):
        self.run, self.run_id, self.fence = run, run_id, fence
        self.masks = masks or Masks()

    def note(self, message, kind="info", **info):
        """Write an event."""
        self.write(message, kind, info)

    def write(self, message, kind, info, temporary=False):
        """The same with the facts as a dict, whose keys may be any. Raises Stopped when lost."""
        mask = self.masks.text
        event = (self.run_id, plain(message, mask), kind, temporary, plain(info, mask))
        if not outlasting(self.run.record, *event, held=self.fence):
            raise Stopped(Reason.LOST)

    def state(self):
        """The state of the run, or None if the claim is lost."""
        return outlasting(self.run.state_under, self.run_id, self.fence)

    @contextmanager
    def action(self, message, done, kind="info", **info):
        """Write a temporary event now and a lasting one at the end, whatever the end is.

        Yields a dict for the `info` of the event at the end.
        """
        self.write(message, kind, info, temporary=True)
        facts = {}
        try:
            yield facts
        except BuildError as error:
            self.write(str(error), "error", error.info)
            raise
        except Stopped as stopped:
            if stopped.reason is not Reason.LOST:
                self.write(f"{message}: {stopped.reason.value}", "warn", {})
            raise
        except Exception:
            self.write(f"{message}: the server failed", "error", {})
            raise
        self.write(done, kind, facts)


def outlasting(write, *arguments, **options):
    """Write something even if the database does not answer for a while. Raises Unreachable.

    A restart of the database should not cost a build. What was written although nobody said
    so may be written once more.
    """
    deadline, outage = time.monotonic() + PATIENCE, Outage(log, "The database")
    while True:
        try:
            done = write(*arguments, **options)
        except Unreachable as error:
            if database.in_transaction() or time.monotonic() > deadline:
                raise
            outage.meets(write, error)
            database.close()
            time.sleep(PAUSE)
        else:
            outage.spares(write)
            return done


def plain(value, mask=str):
    """The value as JSON and every database can keep it: no NUL, no half characters, not endless.

    `mask` is given each text before it is cut, for half a secret is one nobody recognizes.
    """
    if isinstance(value, str):
        text = mask(value).encode("utf-8", "replace").decode().replace("\0", "�")
        return text if len(text) <= LONGEST else "… " + text[-LONGEST:]
    if isinstance(value, dict):
        return {plain(str(key), mask): plain(each, mask) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each, mask) for each in value]
    if value is None or isinstance(value, bool):
        return value
    text = str(value)
    if isinstance(value, (int, float)) and mask(text) == text:
        return value
    return plain(text, mask)
