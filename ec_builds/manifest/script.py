"""Commands as one shell script."""

from collections.abc import Iterable

#: One stream for all that is printed; commands are shown, and the first that fails is the last.
HEAD = "#!/bin/sh\nexec 2>&1\nset -ex\n\n"


def script(commands: Iterable[str]) -> str:
    """The script of a job: its commands as they are, each on lines of its own."""
    return HEAD + "".join(f"{command}\n" for command in commands)
