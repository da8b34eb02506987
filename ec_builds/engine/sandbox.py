"""How a command is fenced in: what it gets to see of the server's environment.

A command runs in a process group of its own with a deadline (`process.py`), as
the user that the server runs as.
"""

import os

#: Where programs are looked for if the server itself was started without a PATH.
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Sandbox:
    """Makes the environment of commands: a small clean set, and what the operator lets through."""

    def __init__(self, let_through=(), environ=os.environ):
        self.shared = {"PATH": environ.get("PATH", PATH), "LANG": "C.UTF-8", "CI": "true"}
        self.shared |= {name: environ[name] for name in let_through if name in environ}

    def environment(self, workspace, wanted):
        """Variables for a command of a run: a home and a tmp of its own, and what was asked for."""
        own = {}
        for variable, folder in (("HOME", "home"), ("TMPDIR", "tmp")):
            path = workspace / folder
            path.mkdir(exist_ok=True)
            own[variable] = str(path)
        return {**self.shared, **own, **(wanted or {})}
