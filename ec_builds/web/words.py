"""Paths in addresses that are made of words."""

from werkzeug.routing import BaseConverter


class Words(BaseConverter):
    """Words of letters and digits, with a slash between them: `games/chess`."""

    #: How rules call it.
    name = "words"
    regex = "[A-Za-z0-9]+(?:/[A-Za-z0-9]+)*"
    part_isolating = False
