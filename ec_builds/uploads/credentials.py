"""What lets a large body in: somebody has to say whether it is good."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Token:
    """The token of a request."""

    text: str = field(repr=False)


@dataclass(frozen=True)
class Secret:
    """What nobody can guess of an address: whoever knows it may upload there."""

    text: str = field(repr=False)
