"""A search for shapes in a text that comes in pieces: what was looked at is not looked at again.

A text can be such that almost everywhere something may begin: `000000…` with a
secret like it. What is compared is bounded therefore, by a number of steps per
byte. Where that is not enough, what begins like a shape is taken for it:
too much is masked then, and never too little.
"""

import re
from collections import deque
from enum import Enum

from ec_builds.engine import disguises
from ec_builds.engine.shapes import ANCHOR
from ec_builds.engine.text import GAPS, WIDEST, Places, Text

#: Bytes in which anchors are looked for at a time.
WINDOW = 16 * 1024
#: Bytes that are compared in one step; bytes of the text for which there is one step; steps that
#: there are at first.
STEP, PER_STEP, FIRST_STEPS = 1024, 4, 20_000
#: Bytes that are masked behind what is taken for a shape, so that the next ones are covered.
MORE = 256
WIDE = re.compile(rb"[ :\r\n]{%d}" % (WIDEST + 1))
SHORT_LINE = re.compile(rb"(?:[^ :\r\n][ :]{0,%d}){1,%d}[\r\n]" % (WIDEST, disguises.START - 1))


class Match(Enum):
    """What a comparison says."""

    NO, YES = False, True
    OPEN = "it depends on what follows"
    TIRED = "there were too many comparisons"


class Search:
    """Finds secrets that are written as they are, or quoted."""

    def __init__(self, shapes, held):
        """held: the Text. What is in it will be looked at, too."""
        self.shapes, self.held = shapes, held
        self.text = held  # where the shapes are
        #: The places (begin, end) in the text that have to be masked, in order.
        self.found = deque()
        #: Up to where it is known what begins with an anchor, and what to decide of that.
        self.known, self.waiting = held.begin, deque()
        #: Of the first of these: the shape of its group, bytes compared, bytes paid for.
        self.shape = self.compared = self.paid = 0
        self.first = self.covered = held.begin
        self.steps = 0

    def look(self, is_last=False):
        """Look at what is new in the text. Returns from where on it depends on what follows."""
        self.find(self.text.end if is_last else self.open())
        self.decide(is_last)
        return self.waiting[0][0] if self.waiting else self.known

    def open(self):
        """Where the longest end of the text begins with which one of the shapes begins."""
        tail = self.text.part(max(self.known, self.text.end - ANCHOR + 1))
        for begin in range(len(tail)):
            if tail[begin:] in self.shapes.begun:
                return self.text.end - len(tail) + begin
        return self.text.end

    def find(self, end):
        """Note what begins with an anchor before a place."""
        while self.known < end:
            begin, until = self.known, min(self.known + WINDOW, end)
            with self.text.view(begin, until + ANCHOR - 1) as view:
                found = self.shapes.find(view, begin)
            self.waiting.extend(place for place in found if place[0] < until)
            self.known = until

    def decide(self, is_last):
        """Decide what can be decided, in order."""
        waiting, longest = self.waiting, self.shapes.longest
        while waiting:
            begin, number = waiting[0]
            if begin + longest[number] > self.covered:
                end = self.verdict(begin, self.shapes.groups[number], is_last)
                if end is None:
                    return
                if end > max(begin, self.covered):
                    self.mask(begin, end)
                    self.covered = end
                self.shape = self.compared = self.paid = 0
            waiting.popleft()

    def verdict(self, begin, group, is_last):
        """Where the longest shape ends that is at a place: there, if none is; None if it is open.

        What would end in what is covered already makes no difference.
        """
        while self.shape < len(group) and begin + len(group[self.shape]) > self.covered:
            end = begin + len(group[self.shape])
            match = self.compare(begin, group[self.shape])
            if match is Match.YES:
                return end
            if match is Match.TIRED:
                end = self.gap(begin, end + MORE) or end + MORE
                return min(end, self.text.end) if is_last or end <= self.text.end else None
            if match is Match.OPEN and not is_last:
                return None
            self.shape, self.compared, self.paid = self.shape + 1, 0, 0
        return begin

    def compare(self, begin, shape):
        """Whether a shape is at a place. Steps end at the same bytes, however the text is cut."""
        while self.compared < len(shape):
            if self.compared == self.paid:
                if self.steps >= FIRST_STEPS + (begin - self.first) // PER_STEP:
                    return Match.TIRED
                self.steps, self.paid = self.steps + 1, min(self.paid + STEP, len(shape))
            if self.gap(begin, begin + self.paid) is not None:
                return Match.NO
            end = min(self.paid, self.text.end - begin)
            there = self.text.part(begin + self.compared, begin + end)
            if there != shape[self.compared : end]:
                return Match.NO
            self.compared = end
            if end < self.paid:
                return Match.OPEN
        return Match.YES

    def gap(self, begin, end):
        """What tears a shape apart: nothing."""
        return None

    def mask(self, begin, end):
        """Note a place in the text. Those that touch are one."""
        if self.found and begin <= self.found[-1][1]:
            begin = self.found.pop()[0]
        self.found.append((begin, end))


class EncodedSearch(Search):
    """Finds secrets in base64 and hex, through small gaps.

    A shape whose first line would end within its first characters counts from the next line on:
    almost every line ends like the beginning of something, and would have to wait.
    """

    def __init__(self, shapes, held):
        super().__init__(shapes, held)
        self.text, self.places = Text(held.begin), Places(held.begin, held.begin)
        #: Up to where what is held was read, and what in it `known` is.
        self.read = self.begun = held.begin

    def look(self, is_last=False):
        self.text.add(self.held.part(self.read).translate(None, GAPS))
        self.read = self.held.end
        undecided = super().look(is_last)
        self.text.forget(undecided)
        if self.waiting:
            self.places.forget(undecided)
            return min(self.places.of(undecided), self.begun)
        self.places = Places(self.known, self.begun)
        return self.begun

    def open(self):
        begun, known, solid = self.held.end, self.text.end, b""
        tail = self.held.part(max(self.begun, begun - ANCHOR * (1 + WIDEST)))
        for place in range(len(tail) - 1, -1, -1):
            if len(solid) == ANCHOR - 1 or WIDE.match(tail, place):
                break
            if tail[place] in GAPS:
                continue
            solid = tail[place : place + 1] + solid
            if solid in self.shapes.begun and counts(tail[place:]):
                begun, known = self.held.end - len(tail) + place, self.text.end - len(solid)
        self.begun = begun
        return known

    def find(self, end):
        super().find(end)
        if self.waiting:
            self.places.add(self.held.part(self.places.text))

    def verdict(self, begin, group, is_last):
        place = self.places.of(begin) - self.held.begin
        if SHORT_LINE.match(self.held.bytes, place):
            return begin
        return super().verdict(begin, group, is_last)

    def gap(self, begin, end):
        return self.places.gap(begin, end)

    def mask(self, begin, end):
        super().mask(self.places.of(begin), self.places.of(end - 1) + 1)


def counts(part):
    """Whether a part of a text is one thing: no wide gap, and no line that ends at once."""
    return not SHORT_LINE.match(part) and not WIDE.search(part)
