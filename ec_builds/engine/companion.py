"""A command that works beside those that its run waits for, such as a virtual machine."""

import time
from contextlib import suppress

from ec_builds.engine.process import Pipe
from ec_builds.engine.sandbox import LimitReached
from ec_builds.plugins.contract import Outcome


class Companion:
    """In the cell of the run, whose limits count it in; it ends with the run at the latest.

    The cell takes what it prints, lest it has to wait; the end of that is kept.
    """

    def __init__(self, cell, job, shown, output):
        """Raises CannotStart."""
        self.cell, self.shown, self.output = cell, shown, output
        self.begun, self.outcome = time.monotonic(), None
        self.running = cell.start(job)
        self.pipe = Pipe(self.running.output, cell, output)
        cell.companions.append(self)

    @property
    def root(self):
        """The process below which all of it are."""
        return self.running.root

    def drain(self):
        """Take what it has printed."""
        self.pipe.drain()

    def has_ended(self):
        """Whether it has ended of its own accord. Raises LimitReached, as waiting does."""
        if self.outcome is not None or self.running.has_ended():
            return True
        self.cell.look()
        return False

    def end(self):
        """Kill what is left of it. Returns how it ended; that never changes."""
        if self.outcome is None:
            self.cell.companions.remove(self)
            with suppress(LimitReached):  # it is ended for that, or for something else
                self.drain()
            code, seconds = self.running.end(), time.monotonic() - self.begun
            self.outcome = Outcome(self.shown, code, self.output.end(), seconds)
        return self.outcome
