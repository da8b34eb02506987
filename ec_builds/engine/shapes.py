"""Many shapes that are looked for at once, by how they begin."""

from ahocorasick_rs import BytesAhoCorasick, Implementation

#: Bytes of a shape that are looked for; where they are found, the rest is compared.
ANCHOR = 32
#: So many anchors are looked for in the quickest way, which takes some megabytes for them.
FEW = 500


class Shapes:
    """Shapes in groups: of what may be where an anchor is, the longest comes first."""

    def __init__(self, shapes):
        self.begun = {
            shape[:size] for shape in shapes for size in range(1, min(ANCHOR, len(shape)))
        }
        by_anchor = {}
        for shape in sorted(shapes, key=len, reverse=True):
            by_anchor.setdefault(shape[:ANCHOR], []).append(shape)
        self.groups = [[*group, *shorter(by_anchor, anchor)] for anchor, group in by_anchor.items()]
        self.longest = [len(group[0]) for group in self.groups]
        kind = Implementation.DFA if len(by_anchor) <= FEW else None
        self.anchors = BytesAhoCorasick(list(by_anchor), implementation=kind)

    def find(self, text, first=0):
        """Each place in a text where an anchor is, and the number of its group; in order.

        first: the place where the text begins. Of anchors at one place, the longest is told: they
        are found in the order of their ends.
        """
        found = self.anchors.find_matches_as_indexes(text, overlapping=True)
        return sorted({first + begin: number for number, begin, _ in found}.items())


def shorter(by_anchor, anchor):
    """The shapes with which an anchor begins, the longest first."""
    for size in range(len(anchor) - 1, 0, -1):
        if anchor[:size] in by_anchor:
            yield anchor[:size]
