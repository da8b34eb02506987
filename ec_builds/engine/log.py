"""The log of a build: what its commands print, written down while they print it.

Bytes wait in memory for a moment, become a file in the storage, and then a row
that says where that file is: a row without its file cannot be, whoever is
killed when. A watcher sees what has a row.
"""

import io
import logging
import secrets
import threading
import time
from functools import partial

from ec_builds.errors import BuildError
from ec_builds.storage.joined import Joined
from ec_builds.store.database import Duplicate, Unreachable, database
from ec_builds.store.log import LogSegment

log = logging.getLogger(__name__)

#: Bytes that make a segment, without waiting for more.
SEGMENT = 1024 * 1024
#: Bytes that wait at most, while the storage takes none.
PATIENCE = 16 * SEGMENT
#: Seconds that a byte waits for others before it is written down, and when that has failed.
DELAY, PAUSE = 0.15, 1.0
#: Small segments that are put together while a build still prints.
MANY = 64
#: Seconds between tries to write down the end of a log.
TRIES = (0.0, 0.1, 0.5, 1.0)


class Log:
    """The log of one build under one claim.

    With a hand (see `hands.py`), what waits is written down while commands run.
    """

    def __init__(self, storage, build_id, fence, hand=None):
        self.storage, self.build_id, self.fence, self.hand = storage, build_id, fence, hand
        self.waiting, self.due = bytearray(), None
        #: Where the first byte that waits belongs; None as long as nothing was written down.
        self.position = None
        #: Segments since those that were put together last, and where they begin.
        self.pieces, self.loose = 0, 0
        self.is_unsure = self.is_broken = self.is_lost = False
        self.is_late = self.has_ended = False
        #: Guards what waits, and tells the hand that something does.
        self.news = threading.Condition()
        #: Held by whoever writes down.
        self.turn = threading.Lock()
        #: What becomes of the hand's work.
        self.working = None

    def name(self, line):
        """A line that names a command, as bytes. It is there before the command has ended."""
        self.write(line, delay=0.0)

    def write(self, block, delay=DELAY):
        """What a command printed. Raises BuildError if it can be put nowhere for too long."""
        if self.is_lost:
            return
        with self.news:
            self.waiting += block
            self.is_broken = not self.waiting.endswith(b"\n")
            if self.due is None:
                self.due = time.monotonic() + delay
                self.news.notify()
            much = len(self.waiting)
        if self.hand and self.working is None:
            self.working = self.hand.begin(self.work)
        if much >= SEGMENT and not self.flush() and much >= PATIENCE:
            raise BuildError("What the commands print cannot be kept: the storage does not take it")

    def end(self):
        """A command has ended, and its last line with it. Whoever reads that, finds all of it."""
        if self.is_broken:
            self.write(b"\n")
        self.flush()

    def tell(self):
        """Where the next byte will be, counted from the beginning of the log."""
        with self.turn:
            if self.position is None:
                self.begin()
            with self.news:
                return self.position + len(self.waiting)

    def work(self):
        """What the hand does until the log ends."""
        while self.is_due():
            self.flush()

    def is_due(self):
        """Wait until something has waited long enough. False when the log has ended."""
        with self.news:
            while not self.has_ended:
                left = None if self.due is None else self.due - time.monotonic()
                if left is not None and left <= 0:
                    return True
                self.news.wait(left)
        return False

    def flush(self):
        """Write down what waits. Says whether all of it is in its place now."""
        with self.turn:
            try:
                self.write_down()
            except (OSError, Duplicate, *Unreachable) as error:
                if not self.is_late:
                    log.warning("The log of build %s has to wait: %s", self.build_id, error)
                self.is_unsure = self.is_late = True
                with self.news:
                    self.due = time.monotonic() + PAUSE
                if not database.in_transaction():
                    database.close()  # the next try may need another connection
                return False
            if self.is_late:
                log.warning("The log of build %s goes on", self.build_id)
                self.is_late = False
            if self.pieces >= MANY:
                self.tidy()
        return True

    def write_down(self):
        if not self.waiting or self.is_lost:
            return
        if self.position is None:
            self.begin()
        with self.news:
            block, self.due = bytes(self.waiting), None
        written = self.put(block)
        with self.news:
            del self.waiting[:written]

    def begin(self):
        """Go on where the attempt before has ended, which may have been in the midst of a line."""
        position = LogSegment.length(self.build_id)
        if position and self.read(position - 1, position).read() != b"\n":
            with self.news:
                self.waiting[:0] = b"\n"
        self.position = self.loose = position

    def put(self, block):
        """Add bytes to the log. Returns how many of them are in it now."""
        done = 0
        if self.is_unsure:  # the database may have written what it could not answer for
            done = LogSegment.length(self.build_id) - self.position
            self.is_unsure = False
        start = self.position + done
        if done < len(block):
            key = self.key(start)
            self.storage.put(key, io.BytesIO(block[done:]))
            if not LogSegment.append(self.build_id, self.fence, start, len(block) - done, key):
                self.is_lost = True
                self.storage.delete(key)
                return len(block)
        self.position += len(block)
        self.pieces += 1
        return len(block)

    def tidy(self):
        """Put small segments together, so that a log that grows slowly is not many files."""
        if self.position - self.loose < SEGMENT:
            self.try_to_join(self.loose)
        self.pieces, self.loose = 0, self.position

    def close(self):
        """Write down the rest, for nothing more will come.

        Raises BuildError if it can be put nowhere.
        """
        for pause in TRIES:
            time.sleep(pause)
            if self.flush():
                return
        raise BuildError("What the commands printed cannot be kept: the storage does not take it")

    def stop(self):
        """Let go of the hand, after a last try. Says whether everything is in its place."""
        is_kept = self.flush()
        with self.news:
            self.has_ended = True
            self.news.notify()
        if self.working:
            self.working.result()
        return is_kept

    def finish(self):
        """Make the log one file; the build has ended, and its log is closed."""
        is_one = self.loose == 0 and self.pieces <= 1
        if self.position is not None and not self.is_lost and not is_one:
            self.try_to_join(0)

    def try_to_join(self, start):
        """Pieces are no harm: what fails now is done later, or never."""
        try:
            self.join(start)
        except (OSError, *Unreachable) as error:
            log.warning("The log of build %s stays in pieces: %s", self.build_id, error)

    def join(self, start):
        """Put the segments from a byte on together, at constant memory."""
        segments = list(LogSegment.of(self.build_id).where(LogSegment.start >= start))
        if len(segments) < 2:
            return
        key = self.key(start)
        with self.read(start, segments[-1].end) as file:
            self.storage.put(key, file)
        if not LogSegment.join(segments, self.fence, key):
            self.is_lost = True
            self.storage.delete(key)

    def read(self, start, end):
        """A part of what has been written down, as a file."""
        file = Joined(self.storage, partial(LogSegment.place, self.build_id), end)
        file.seek(start)
        return file

    def key(self, start):
        """A place in the storage that nothing else has had."""
        return f"builds/{self.build_id}/log/{self.fence}-{start}-{secrets.token_hex(4)}"
