"""How far a watcher is, as the id of the last message that it has seen."""

import re
from dataclasses import dataclass, replace

from ec_builds.errors import Unmatched

#: `<event>-<byte of the log>`, and after the last message of all `-end`.
WRITTEN = re.compile(r"(\d{1,18})-(\d{1,18})(-end)?", re.ASCII)


@dataclass(frozen=True)
class Position:
    """The last event and the bytes of the log that a watcher has seen."""

    event: int = 0
    log: int = 0
    is_end: bool = False

    @classmethod
    def read(cls, text):
        """The position that an id names; the beginning, if there is none.

        Raises Unmatched for what is no id of ours.
        """
        if not text:
            return cls()
        match = WRITTEN.fullmatch(text)
        if match is None:
            raise foreign("It is no id of a message of this stream.")
        return cls(int(match[1]), int(match[2]), bool(match[3]))

    def __str__(self):
        return f"{self.event}-{self.log}{'-end' if self.is_end else ''}"

    @property
    def end(self):
        return replace(self, is_end=True)


def foreign(sentence):
    return Unmatched("Last-Event-ID", sentence)
