"""Why a run has to stop before its end."""

import threading
import time
from enum import Enum

from ec_builds.states import State


class Reason(Enum):
    CANCELLED = "cancelled"
    TIMED_OUT = "timed out"
    LOST = "claimed by another worker"
    GIVEN_BACK = "given back because the server is stopping"


class Stopped(Exception):
    """The run has to stop; not an error of anybody's."""

    def __init__(self, reason):
        super().__init__(reason.value)
        self.reason = reason


class Brake:
    """What a running run looks at, and what others pull.

    The first reason counts, but for LOST: who no longer owns a run writes nothing.
    """

    def __init__(self, seconds):
        self.deadline = time.monotonic() + seconds
        self.pulled = threading.Event()
        self.reason = None

    def pull(self, reason):
        if self.reason is None or reason is Reason.LOST:
            self.reason = reason
        self.pulled.set()

    def heed(self, state):
        """Pull it if the state of the run under its claim is a reason; None: the claim is lost."""
        if state is None:
            self.pull(Reason.LOST)
        elif state == State.CANCELLING:
            self.pull(Reason.CANCELLED)

    def check(self):
        """Raises Stopped if there is a reason to stop."""
        if not self.pulled.is_set() and time.monotonic() > self.deadline:
            self.pull(Reason.TIMED_OUT)
        if self.pulled.is_set():
            raise Stopped(self.reason)


def seconds(number):
    """A length of time, as people say it."""
    return "1 second" if number == 1 else f"{number:g} seconds"
