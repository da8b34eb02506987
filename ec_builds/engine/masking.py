"""Keeps secrets out of everything that is written down.

A secret is looked for in all its `disguises`. What is covered by any of them
becomes `***`, however they overlap, and however the text was cut into pieces:
of a piece, all is written at once but for an end that may be the beginning of
a secret. Lines that end like any other line are never held back.
"""

from operator import itemgetter

from ec_builds.engine import disguises
from ec_builds.engine.search import EncodedSearch, Search
from ec_builds.engine.shapes import Shapes
from ec_builds.engine.text import Text
from ec_builds.errors import BuildError

STARS = "***"
#: Characters that a secret has to have: shorter ones would blot out half of every text.
SHORTEST = 4


class Masks:
    """The secrets of one run."""

    def __init__(self):
        self.secrets = set()
        self.known = ()
        #: What is written in the place of a secret.
        self.cover = STARS

    def add(self, secret):
        """Mask a text from now on. Raises BuildError if it is too short for that."""
        if not secret or secret in self.secrets:
            return
        if len(secret.strip()) < SHORTEST:
            raise BuildError(
                f"A secret has fewer than {SHORTEST} characters, so it cannot be masked"
            )
        self.secrets.add(secret)
        self.known = ()

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

    def shapes(self):
        """The Shapes of all secrets as they are now: plain, and encoded."""
        if not self.known:
            self.known = tuple(
                Shapes({shape for secret in self.secrets for shape in disguised(secret)})
                for disguised in (disguises.plain, disguises.encoded)
            )
        return self.known


class Stream:
    """Masks bytes that come in pieces, whatever the pieces are."""

    def __init__(self, masks):
        self.masks, self.held = masks, Text()
        self.shapes, self.searches = (), ()
        #: Where the part ends that stars stand for already; -1 if there is none.
        self.covered = -1

    def feed(self, block):
        """The next piece. Returns what can be written down by now."""
        if not self.masks.secrets:
            return block
        if self.shapes is not (shapes := self.masks.shapes()):
            self.search(shapes)
        self.held.add(block)
        return self.write(min(search.look() for search in self.searches))

    def finish(self):
        """Nothing more will come. Returns the rest."""
        for search in self.searches:
            search.look(is_last=True)
        return self.write(self.held.end)

    def search(self, shapes):
        """Begin anew with what is held: there are secrets that nobody has looked for yet."""
        plain, encoded = self.shapes = shapes
        self.searches = (Search(plain, self.held), EncodedSearch(encoded, self.held))

    def write(self, end):
        """What is held up to an end, without what was found in it."""
        written = []
        for begin, until in self.found(end):
            if begin > self.covered:
                written += [self.rest(begin), self.masks.cover.encode()]
            self.covered = max(self.covered, until)
        written.append(self.rest(end))
        self.held.forget(end)
        return b"".join(written)

    def rest(self, end):
        """What is held up to an end, from where the stars end."""
        return self.held.part(max(self.covered, self.held.begin), end)

    def found(self, end):
        """The places that begin before an end, in order. They are forgotten."""
        while places := [search.found for search in self.searches if search.found]:
            first = min(places, key=itemgetter(0))
            if first[0][0] >= end:
                return
            yield first.popleft()
