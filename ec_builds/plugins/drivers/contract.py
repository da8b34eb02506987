"""What a driver promises: where the jobs of a build by a manifest run.

The life of a driver: `begin` is called once. Then, in any order and one after the other, `place`
and `put` bring files in, `run` runs a job, and `collect` takes files out. `end` is called once,
whatever has happened, also if `begin` failed half way. All is called in the one thread of the
build, and stops when the build has to: programs are started through `context.run`, which sees to
that.
"""

from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, ClassVar, Mapping, Sequence

from ec_builds.plugins.contract import Context, Plugin


@dataclass(frozen=True)
class Settings:
    """What an operator says about drivers."""

    #: The types that may be used.
    enabled: tuple[str, ...] = ("os",)
    #: Where images of virtual machines lie.
    images: Path | None = None
    #: How many processors each of them has.
    cpus: int = 1
    #: What a build may use; see `engine/sandbox/limits.py`.
    limits: object = None
    #: The network of containers, as their engine calls it; None for what it has by default.
    network: str | None = None


class Driver(Plugin):
    """One instance per build.

    config: the mapping `driver` of the manifest; all values are texts.
    variables: what every job sees in its environment, in order.
    """

    config_schema = {"type": "object", "properties": {}}
    #: The keys of the mapping that it needs besides `type`.
    required: ClassVar[Sequence[str]] = ()

    def __init__(
        self,
        config: Mapping[str, str],
        context: Context,
        variables: Mapping[str, str],
        settings: Settings,
    ):
        self.config, self.context = config, context
        self.variables, self.settings = variables, settings

    @classmethod
    def missing(cls, settings: Settings) -> str | None:
        """What it lacks on this machine, as a sentence for an operator; None if it can work."""

    @abstractmethod
    def begin(self, say: Callable[[str], None]) -> None:
        """Bring the environment up. `say` writes a line. Raises BuildError, or TimedOut."""

    @abstractmethod
    def place(self, file: Path, destination: str) -> None:
        """Put a file where only its owner may use it, for everything (mode 0700).

        destination: a path; a relative one counts from where jobs run. Raises BuildError.
        """

    @abstractmethod
    def put(self, folder: Path, destination: str) -> None:
        """Move a folder there, with all that is in it. Raises BuildError."""

    @abstractmethod
    def run(self, name: str, script: str) -> int:
        """Run a script of /bin/sh; all that it prints goes to the log of the build.

        name: what the job is called. Returns the exit code. Raises BuildError if it cannot be run.
        """

    @abstractmethod
    def collect(self, source: str, into: Path) -> Sequence[tuple[str, Path]]:
        """Copy what a path, or a pattern, names into an empty folder of the run, as plain files.

        Returns the path of each as it was found, and where its copy is. Nothing there: nothing. Of
        a folder, each file in it. Raises BuildError.
        """

    @abstractmethod
    def end(self) -> None:
        """Take everything down. What is gone already is fine."""
