"""What ends the story early."""


class Trouble(Exception):
    """A step cannot be done; the message says why, without a full stop."""
