"""What one command prints, on its way to people: nobody reads ten thousand lines."""

import time
from collections import deque

#: Lines at the end that are always shown; they say most.
LAST = 20
#: Seconds between two signs of what comes meanwhile.
PAUSE = 0.1


class Torrent:
    """Shows the `first` lines of a command as they come, and at its end the last ones.

    first: None is all of them; show: shows a line; wait: is told of lines that are not shown, and
    of their number, now and then; skip: is told at the end how many were left out.
    """

    def __init__(self, first, show, wait, skip):
        self.first, self.show, self.wait, self.skip = first, show, wait, skip
        self.count, self.last, self.told = 0, deque(maxlen=LAST), 0.0

    def take(self, line):
        """The next line."""
        self.count += 1
        if self.first is None or self.count <= self.first:
            self.show(line)
        else:
            self.last.append(line)
            if (now := time.monotonic()) > self.told + PAUSE:
                self.wait(self.count, line)
                self.told = now

    def end(self):
        """The command has ended; the next line will be another one's."""
        if len(self.last) == LAST and (left := self.count - self.first - LAST):
            self.skip(left)
        for line in self.last:
            self.show(line)
        self.count = 0
        self.last.clear()
