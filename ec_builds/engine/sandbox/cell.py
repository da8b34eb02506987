"""The place where the commands of one run live: what they may use there, and what they do use."""

import time
from functools import partial

from ec_builds.engine.sandbox import tree
from ec_builds.engine.sandbox.disk import Disk
from ec_builds.engine.sandbox.limits import reached
from ec_builds.engine.sandbox.reserve import DiskFull, Room

#: Seconds between two looks at processes and memory: at least, and at most.
INTERVAL, LONGEST = 0.05, 0.4
#: How many times as long as a look took one waits until the next.
PATIENCE = 20
#: What a shell says of a command that was ended because its file became too large.
FILE_TOO_LARGE = 128 + 25


class Cell:
    """One run's. Raises LimitReached as soon as one is seen to be reached."""

    def __init__(self, sandbox, workspace, remember=lambda pid: None):
        """`remember` is told the first process of each command, before the command runs."""
        self.remember = remember
        self.sandbox, self.limits = sandbox, sandbox.limits
        self.disk, self.group = Disk(workspace), sandbox.groups.make(self.limits)
        self.printed, self.processes, self.first, self.next = 0, (), 0.0, 0.0
        self.is_closed = False
        #: What works beside the command that is waited for; see `engine/companion.py`.
        self.companions = []

    def start(self, job):
        """Start a command here; see `Sandbox.start`."""
        self.first = time.monotonic() + INTERVAL
        return self.group.start(partial(self.admit, job))

    def admit(self, job, enter):
        def entered(pid):
            self.remember(pid)
            enter(pid)

        return self.sandbox.start(job, entered)

    def print(self, amount):
        """Count bytes that a command has printed."""
        self.printed += amount
        if self.printed > self.limits.output:
            raise self.reached("output")

    def look(self, running=None):
        """Look whether a running command keeps to the limits, and all that works beside it.

        To be called often.
        """
        now = time.monotonic()
        for each in self.companions:
            each.drain()
        if now >= self.first:  # most commands are over by then, and are looked at in the end
            if now >= self.next:
                self.count(running)
                took = time.monotonic() - now
                self.next = now + took + min(LONGEST, max(INTERVAL, PATIENCE * took))
            if self.disk.look(self.processes):
                self.weigh()
        self.leave_room(self.processes)

    def count(self, running):
        """Compare processes and memory with the limits."""
        self.ask_kernel()
        most = self.limits.processes
        roots = {each.root for each in (running, *self.companions) if each and each.root}
        self.processes = [each for root in roots for each in tree.below(root, most)]
        if len(self.processes) >= most:
            raise self.reached("processes")
        threads, memory = tree.usage(self.processes)
        if threads >= most:
            raise self.reached("processes")
        if memory > self.limits.memory and tree.share(self.processes) > self.limits.memory:
            raise self.reached("memory")

    def weigh(self):
        if self.disk.used > self.limits.workspace:
            raise self.reached("workspace")

    def leave_room(self, processes=()):
        """End a run that has much of a disk that is nearly full, before others fail for it."""
        room = Room.at(self.disk.folder)
        if room.is_scarce:
            self.disk.measure(processes)
            used = self.disk.used + self.printed  # which is on some disk, too
            if room.is_taken_by(used):
                raise DiskFull(used, room.free)

    def ask_kernel(self):
        """Whether the kernel has refused something because of a limit."""
        name = self.group.reached()
        if name:
            raise self.reached(name)

    def settle(self, exit_code):
        """Look once more when a command has ended; a failure may have been the limits' doing."""
        self.ask_kernel()
        self.disk.measure()
        self.weigh()
        self.leave_room()
        # The kernel tells nobody but the program, which may have caught it. So it is seen by the
        # file, as long as that is there.
        at_limit = self.disk.largest >= self.limits.file
        if exit_code == FILE_TOO_LARGE or exit_code and at_limit:
            raise self.reached("file")

    def reached(self, name):
        return reached(name, self.limits)

    def close(self):
        """Nothing will be started here any more."""
        if not self.is_closed:
            self.is_closed = True
            while self.companions:
                self.companions[-1].end()
            self.group.remove()
