"""What builds images promises: a Dockerfile and its files become an image of linux/amd64."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Mapping

from ec_builds.plugins.contract import Context

#: What servers of images can run.
PLATFORM = "linux/amd64"


@dataclass(frozen=True)
class ImageSettings:
    """What an operator says about images."""

    #: What builds them: auto, or the name of a builder.
    builder: str = "auto"
    #: The regions, each an `oci.Region`, to whose registries every image is pushed.
    regions: tuple = ()
    #: Gives the login for a host, or None.
    logins: Callable[[str], Any] = lambda host: None
    #: The way to the registries of the regions, which are the operator's own.
    network: Any = None


@dataclass(frozen=True)
class Recipe:
    """What an image is made of."""

    dockerfile: Path
    #: The folder that the Dockerfile copies files from.
    context: Path
    arguments: Mapping[str, str] = field(default_factory=dict)

    @property
    def options(self):
        """What all builders understand the same."""
        for name, value in self.arguments.items():
            yield from ("--build-arg", f"{name}={value}")
        yield from ("--platform", PLATFORM, "--file", str(self.dockerfile), str(self.context))


class Builder(ABC):
    #: What `EC_BUILDS_IMAGE_BUILDER` calls it.
    name: str

    @classmethod
    @abstractmethod
    def missing(cls) -> str | None:
        """What it lacks on this machine, to go on with a sentence; None if it can work."""

    @abstractmethod
    def build(self, recipe: Recipe, into: Path, context: Context) -> None:
        """Leave an image that `oci.Layout` reads in a folder that is not there yet. What it prints
        is in the log. Raises BuildError."""
