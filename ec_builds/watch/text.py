"""The log of a build as plain text: lines, some words of ours between them, and no other form.

The answer ends in good order only after the build has, so its end tells a client that the build
can be read in its final state; and its last line tells a person how it ended.
"""

import time
from functools import lru_cache

from ec_builds.states import SUCCESSFUL, State
from ec_builds.watch import messages
from ec_builds.watch.feed import Feed
from ec_builds.watch.source import KEPT, printed

#: Bytes of a line that are sent as one; clients may stop to read where one has 64 KiB.
LONGEST = 8000
#: Characters of the reason why a build failed: with any characters, it is no longer than a line.
REASON = LONGEST // 4 - 10
#: What a build is that has not ended.
WAITS = {
    State.CREATED: "waiting for its upload",
    State.QUEUED: "queued",
    State.RUNNING: "running",
    State.CANCELLING: "being cancelled",
}
#: What a build did in the end, if nothing is known in detail.
ENDED = {
    State.SUCCEEDED: "succeeded",
    State.SUCCEEDED_WITH_FAILURES: "succeeded, with failures",
    State.FAILED: "failed",
    State.CANCELLED: "was cancelled",
    State.TIMED_OUT: "took too long",
}


class TextSource:
    """Reads pieces of logs; each is made once for all who are at the same place."""

    def __init__(self, storage):
        self.storage = storage
        self.piece = lru_cache(KEPT)(self.read)

    def read(self, build_id, place, end, is_finished):
        """The next lines, the byte after them, and what comes there but has no end yet.

        Raises OSError if the storage does not answer.
        """
        if place >= end:
            return b"", place, b""
        block = printed(self.storage, build_id, place, end)
        is_last = is_finished and place + len(block) == end
        sent, stop = [], 0
        for text, stop in messages.lines(block, is_last, LONGEST):
            sent.append(line(text))
        return b"".join(sent), place + stop, block[stop:]


class TextFeed(Feed):
    """The lines of a log, and what becomes of its build. `name` is what the build is called."""

    def __init__(self, source, name, build_id, head, permit=None):
        super().__init__(source, build_id, 0, head, permit)
        self.name = name
        #: What follows the position, but is held back until its line ends, or has to wait for long.
        self.rest = b""
        self.since = time.monotonic()

    def more(self):
        if self.is_over:
            return b""
        if self.head is None:
            return self.held_back() + self.end("Error: the build was deleted")
        if self.is_new:  # at once: nobody has to answer for that
            return self.tell_state()
        head = self.head
        found, self.position, self.rest = self.source.piece(
            self.build_id, self.position, head.log, head.is_finished
        )
        if head.is_finished:
            return found or self.end(self.outcome())
        if head.state == State.RUNNING:
            return self.tell_state() + found
        return found or self.tell_state()  # what was printed before, came before

    def heartbeat(self):
        """What has waited for the end of its line, and a line that says how long it takes."""
        if self.head is None or self.head.is_finished:
            said = "The rest of the log is still to come"
        else:
            waits, passed = WAITS[self.head.state], int(time.monotonic() - self.since)
            said = f"{self.name} is still {waits}, {passed} s"
        return self.held_back() + line(said.encode())

    def held_back(self):
        """What has no end yet, as far as it is whole characters, as a line after all."""
        text = messages.whole_characters(self.rest) if self.rest else b""
        self.position += len(text)
        self.rest = self.rest[len(text) :]
        return line(text) if text else b""

    def tell_state(self):
        if self.state == self.head.state:
            return b""
        again = " again" if self.head.state == State.QUEUED and self.state else ""
        waits = WAITS.get(self.head.state)
        self.state, self.since, self.is_new = self.head.state, time.monotonic(), False
        said = f"{self.name} is {waits}{again}" if waits else f"{self.name} has ended"
        return line(said.encode())

    def outcome(self):
        """How the build ended, in one line."""
        ended = f"{self.name} {ENDED[self.head.state]}"
        if self.head.state in SUCCESSFUL:
            return ended
        return f"Error: {' '.join((self.head.detail or ended).split())[:REASON]}"

    def end(self, said):
        self.is_over = True
        return line(said.encode())


def line(text):
    """A line as it is sent; several, if it becomes too long because it can be read."""
    whole = messages.readable(text.removesuffix(b"\r"))
    pieces = [piece for piece, _ in messages.lines(whole, True, LONGEST)]
    return b"\n".join([*pieces, b""]) if pieces else b"\n"
