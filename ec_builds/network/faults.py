"""What can be wrong with an address, or with whoever answers there."""

from ec_builds.errors import BuildError


class Fault(BuildError):
    """An address cannot be used; whoever gave it can mend that."""


class Unanswered(Fault):
    """Nobody answered, or not to the end; another attempt may fare better."""
