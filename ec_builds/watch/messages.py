"""Messages of an event stream, as bytes (HTML standard, 9.2.5)."""

import orjson

#: Bytes of a line of the log that are sent in one message.
LONGEST = 32 * 1024
#: What begins a stream: milliseconds after which a client comes back.
GREETING = b"retry: 1000\n\n"
#: What a client never sees, but what shows that both sides are still there.
HEARTBEAT = b":\n\n"


def message(name, data, id=None):
    """A message with a JSON value; without an id, it does not move a client's position."""
    line = b"id: %b\n" % str(id).encode() if id is not None else b""
    return b"event: %b\n%bdata: %b\n\n" % (name, line, orjson.dumps(data))


def line(text, id):
    """A message with a line of a log. A return of the carriage begins another line of data."""
    data = text.removesuffix(b"\r").replace(b"\r", b"\ndata: ")
    return b"event: log\nid: %b\ndata: %b\n\n" % (id, data)


def lines(block, is_last, longest=LONGEST):
    """Cut a block of a log into lines. Yields each with the place in the block where it ends.

    A line of more than the `longest` bytes comes in pieces. What has no end yet
    is left out, unless the block `is_last` in its log.
    """
    place = 0
    while place < len(block):
        found = block.find(b"\n", place, place + longest)
        if found >= 0:
            yield block[place:found], found + 1
            place = found + 1
            continue
        rest = block[place : place + longest]
        if len(rest) < longest and not is_last:
            return
        if len(rest) == longest:
            rest = whole_characters(rest)
        place += len(rest)
        yield rest, place


def whole_characters(piece):
    """A piece of UTF-8 without the character that it cuts in two at its end."""
    for length in range(1, min(3, len(piece)) + 1):
        if piece[-length] & 0xC0 == 0xC0:  # the first byte of a character
            size = 2 + (piece[-length] >= 0xE0) + (piece[-length] >= 0xF0)
            return piece[:-length] if size > length else piece
        if piece[-length] < 0x80:
            break
    return piece


def readable(block):
    """A line as UTF-8, whatever a command printed."""
    try:
        block.decode()
    except UnicodeDecodeError:
        return block.decode("utf-8", "replace").encode()
    return block
