"""Bytes that come in pieces, and where in them things are."""

import re
from bisect import bisect_right
from collections import deque

#: What may stand between the characters of an encoded secret, and how much of it in one place.
GAPS, WIDEST = b" :\r\n", 2
SOLID = re.compile(rb"[^ :\r\n]+")


class Text:
    """The part of a stream of bytes that is needed still. Places count from the stream's begin."""

    def __init__(self, begin=0):
        self.bytes, self.begin, self.end = bytearray(), begin, begin

    def add(self, block):
        self.bytes += block
        self.end += len(block)

    def part(self, begin, end=None):
        """What is from one place to another."""
        end = None if end is None else max(end - self.begin, 0)
        return bytes(memoryview(self.bytes)[begin - self.begin : end])

    def view(self, begin, end):
        """The same, uncopied; to be released before anything is added."""
        return memoryview(self.bytes)[begin - self.begin : end - self.begin]

    def forget(self, end):
        """What is before a place is needed no more."""
        del self.bytes[: end - self.begin]
        self.begin = end


class Places:
    """Where in a text the bytes of its solid parts are, which are all but the gaps."""

    #: Parts that are forgotten at a time, at least.
    MANY = 1000

    def __init__(self, solid, text):
        """From a place on that is in both."""
        self.begins, self.sources = [solid], [text]
        self.solid, self.solid_end, self.text = solid, text, text
        #: Where in what is solid something wide is left out.
        self.wide = deque()

    def add(self, block):
        """The next piece of the text."""
        for part in SOLID.finditer(block):
            begin, size = self.text + part.start(), part.end() - part.start()
            if begin - self.solid_end > WIDEST:
                self.wide.append(self.solid)
            self.begins.append(self.solid)
            self.sources.append(begin)
            self.solid += size
            self.solid_end = begin + size
        self.text += len(block)

    def of(self, number):
        """The place in the text of a solid byte."""
        part = bisect_right(self.begins, number) - 1
        return self.sources[part] + number - self.begins[part]

    def gap(self, begin, end):
        """The first wide gap between two solid bytes, or None. `begin` must not go back."""
        while self.wide and self.wide[0] <= begin:
            self.wide.popleft()
        if self.wide:
            first = self.wide[0]
        elif self.text - self.solid_end > WIDEST:
            first = self.solid
        else:
            return None
        return first if begin < first < end else None

    def forget(self, end):
        """What is before a solid byte is asked for no more."""
        part = bisect_right(self.begins, end) - 1
        if part > self.MANY and 2 * part > len(self.begins):
            del self.begins[:part], self.sources[:part]
