"""What comes after a position in a build: events and log in the order in which they happened."""

from bisect import bisect_right
from functools import lru_cache, partial

from ec_builds.storage.joined import Joined
from ec_builds.store import watching
from ec_builds.store.log import LogSegment
from ec_builds.watch import messages
from ec_builds.watch.position import Position

#: Bytes of a log, and events, that are read at a time.
BLOCK = 2 * messages.LONGEST
EVENTS = 50
#: Pieces that are kept for others at the same position.
KEPT = 16


class Source:
    """Reads pieces of streams: messages as bytes, and the position after them.

    All who watch a build are at the same position most of the time, so a piece
    is made once for all of them. `show` makes a JSON value of an event.
    """

    def __init__(self, storage, show):
        self.storage, self.show = storage, show
        self.piece = lru_cache(KEPT)(self.read)

    def read(self, build_id, position, head):
        """What comes next, as far as the build is; no bytes if there is nothing yet.

        Raises OSError if the storage does not answer.
        """
        if position.log < head.log:
            segment = LogSegment.since(build_id, position.log).first()
            before, until = region(segment, position.log)
            if position.event < before:
                found = self.events(build_id, position, before)
                if found[0]:
                    return found
            found = self.lines(build_id, position, head, until)
            if found[0]:
                return found
        if position.event < head.event:
            return self.events(build_id, position, head.event)
        return b"", position

    def events(self, build_id, position, until):
        """The next events, up to one of them."""
        sent = []
        for event in watching.events(build_id, position.event, until, EVENTS):
            position = Position(event.id, position.log)
            sent.append(messages.message(b"event", self.show(event), position))
        return b"".join(sent), position

    def lines(self, build_id, position, head, until):
        """The next lines that begin before a byte of the log."""
        sent, place = [], position.log
        block = printed(self.storage, build_id, place, head.log)
        is_last = head.is_finished and place + len(block) == head.log
        for text, end in messages.lines(block, is_last):
            if place >= until:
                break
            place = position.log + end
            id = b"%d-%d" % (position.event, place)
            sent.append(messages.line(messages.readable(text), id))
        return b"".join(sent), Position(position.event, place)


def region(segment, byte):
    """The event after which a byte of the log comes, and the byte where that is another one."""
    places = [place for place, _ in segment.marks]
    index = bisect_right(places, byte)
    until = places[index] if index < len(places) else segment.end
    return segment.marks[max(0, index - 1)][1], until


def printed(storage, build_id, place, end):
    """What a build has printed from one byte to another, or the first block of that.

    Raises OSError if the storage does not answer.
    """
    with Joined(storage, partial(LogSegment.place, build_id), end) as file:
        file.seek(place)
        return whole(file, BLOCK)


def whole(file, size):
    """As many bytes as there are, up to a size; a part may end earlier."""
    blocks = []
    while size and (block := file.read(size)):
        blocks.append(block)
        size -= len(block)
    return b"".join(blocks)
