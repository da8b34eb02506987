"""What a command prints, on its way to the log and to the event about the command's end."""

#: Bytes kept for the event: the end tells why a command failed.
TAIL = 16 * 1024


class Output:
    """Takes what one command prints, masked before anything is kept of it."""

    def __init__(self, masks, log):
        self.mask, self.log, self.tail = masks.stream(), log, Tail()

    def take(self, block):
        """The next bytes, cut anywhere."""
        self.keep(self.mask.feed(block))

    def end(self):
        """Nothing more will be printed. Returns the end of it all, as text."""
        self.keep(self.mask.finish())
        return self.tail.text()

    def keep(self, block):
        if block:
            self.tail.add(block)
            self.log.write(block)


class NoLog:
    """The log of a run that has none: nobody will ask for it."""

    def name(self, line):
        """Nothing."""

    def write(self, block):
        """Nothing."""

    def end(self):
        """Nothing."""

    def tell(self):
        """Nothing was printed, and nothing will be."""
        return 0

    def close(self):
        """Nothing."""

    def stop(self):
        """Nothing is lost."""
        return True

    def finish(self):
        """Nothing."""


class Tail:
    """The end of a long output."""

    def __init__(self):
        self.kept = bytearray()
        self.total = 0

    def add(self, block):
        self.total += len(block)
        self.kept += block
        if len(self.kept) > 2 * TAIL:
            del self.kept[:-TAIL]

    def text(self):
        """The last lines as text, from the beginning of a line."""
        kept = bytes(self.kept[-TAIL:])
        if self.total > len(kept):
            kept = kept.partition(b"\n")[2] or kept
        return kept.decode("utf-8", "replace").replace("\x00", "�").rstrip()
