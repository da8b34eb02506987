"""One thread per process that looks how far the watched builds are, and wakes their watchers.

It also serves the sockets of watchers, which gunicorn's threads hand over to it
(`ec_builds/cli/attendant.py`), so that a watcher costs neither a thread nor a
connection to the database. With 1,000 idle watchers of one process, on 2 busy
cores (`tests/benchmarks/watchers.py --all`):

    memory of each: 10 KiB here, 116 KiB with a thread each (gthread, 1,200
    threads), 156 KiB with a greenlet each (gevent)

    p99 of a GET beside them: 1.1 to 1.3 times that without them; the other
    two keep it, too, but a bound on threads would no longer be one on requests
"""

import logging
import selectors
import socket
import threading
import time
from collections import deque
from math import ceil

from ec_builds.logs import Outage
from ec_builds.store import watching
from ec_builds.store.database import Unreachable, database
from ec_builds.watch.line import Line

log = logging.getLogger(__name__)

#: Seconds between two looks at the database.
TICK = 0.1
#: Seconds after which a watcher is asked again whether it may watch.
RECHECK = 5.0
#: Seconds between two looks for watchers that need a heartbeat, or have to be tried again.
BEAT = 1.0

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


class Hub:
    """Watchers, by the builds that they watch. Its thread runs while there are any.

    A watcher has a `build_id`; it is told how far that build is (None: deleted), and to stop. Its
    `permit` may end (see Watch.open).
    """

    def __init__(self):
        self.is_stopping = False
        self.lock = threading.Lock()
        self.watchers, self.count = {}, 0
        #: Lines: the new ones, all others, and those that have something to send.
        self.arrivals, self.lines, self.busy = deque(), set(), deque()
        #: How far builds were at the last tick.
        self.known = {}
        #: Permits that are to be asked, of which build, in this round.
        self.unasked, self.at_a_time, self.rechecked = deque(), 0, 0.0
        #: Watchers that get nothing for now, and the hub itself when it cannot look.
        self.outage = Outage(log, "What watchers wait for")
        self.thread = self.selector = self.bell = self.ear = None

    # --- called by any thread

    def add(self, watcher):
        """Tell a watcher from now on how far its build is."""
        with self.lock:
            self.enter(watcher)

    def adopt(self, feed, connection, chunked):
        """Serve a watcher behind a socket."""
        line = Line(feed, connection, chunked, self.busy.append)
        with self.lock:
            self.enter(line)
            self.arrivals.append(line)
        self.ring()

    def enter(self, watcher):
        if self.thread is None:
            self.begin()
        self.watchers.setdefault(watcher.build_id, set()).add(watcher)
        self.count += 1
        self.known.pop(watcher.build_id, None)

    def begin(self):
        self.selector = selectors.DefaultSelector()
        self.bell, self.ear = socket.socketpair()
        for end in (self.bell, self.ear):
            end.setblocking(False)
        self.selector.register(self.ear, READ)
        thread = threading.Thread(target=self.run, name="hub", daemon=True)
        thread.start()
        self.thread = thread

    def remove(self, watcher):
        with self.lock:
            mine = self.watchers[watcher.build_id]
            mine.discard(watcher)
            self.count -= 1
            if not mine:
                del self.watchers[watcher.build_id]
                self.known.pop(watcher.build_id, None)

    def stop(self):
        """End all streams. Waits for nothing, so that a signal may call it."""
        self.is_stopping = True
        self.ring()

    def ring(self):
        """Wake the thread."""
        bell = self.bell
        try:
            if bell:
                bell.send(b"!")
        except OSError:
            return  # so many rings are waiting, or nobody any more

    # --- the thread

    def run(self):
        """Its life."""
        tick = beat = 0.0
        try:
            while self.goes_on():
                left = 0 if self.busy else max(0.0, tick + TICK - time.monotonic())
                if not self.guarded(self.turn, left):
                    time.sleep(TICK)
                now = time.monotonic()
                if now >= beat + BEAT:  # before there is news, which is better
                    self.beat(now)
                    beat = now
                if now >= tick + TICK:
                    self.guarded(self.answered, self, self.tick)
                    tick = time.monotonic()
                if self.is_stopping:
                    self.dismiss()
        finally:
            database.close()

    def turn(self, timeout):
        """Wait for something to do, and do it."""
        self.listen(timeout)
        self.welcome()
        self.serve()

    def guarded(self, turn, *arguments):
        """Do what cannot end the thread. Says whether it went well; if not, the log says why."""
        try:
            turn(*arguments)
        except Exception:
            log.exception("Something about watching failed")
        else:
            return True
        database.close()
        return False

    def answered(self, who, ask):
        """What storage or database answer to somebody; None if they do not. The log tells."""
        try:
            answer = ask()
        except (OSError, *Unreachable) as error:
            self.outage.meets(who, error)
            database.close()
            return None
        self.outage.spares(who)
        return answer

    def goes_on(self):
        """Whether there is anybody; if not, the next one begins another thread."""
        with self.lock:
            if self.count:
                return True
            for each in (self.selector, self.bell, self.ear):
                each.close()
            self.thread = None
        return False

    def listen(self, timeout):
        """Wait for sockets that can take more, or have hung up."""
        for key, events in self.selector.select(timeout):
            line = key.data
            if line is None:
                self.ear.recv(4096)
                continue
            if events & READ:
                line.hear()
            if events & WRITE and line.is_open:
                self.selector.modify(line.connection, READ, line)
                self.busy.append(line)
            self.part_from(line)

    def welcome(self):
        while self.arrivals:
            line = self.arrivals.popleft()
            self.selector.register(line.connection, READ, line)
            self.lines.add(line)
            self.busy.append(line)

    def serve(self):
        """Give each line that has something to send one turn, so that all get on."""
        for _ in range(len(self.busy)):
            line = self.busy.popleft()
            if line.is_open and not self.guarded(self.answered, line, line.go_on):
                line.hang_up()
            if line.is_blocked:
                self.selector.modify(line.connection, READ | WRITE, line)
            self.part_from(line)

    def part_from(self, line):
        """Let a line go that is no longer open."""
        if not line.is_open and line in self.lines:
            self.lines.discard(line)
            self.outage.forget(line)
            self.selector.unregister(line.connection)
            line.connection.close()
            self.remove(line)

    def tick(self):
        self.look()
        self.recheck()

    def look(self):
        """Tell the watchers of each build that got further."""
        with self.lock:
            wanted = list(self.watchers)
        found = watching.heads(wanted)
        for build_id in wanted:
            head = found.get(build_id)
            with self.lock:
                if self.known.get(build_id, self) == head or build_id not in self.watchers:
                    continue
                self.known[build_id] = head
                concerned = list(self.watchers[build_id])
            for watcher in concerned:
                watcher.tell(head)

    def recheck(self):
        """Ask some of the permits, so that all are asked in time, and end what they were for.

        At each tick a few are, for nobody else is to wait while a thousand of them are asked.
        """
        if not self.unasked and time.monotonic() >= self.rechecked + RECHECK:
            self.rechecked = time.monotonic()
            with self.lock:
                self.unasked.extend(
                    {
                        (build_id, watcher.permit)
                        for build_id, mine in self.watchers.items()
                        for watcher in mine if watcher.permit
                    }
                )
            self.at_a_time = ceil(len(self.unasked) * TICK / RECHECK)
        for _ in range(min(self.at_a_time, len(self.unasked))):
            build_id, permit = self.unasked.popleft()
            # who watches what was deleted is told so, and needs no permit for that
            if self.known.get(build_id) is not None and not permit.holds():
                self.end(build_id, permit)

    def end(self, build_id, permit):
        """End the streams of a build that were begun with a permit."""
        with self.lock:
            everybody = list(self.watchers.get(build_id, ()))
        for watcher in everybody:
            if watcher.permit == permit:
                watcher.stop()
            if watcher in self.lines:
                self.part_from(watcher)

    def beat(self, now):
        """Give a sign of life to those who have heard nothing for long; try again who has to."""
        for line in list(self.lines):
            line.beat(now)
            if line in self.outage.waiting:
                self.busy.append(line)
            self.part_from(line)

    def dismiss(self):
        """End everything."""
        with self.lock:
            everybody = [watcher for mine in self.watchers.values() for watcher in mine]
        for watcher in everybody:
            watcher.stop()
        for line in list(self.lines):
            self.part_from(line)
