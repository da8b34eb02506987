"""Where commands print."""

from rich.console import Console

#: Columns of what is no terminal: whoever reads a file wants a line to be a line.
ENDLESS = 100_000


def plain(text):
    """A text that somebody else has written, without what would do something to a terminal."""
    return "".join(each if each.isprintable() else "�" for each in text)


def console(**options):
    """A console, as wide as its terminal; elsewhere nothing is wrapped or cut."""
    made = Console(highlight=False, **options)
    if not made.is_terminal:
        made.width = ENDLESS
    return made
