"""Threads that do what others want done beside them, for one run after the other.

None of a pool of the interpreter's: those end when it begins to, before runs were given back.
"""

import threading
from collections import deque
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from queue import SimpleQueue


class Hand:
    """A thread. `at_end` is called in it as the last thing."""

    def __init__(self, name, at_end=lambda: None):
        self.wanted, self.at_end = SimpleQueue(), at_end
        self.thread = threading.Thread(target=self.work, name=name, daemon=True)
        self.thread.start()

    def begin(self, function, *arguments):
        """Let it do something. Returns the Future of what comes of it."""
        done = Future()
        self.wanted.put((done, function, arguments))
        return done

    def do(self, function, *arguments):
        """What a function returns, or raises, in the thread."""
        return self.begin(function, *arguments).result()

    def end(self):
        """Wait until it has done everything, and end it."""
        self.wanted.put(None)
        self.thread.join()

    def work(self):
        try:
            while order := self.wanted.get():
                done, function, arguments = order
                try:
                    done.set_result(function(*arguments))
                except BaseException as error:
                    done.set_exception(error)
                del order, done, function, arguments  # nothing is kept alive until the next order
        finally:
            self.at_end()


class Hands:
    """As many as are needed at a time; each is lent to one after the other."""

    def __init__(self, name, at_end=lambda: None):
        self.name, self.at_end = name, at_end
        self.free = deque()

    @contextmanager
    def lent(self):
        """A hand until the end of the block, by which it has to have done everything."""
        hand = None
        with suppress(IndexError):
            hand = self.free.pop()
        hand = hand or Hand(self.name, self.at_end)
        try:
            yield hand
        finally:
            self.free.append(hand)

    def close(self):
        """End those that nobody has."""
        while self.free:
            self.free.pop().end()
