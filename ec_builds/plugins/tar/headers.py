"""Small things that headers of a tar are made of."""

from ec_builds.errors import BuildError

BLOCK = 512
DAMAGED = "The archive is damaged: there is nonsense where a header belongs"
#: Digits of any number that a header may have; files larger than this do not exist.
MOST_DIGITS = 18
#: What of pax headers matters; to keep all would take a lot of memory.
SETTINGS = {"path", "linkpath", "size"} | {
    f"GNU.sparse.{name}" for name in ("name", "major", "realsize", "size", "map")
}
#: A map of a file with holes; and what says the same in an older way, once for each part.
MAP, PARTS = "GNU.sparse.map", ("GNU.sparse.offset", "GNU.sparse.numbytes")


def padded(size):
    """What a size takes up in blocks."""
    return -(-size // BLOCK) * BLOCK


def text(raw):
    """A text; what is not UTF-8 in it stays what it is, so that it is seen later."""
    return raw.decode("utf-8", "surrogateescape")


def number(digits):
    """A number in a header, given as decimal digits."""
    if not digits.isascii() or not digits.isdigit() or len(digits) > MOST_DIGITS:
        raise BuildError(DAMAGED)
    return int(digits)


def records(body):
    """The settings of a pax header that matter, by name. Those without a value say nothing."""
    found, parts, at = {}, [], 0
    while at < len(body):
        name, value, at = record(body, at)
        if name in PARTS:
            parts.append(value)
        elif name in SETTINGS and value:
            found[name] = value
    return {MAP: ",".join(parts)} | found if parts else found


def record(body, at):
    """A setting: its name, its value, and where the next one begins."""
    gap = body.find(b" ", at, at + MOST_DIGITS)
    end = at + number(text(body[at : max(gap, at)]))
    if not gap < end - 1 < len(body) or body[end - 1 : end] != b"\n":
        raise BuildError(DAMAGED)
    name, is_there, value = body[gap + 1 : end - 1].partition(b"=")
    if not is_there:
        raise BuildError(DAMAGED)
    return text(name), text(value), end
