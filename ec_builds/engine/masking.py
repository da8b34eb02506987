"""Keeps secrets out of everything that is written down."""


class Masks:
    """The secrets of one run."""

    def add(self, secret):
        """Mask a text from now on."""

    def text(self, text):
        """A text without secrets."""
        return text

    def stream(self):
        """A mask for bytes that come in pieces."""
        return Stream()


class Stream:
    """Masks bytes that come in pieces, whatever the pieces are."""

    def feed(self, block):
        """The next piece. Returns what can be written down by now."""
        return block

    def finish(self):
        """Nothing more will come. Returns the rest."""
        return b""
