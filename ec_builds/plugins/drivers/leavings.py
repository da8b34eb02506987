"""Containers and volumes of ours: what they are called, and what is left of them is removed.

A name says whose it is: of which server, by the folder of its workspaces, and of which run. So a
server that was killed finds what it has left, and nothing of another one that uses the same engine.
"""

import hashlib
import os

#: What all that is ours bears.
LABEL = "ec-builds"


class Leavings:
    """What the runs of one server have in an engine.

    workspaces: the folder in which each run has its workspace.
    ask: is given what to ask the engine, and returns the Outcome.
    """

    def __init__(self, workspaces, ask):
        self.workspaces, self.ask = workspaces, ask
        found = os.stat(workspaces)  # of two servers in containers the paths may be the same
        identity = f"{os.path.realpath(workspaces)}:{found.st_ino}"
        self.server = hashlib.sha256(identity.encode()).hexdigest()[:16]
        self.beginning = f"{LABEL}.{self.server}."

    def name(self, run, what):
        """What something of a run is called; `run` is the name of its workspace."""
        return f"{self.beginning}{run}.{what}"

    @property
    def labels(self):
        return ("--label", f"{LABEL}={self.server}")

    def clear(self, is_live=None):
        """Remove what runs have left that are over. Returns how many things that were.

        is_live: whether a run of this name goes on; if not given, one does that has a workspace.
        """
        is_live = is_live or (lambda run: os.path.lexists(os.path.join(self.workspaces, run)))
        containers, volumes = (
            [name for name in self.listed(*listing) if not is_live(self.run_of(name))]
            for listing in (
                ("ps", "--all", "--format", "{{.Names}}"),
                ("volume", "ls", "--format", "{{.Name}}"),
            )
        )
        self.remove(containers, volumes)
        return len(containers) + len(volumes)

    def run_of(self, name):
        return name.removeprefix(self.beginning).rpartition(".")[0]

    def listed(self, *listing):
        """The names of ours among what an engine lists."""
        answer = self.ask(*listing, "--filter", f"label={LABEL}={self.server}")
        lines = [] if answer.failed else answer.output.splitlines()
        return [line.strip() for line in lines if line.strip().startswith(self.beginning)]

    def remove(self, containers, volumes):
        """Remove them, as far as the engine can; what stays is found again by `clear`."""
        if containers:
            removed = self.ask("rm", "--force", "--volumes", *containers)
            if removed.failed:  # Podman needs a second look at one that has gone by itself
                self.ask("rm", "--force", "--volumes", *containers)
        if volumes:
            self.ask("volume", "rm", "--force", *volumes)
