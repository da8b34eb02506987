"""Many shapes that are looked for at once, by how they begin."""

from ahocorasick_rs import BytesAhoCorasick

#: Bytes of a shape that are looked for; where they are found, the rest is compared.
ANCHOR = 32


class Shapes:
    """Shapes in groups: those of a group begin with the same anchor, the longest comes first."""

    def __init__(self, shapes):
        self.begun = {
            shape[:size] for shape in shapes for size in range(1, min(ANCHOR, len(shape)))
        }
        by_anchor = {}
        for shape in sorted(shapes, key=len, reverse=True):
            by_anchor.setdefault(shape[:ANCHOR], []).append(shape)
        self.groups = list(by_anchor.values())
        self.longest = [len(group[0]) for group in self.groups]
        self.anchors = BytesAhoCorasick(list(by_anchor))

    def find(self, text, first=0):
        """Each place in a text where an anchor is, and the number of its group; in order.

        first: the place where the text begins.
        """
        found = self.anchors.find_matches_as_indexes(text, overlapping=True)
        return sorted([(first + begin, number) for number, begin, _ in found])
