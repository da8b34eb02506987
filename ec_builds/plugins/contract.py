"""What can be plugged in: code sources, data sources, platforms, drivers and targets.

A plugin is a class with a `type`, a `config_schema` and one method, found
through an entry point of its kind (see `registry.py`). Built-in plugins are
written against this page and nothing else of ours.

The life of a build, as plugins see it: one instance of each plugin is made per
run. `CodeSource.fetch` is called first, then `DataSource.fetch`, then
`Platform.build`; a deployment later calls `Target.deploy`, once per target.
Everything is called in one thread, may be called again for the same run in a
fresh workspace (a worker may die), and must leave nothing behind outside the
workspace and the place it delivers to.

A plugin reports trouble that the author of the build can mend by raising
`BuildError` with a sentence and facts. `config` has been checked against
`config_schema` before. A command that fails is not an exception: `context.run`
returns an `Outcome`, and the plugin decides what it means.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ContextManager, Mapping, Protocol, Sequence

from ec_builds.plugins import marked


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    command: str  #: as one would type it
    exit_code: int  #: as a shell tells it: 128 and the signal's number, if one ended it
    output: str  #: the last lines of what it printed, at most some 16 KiB
    seconds: float

    @property
    def failed(self):
        return self.exit_code != 0

    @property
    def facts(self):
        """What an event should say of it."""
        return {
            "command": self.command,
            "exitCode": self.exit_code,
            "output": self.output,
            "seconds": round(self.seconds, 3),
        }


@dataclass(frozen=True)
class Part:
    """A job of a build, as it is known before it runs."""

    stage: str
    name: str
    commands: str  #: for people; one a line, mostly
    kind: str = "commands"  #: or driver (brings the environment up), or clone
    may_fail: bool = False  #: whether the build goes on when it fails
    artifacts: tuple[tuple[str, str], ...] = ()  #: of each the path that it leaves, and its name


@dataclass(frozen=True)
class Outline:
    """What is known of a build by a manifest before it runs."""

    text: str  #: the manifest
    driver: str  #: the type of the driver that it needs
    jobs: tuple[Part, ...]  #: in the order in which they run
    environment: tuple[tuple[str, str], ...] = ()  #: variables and their values, in order
    objects: tuple[tuple[str, str], ...] = ()  #: names of objects, and the paths that they go to


@dataclass(frozen=True)
class Image:
    """A container image that a build has left in registries."""

    digest: str  #: of its manifest: sha256: and 64 hexadecimal digits
    size: int  #: bytes of its compressed layers and its config
    references: tuple[tuple[str, str], ...]  #: of each region its name, and the image's there


@dataclass(frozen=True)
class Original:
    """An image of somebody's registry, which a build is to copy."""

    reference: str  #: as it was given
    registry: str | None = None  #: the host of the registry, if that was given apart
    auth: str | None = None  #: base64 of a user and a password, or a token


class Job(Protocol):
    """A job of a build that runs. (Builds by manifests only.)"""

    part: Part

    def start(self) -> None:
        """It begins; what is printed from now on is its output."""

    def end(self, failed: bool = False) -> None:
        """It has ended, as one that has failed or not."""

    def keep(self, source: str, found: Sequence[tuple[str, Path]]) -> None:
        """Keep the files that were found for one of its artifacts, each a path and its copy."""


class Companion(Protocol):
    """A command that works beside others."""

    def has_ended(self) -> bool:
        """Whether it has ended. Whoever waits for that, or for anything of it, asks often: here it
        is seen, too, that the run has reached a limit, which raises BuildError."""

    def end(self) -> Outcome:
        """End it with all that it has started, if it has not ended. May be called again."""


class Context(Protocol):
    """What a plugin is given of the run and of the server."""

    #: A folder of this run alone; removed when the run ends.
    workspace: Path
    #: workspace/code: what the code source fills. (Builds only.)
    code: Path
    #: workspace/data: what the data source fills, usually with data.json. (Builds only.)
    data: Path
    #: The packed result, a zip; None for one that is an image. (Deployments only.)
    artifact: Path | None
    #: Facts about the run, for messages and environments: appID, shortID, platformID,
    #: buildID, and deploymentID where there is one; imageRepository and imageTag are what the
    #: image of a build is called in each registry of the operator's.
    facts: Mapping[str, Any]
    #: A folder that outlives the run and is shared by all runs of this machine, for what is
    #: costly to fetch again. Whoever uses it locks it, and bears that it is emptied in between.
    cache: Path
    #: The one way out to addresses that a user gave; see `ec_builds.network`.
    network: Any

    def check(self) -> None:
        """Raises if the run has to stop; whatever takes long calls it now and then."""

    def confirm(self) -> None:
        """The same, and makes sure that the run has not gone to another worker meanwhile.

        Called right before something is replaced that others see: a worker that was held up
        for long may come back when another has already delivered something newer.
        """

    def note(self, message: str, kind: str = "info", **info) -> None:
        """Write an event. `kind` is info, verbose, warn or error."""

    def action(self, message: str, done: str, **info) -> ContextManager[dict]:
        """Write a temporary event now, and at the end a lasting one.

        Yields a dict; what is put into it becomes the `info` of the event at
        the end, whose message is `done`. A BuildError becomes an `error`
        event with its own sentence, and goes on.
        """

    def run(
        self,
        command: Sequence[str],
        cwd: Path | None = None,
        environment: Mapping[str, str] | None = None,
        timeout: float | None = None,
        shown: str | None = None,
        quiet: bool = False,
        fenced: bool = True,
        network: bool = True,
        titled: bool = True,
        nested: bool = False,
    ) -> Outcome:
        """Run a command in the sandbox and wait for its end, and for that of all its children.

        command: program and arguments; nothing is given to a shell.
        environment: variables on top of a small clean set (PATH, HOME, LANG, ...).
        timeout: seconds, besides the limit of the whole run. Raises TimedOut, which is a
            BuildError, when they are over.
        shown: how events and errors spell the command, if not as it is.
        quiet: write no events about it, and nothing into the log.
        fenced: False for a program of the server that does not run what users wrote (git): it
            may read what the server may read, and reach the network. It ends with the run, too.
        network: whether a fenced command may reach the network. Raises BuildError where the
            server cannot switch it off.
        titled: whether the log names the command above what it prints.
        nested: whether a fenced command may make namespaces of its own, and is root in its own
            eyes: what builds images has to be. The workspace is its from then on.

        Raises BuildError, too, when the run has reached one of its limits.
        """

    def start(
        self,
        command: Sequence[str],
        cwd: Path | None = None,
        environment: Mapping[str, str] | None = None,
        shown: str | None = None,
        fenced: bool = True,
        network: bool = True,
    ) -> Companion:
        """Start a command that works beside those that are run, in the same sandbox and limits.

        For what has to be there while others work, such as a virtual machine. It ends with the
        run, and with the server, at the latest. Nothing is written about it into events and log.
        The arguments are those of `run`. Raises BuildError if it cannot be started.
        """

    def conceal(self, secret: str) -> None:
        """Mask a text in all events, logs and errors of the run from now on.

        It is found as it is, quoted, in base64, hex and percent-encoded, also in the middle
        of something else. Raises BuildError if it has fewer than 4 characters. What the config
        schema marks as a password is masked before anything else happens.
        """

    def print(self, text: str) -> None:
        """Write a line of the server's own into the log of the build."""

    def jobs(self, outline: Outline) -> Sequence[Job]:
        """The jobs of the build, which are written down now if the outline was not known when it
        was submitted. (Builds only.)"""

    def variables(self) -> Mapping[str, str]:
        """What the build was submitted with, in order; masked values are. (Builds only.)"""

    def objects(self) -> Sequence[Any]:
        """The objects that its manifest names: each has a `source` (its name), a `name` (the path
        that it goes to), and `fetch(folder)`, which returns its file, or raises BuildError.
        `placed()` is called when it is there. (Builds only.)"""

    #: What the operator says of images: see `builders/contract.py`.
    images: Any

    def archive(self) -> Path | None:
        """A copy of the archive that was uploaded for the build, in the workspace; None if there
        is none. Raises BuildError if it is damaged, or gone. (Builds only.)"""

    def original(self) -> Original | None:
        """The image that the build is to copy, if it is to build none. (Builds only.)"""

    def expect_image(self, region: str, reference: str) -> None:
        """Tell that an image is about to be in the registry of a region. It is removed there unless
        the build succeeds. (Builds only.)"""

    def driver(self, type: str) -> Any:
        """The class of a driver. Raises BuildError if there is none, or it is not enabled.
        Its `settings` are in `driver_settings`."""

    def gather(self) -> Path | None:
        """A folder with all artifacts that were kept, or None if there are none. No job has had
        access to it: to be called when none will run any more. (Builds only.)"""

    def pardon(self, message: str) -> None:
        """Tell that something has failed that may: the build will have succeeded with failures."""

    def publish(self, path: str, folder: Path) -> str:
        """Serve a folder as the app's web site below `path`, in one step, in place of what
        was there. Returns its address, relative to the root address. (Deployments only.)"""

    def keep(self, file: Path, name: str) -> str:
        """Keep a file for download under `name`. Returns its address, relative to the root
        address. (Deployments only.)"""


class Plugin(ABC):
    """What all kinds have in common."""

    #: The name under which clients know it, as in `remoteGit`.
    type: str
    #: JSON Schema, draft-04, of `config`. `{}` accepts anything. Shown to clients. Texts that it
    #: marks with `"format": "password"` are masked in all that is written of a run. These, and
    #: whatever is marked with `"writeOnly": true`, are never shown: a client sees `***`, for each
    #: value if it is an object, and sends that to keep what is stored; see `audience`.
    config_schema: dict = {}
    #: Free facts for clients, shown beside the schema.
    type_config: dict = {}
    #: The only platform type this plugin can be combined with, if there is just one.
    restrict_to_platform_type: str | None = None

    @classmethod
    def check(cls, config: dict) -> None:
        """Raises BuildError for what is wrong with a config in a way that no schema can say.

        Called when a client sends one; the message is what it is told.
        """

    @classmethod
    def audience(cls, config: dict) -> Any:
        """Whom the secrets of a config are for: what has to stay the same for them to be kept.

        Whoever may change a config without knowing its secrets could otherwise have them sent
        elsewhere: to another host, by a new `url` beside a `token` that stays. Where this is
        another one after a change, secrets have to be given again. It is all of a config but its
        secrets, unless a plugin says more precisely what they depend on, such as
        `network.urls.origin(config["url"])`. Called with configs that have been checked.
        """
        shown = {name: each for name, each in config.items() if name != "hexColor"}
        return marked.without(cls.config_schema, shown)


class CodeSource(Plugin):
    """Where the code of a platform comes from."""

    @abstractmethod
    def fetch(self, config: dict, into: Path, context: Context) -> dict:
        """Fill the empty folder `into` with code. Returns facts for the event, such as revision."""


class DataSource(Plugin):
    """Where the data of a platform comes from."""

    @abstractmethod
    def fetch(self, config: dict, into: Path, context: Context) -> dict:
        """Write data into the empty folder `into`, by custom `data.json`. Returns facts."""


class Platform(Plugin):
    """Turns code and data into a result."""

    #: What is written in the place of secrets.
    cover: str = "***"

    @classmethod
    def outline(cls, config: dict, number: int | None) -> Outline | None:
        """What is known of a build before it runs; None for one that has no jobs of its own.

        number: that of the build among those of its owner.
        """

    @abstractmethod
    def build(self, config: dict, context: Context) -> Path | Image | None:
        """Build from `context.code` and `context.data`. Returns the folder with the result,
        which lies in the workspace, or an image in registries; None if there is none, and that is
        fine."""


class Target(Plugin):
    """Where the result of a build is delivered to."""

    #: What it can deliver: zipFile or containerImage.
    takes: str = "zipFile"

    @abstractmethod
    def deploy(self, config: dict, result: Path | Image, context: Context) -> str:
        """Deliver `result`, whole or not at all: a folder, or an Image to those who take one.

        Returns where it can be found now: an absolute URL, a reference relative to the root
        address of the server (`sites/50793615/shop/`), or an image with its digest
        (`registry.example.com/server:7@sha256:…`).
        """
