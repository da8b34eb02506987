"""A place in a manifest: what stands there, how it is called, and what is wrong with it."""

import re

from ec_builds.manifest.document import LIST, MAPPING, NOTHING, TEXT, Node, shortened
from ec_builds.manifest.errors import Fault

#: Entries of a list.
MOST = 1000
#: Bytes of a name, so that a file can be called by it, with a number and a suffix.
LONGEST_NAME = 200
#: Names that are shown as they are.
PLAIN = re.compile(r"[A-Za-z0-9_-]{1,60}")
CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")


class Place:
    """Where a value stands. Asked for something that it is not, it notes a fault."""

    def __init__(self, node, field, faults):
        self.node, self.field, self.faults = node, field, faults

    def fault(self, what, contract=""):
        """Note that something is wrong here."""
        self.faults.append(Fault(what, self.node.line, self.field, contract))

    def has(self, name):
        """Whether something stands here under a name."""
        return self.node.kind == MAPPING and name in self.node.value

    def member(self, name):
        """What stands here under a name; nothing, if this is no mapping or has no such key."""
        node = self.node.value[name] if self.has(name) else Node(NOTHING, self.node.line, "")
        shown = name if PLAIN.fullmatch(name) else shortened(name)
        return Place(node, f"{self.field}.{shown}" if self.field else shown, self.faults)

    def members(self):
        """All that stands here under its names; none, if this is not a mapping."""
        if self.node.kind == MAPPING:
            return {name: self.member(name) for name in self.node.value}
        if self.node.kind != NOTHING:
            self.fault(f"should be a mapping, but is {self.node.kind}")
        return {}

    def items(self, of="texts"):
        """What stands here one after the other; none, if this is not a list."""
        if self.node.kind == NOTHING:
            return []
        if self.node.kind != LIST:
            self.fault(f"should be a list of {of}, but is {self.node.kind}")
            return []
        if len(self.node.value) > MOST:
            self.fault(f"has {len(self.node.value):,} entries; at most {MOST:,} are possible")
            return []
        return [
            Place(node, f"{self.field}[{index}]", self.faults)
            for index, node in enumerate(self.node.value)
        ]

    def text(self):
        """The text as it was written, empty for nothing; None if this is not a text."""
        if self.node.kind in (TEXT, NOTHING):
            return self.node.value
        self.fault(f"should be a text, but is {self.node.kind}; put it in quotes if it is one")

    def single_line(self):
        """A text that is safe to be shown on a line; None if there is none here."""
        text = self.text()
        if text is not None and CONTROL.search(text):
            self.fault("should be on one line, without control characters")
            return None
        return text

    def name(self, longest=LONGEST_NAME):
        """A line that is no longer than names are; None if there is none here."""
        text = self.single_line()
        if text is not None and len(text.encode()) > longest:
            self.fault(f"is too long; at most {longest} bytes are possible")
            return None
        return text
