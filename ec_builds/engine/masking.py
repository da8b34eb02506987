"""Keeps secrets out of everything that is written down.

A secret is looked for in all its `disguises`. What is covered by any of them
becomes `***`, however they overlap, and however the text was cut into pieces:
of a piece, all is written at once but for an end that may be the beginning of
a secret. Lines that end like any other line are never held back.
"""

import re
from bisect import bisect_right

from ahocorasick_rs import BytesAhoCorasick

from ec_builds.engine import disguises
from ec_builds.errors import BuildError

STARS = b"***"
#: Characters that a secret has to have: shorter ones would blot out half of every text.
SHORTEST = 4
#: Bytes of a shape that are looked for; where they are found, the rest is compared.
ANCHOR = 32
#: What may stand between the characters of an encoded secret, and how much of it in one place.
GAPS, WIDEST = b" :\r\n", 2
SOLID = re.compile(rb"[^ :\r\n]+")
WIDE = re.compile(rb"[ :\r\n]{%d}" % (WIDEST + 1))
SHORT_LINE = re.compile(rb"(?:[^ :\r\n][ :]*){1,%d}[\r\n]" % (disguises.START - 1))


class Masks:
    """The secrets of one run."""

    def __init__(self):
        self.secrets = set()
        self.seekers = ()

    def add(self, secret):
        """Mask a text from now on. Raises BuildError if it is too short for that."""
        if not secret or secret in self.secrets:
            return
        if len(secret.strip()) < SHORTEST:
            raise BuildError(
                f"A secret has fewer than {SHORTEST} characters, so it cannot be masked"
            )
        self.secrets.add(secret)
        self.seekers = ()

    def text(self, text):
        """A text without secrets."""
        if not self.secrets or len(text) < SHORTEST:
            return text
        stream = self.stream()
        masked = stream.feed(text.encode("utf-8", "surrogatepass")) + stream.finish()
        return masked.decode("utf-8", "surrogatepass")

    def stream(self):
        """A mask for bytes that come in pieces."""
        return Stream(self)

    def look(self, text):
        """The places (begin, end) of a text that have to be masked, and from where on it depends
        on what follows."""
        if not self.seekers:
            self.seekers = (Plain(self.secrets), Encoded(self.secrets))
        found, undecided = [], len(text)
        for seeker in self.seekers:
            places, begins = seeker.look(text)
            found += places
            undecided = min(undecided, begins)
        return sorted(found), undecided


class Stream:
    """Masks bytes that come in pieces, whatever the pieces are."""

    def __init__(self, masks):
        self.masks, self.held = masks, b""
        #: Where in what is held the part ends that stars stand for already; -1 if there is none.
        self.covered = -1

    def feed(self, block):
        """The next piece. Returns what can be written down by now."""
        if not self.masks.secrets:
            return block
        self.held += block
        return self.write(*self.masks.look(self.held))

    def finish(self):
        """Nothing more will come. Returns the rest."""
        if not self.held:
            return b""
        found, _ = self.masks.look(self.held)
        return self.write(found, len(self.held))

    def write(self, found, end):
        """What is held up to an end, without what was found in it."""
        written = []
        for begin, until in found:
            if begin >= end:
                break
            if begin > self.covered:
                written += [self.held[max(self.covered, 0) : begin], STARS]
            self.covered = max(self.covered, until)
        written.append(self.held[max(self.covered, 0) : end])
        self.held = self.held[end:]
        self.covered = self.covered - end if self.covered >= end else -1
        return b"".join(written)


class Seeker:
    """Finds any of many shapes in a text, and what may become one."""

    def __init__(self, shapes):
        self.begun = {
            shape[:size] for shape in shapes for size in range(1, min(ANCHOR, len(shape)))
        }
        by_anchor = {}
        for shape in shapes:
            by_anchor.setdefault(shape[:ANCHOR], []).append(shape)
        self.shapes = list(by_anchor.values())
        self.anchors = BytesAhoCorasick(list(by_anchor))

    def seek(self, text):
        """Begin and end of each shape; an end behind the text's if only its beginning is there.

        Beginnings that are shorter than an anchor are not told: `begun` knows them.
        """
        for number, begin, _ in self.anchors.find_matches_as_indexes(text, overlapping=True):
            for shape in self.shapes[number]:
                end = begin + len(shape)
                if text.startswith(shape, begin) or (
                    end > len(text) and shape.startswith(text[begin:])
                ):
                    yield begin, end


class Plain(Seeker):
    """Finds secrets that are written as they are, or quoted."""

    def __init__(self, secrets):
        super().__init__({shape for secret in secrets for shape in disguises.plain(secret)})

    def look(self, text):
        places, undecided = [], len(text)
        for begin, end in self.seek(text):
            if end <= len(text):
                places.append((begin, end))
            else:
                undecided = min(undecided, begin)
        for size in range(min(ANCHOR - 1, len(text)), 0, -1):
            if text[-size:] in self.begun:
                undecided = min(undecided, len(text) - size)
                break
        return places, undecided


class Encoded(Seeker):
    """Finds secrets in base64 and hex, through small gaps.

    A shape whose first line would end within its first characters counts from the next line on:
    almost every line ends like the beginning of something, and would have to wait.
    """

    def __init__(self, secrets):
        super().__init__({shape for secret in secrets for shape in disguises.encoded(secret)})

    def look(self, text):
        solid = text.translate(None, GAPS)
        places, undecided = [], self.begins(text)
        found = list(self.seek(solid))
        if found:
            place = Places(text)
            for begin, end in found:
                first, last = place.of(begin), place.of(min(end, len(solid)) - 1) + 1
                if not counts(text[first : last if end <= len(solid) else None]):
                    continue
                if end <= len(solid):
                    places.append((first, last))
                else:
                    undecided = min(undecided, first)
        return places, undecided

    def begins(self, text):
        """Where the longest end of a text begins with which one of the shapes begins."""
        undecided, solid, place = len(text), b"", len(text)
        while place and len(solid) < ANCHOR - 1:
            place -= 1
            if WIDE.match(text, place):
                break
            if text[place] in GAPS:
                continue
            solid = text[place : place + 1] + solid
            if solid in self.begun and counts(text[place:]):
                undecided = place
        return undecided


class Places:
    """Where in a text the bytes of its solid parts are."""

    def __init__(self, text):
        self.begins, self.sources, total = [], [], 0
        for part in SOLID.finditer(text):
            self.begins.append(total)
            self.sources.append(part.start())
            total += part.end() - part.start()

    def of(self, number):
        part = bisect_right(self.begins, number) - 1
        return self.sources[part] + number - self.begins[part]


def counts(part):
    """Whether a part of a text is one thing: no wide gap, and no line that ends at once."""
    return not SHORT_LINE.match(part) and not WIDE.search(part)
