"""What a sandbox promises. One suite of tests holds every sandbox to it."""

import os
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping, Sequence

from ec_builds.engine.sandbox import cgroups, marks
from ec_builds.engine.sandbox.cgroups import Groups
from ec_builds.engine.sandbox.limits import Limits
from ec_builds.errors import BuildError

#: Where programs are looked for if the server itself was started without a PATH.
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Job:
    """A command that is wanted."""

    command: Sequence[str]
    cwd: Path
    environment: Mapping[str, str]
    #: The folder of the run: the only one that a fenced command may write to.
    workspace: Path
    #: False for a program of the server that does not run what users wrote.
    fenced: bool = True
    #: Whether a fenced command may reach the network.
    network: bool = True
    #: What is open and locked, and stays open as long as anything of the command is alive. It has
    #: to be a pipe with a name: a file or a folder would lead a build out of its sandbox.
    lock: int | None = None
    #: Whether a fenced command may make namespaces of its own, and is root in its own eyes, with
    #: users beside it as far as the server has some to lend. The workspace becomes theirs.
    nested: bool = False


class CannotStart(Exception):
    """The command cannot be started, as its author wrote it: told like a shell would."""


class NoSwitch(BuildError):
    """The network is to be off, and this sandbox cannot do that."""

    def __init__(self):
        super().__init__(
            "This server cannot switch the network off for a build: it has no bubblewrap sandbox",
            network=False,
        )


class Running(ABC):
    """A command that was started, with all that it has started itself."""

    #: Whether the sandbox, rather than the command in it, has failed. Known at the end.
    is_broken = False

    def __init__(self, process, root):
        #: A `subprocess.Popen`; it ends when the command does, with its exit code.
        self.process = process
        #: The process, as this machine counts, below which all others of the command are.
        self.root = root

    @property
    def output(self):
        """The pipe that all of them print to."""
        return self.process.stdout

    def has_ended(self):
        """Whether the command has ended; some of what it started may be left."""
        flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self.process.pid, flags) is not None

    @abstractmethod
    def end(self) -> int:
        """Kill what is left and wait until nothing is. Returns the exit code, as a shell says it:
        128 and the number of the signal, if one has ended the command."""


class Sandbox(ABC):
    """Starts commands.

    let_through: names of the server's variables that commands may see.
    hidden: folders of the server that no command may look into.
    """

    #: What `EC_BUILDS_SANDBOX` calls it.
    name: str
    #: A sentence for an operator about what is missing here, or None; and what to do about it.
    warning: str | None = None
    advice: str | None = None
    #: A sentence about whom nested commands are; and what to do about it, or None.
    nesting: str
    nesting_advice: str | None = None

    def __init__(self, let_through=(), hidden=(), limits=None, environ=os.environ):
        self.shared = {"PATH": environ.get("PATH") or PATH, "LANG": "C.UTF-8", "CI": "true"}
        self.shared |= {name: environ[name] for name in let_through if name in environ}
        self.hidden = tuple(Path(folder).absolute() for folder in hidden)
        self.limits, self.groups = limits or Limits(), Groups(cgroups.find())

    def environment(self, workspace, wanted):
        """Variables for a command of a run: a home and a tmp of its own, what was asked for, and
        what tells whose it is."""
        own = {}
        for variable, folder in (("HOME", "home"), ("TMPDIR", "tmp")):
            own[variable] = str(own_folder(workspace, folder))
        return {**self.shared, **own, **(wanted or {}), marks.NAME: Path(workspace).name}

    @property
    @abstractmethod
    def says(self) -> str:
        """What it is, for an operator."""

    @abstractmethod
    def start(self, job, enter) -> Running:
        """Start a command.

        enter: is called with the number of the process below which all will be, before the
            command runs.
        Raises CannotStart, or BuildError where the job asks for what cannot be done here.
        """


def own_folder(workspace, name):
    """A folder of the workspace; what a build has put in its place is no folder of ours."""
    path = Path(workspace, name)
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
        path.mkdir()
    return path
