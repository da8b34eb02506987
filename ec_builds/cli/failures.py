"""What only some commands can fail with, in a sentence."""

from ec_builds.cli.database import reason
from ec_builds.runtime import Unreachable


def sentence(error):
    """What went wrong, for whoever called a command. Raises it again if it is an error of ours."""
    if isinstance(error, Unreachable):
        return f"The database does not answer: {reason(error, '')}."
    raise error
