"""What stages and plugins are given of a run."""

import errno
import os
import shlex
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial

from ec_builds.engine import jobs, materials, process
from ec_builds.engine.companion import Companion
from ec_builds.engine.output import NoLog, Output
from ec_builds.engine.patient import PatientStorage
from ec_builds.engine.sandbox import Cell, Job, LimitReached, Room
from ec_builds.engine.sandbox.contract import CannotStart
from ec_builds.engine.stopping import Reason, Stopped, seconds
from ec_builds.engine.workspace import remove
from ec_builds.errors import BuildError, TimedOut
from ec_builds.metrics import Metrics
from ec_builds.plugins.drivers.contract import Settings
from ec_builds.store.leftover import Leftover


@dataclass(frozen=True)
class Tools:
    """What all runs of a server share."""

    plugins: object
    storage: object
    network: object
    sandbox: object
    #: A folder that outlives runs.
    cache: object = None
    deploy_folder: str | None = None
    metrics: Metrics = field(default_factory=Metrics)
    #: Whether logs are written down while commands print, not only when they have ended.
    live_logs: bool = True
    #: What the operator says of drivers, and of images.
    drivers: Settings = Settings()
    images: object = None

    def plugin(self, kind, type, word):
        """A fresh instance of a plugin; it may have been uninstalled since it was configured."""
        found = self.plugins.get(kind, type)
        if found is None:
            raise BuildError(f"This server has no {word} of type “{type}”", type=type)
        return found()


class Context:
    """A run as stages and plugins see it; the contract of plugins says which part is for them."""

    def __init__(
        self, tools, journal, brake, workspace, facts, lock=None, remember=lambda pid: None
    ):
        self.tools, self.journal, self.brake = tools, journal, brake
        #: An open, locked file that tells others that something of this run is alive, or None.
        self.lock, self.remember = lock, remember
        self.workspace, self.facts = workspace, facts
        self.code, self.data = workspace / "code", workspace / "data"
        self.cache = tools.cache
        self.storage = PatientStorage(tools.storage, self)
        self.network = tools.network.watched(self.check)
        self.masks, self.log = journal.masks, NoLog()
        self.note = journal.note
        #: What the stages hand to each other and to the runner.
        self.result = self.artifact = self.packed = self.image = None
        #: Where artifacts belong in the result, and where they are; and what has failed that may.
        self.places, self.pardoned = {}, []
        #: Columns that are written together with the state at the end.
        self.changes = {}
        #: Whether it is not begun again when it is stopped.
        self.is_once = False

    def check(self):
        """Raises Stopped if the run has to stop."""
        self.brake.check()

    def confirm(self):
        """The same, and asks the database whether the run still is whose it was."""
        self.brake.heed(self.journal.state())
        self.check()

    def damage(self, error):
        """What a build did to its workspace, if that is why the server stumbled; or None."""
        if isinstance(error, RecursionError):
            return "The folders of the build are nested too deep"
        if isinstance(error, UnicodeError):
            return "A name in the workspace is not UTF-8"
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return "There is no space left on the disk of the server"
        name = os.fsencode(error.filename or b"").decode("utf-8", "replace")
        if not name.startswith(str(self.workspace)):
            return None
        return f"The build has damaged its workspace: {error.strerror}"

    @contextmanager
    def action(self, message, done, kind="info", **info):
        """Write an event now and one at the end; see the journal, and the contract of plugins."""
        with self.journal.action(message, done, kind, **info) as facts:
            try:
                yield facts
            except Exception:
                self.make_room()
                raise

    def make_room(self):
        """Remove the workspace of a run that has failed, if its disk is nearly full.

        That it has failed is still to be written down, and perhaps on the same disk.
        """
        if Room.at(self.workspace.parent).is_scarce:
            remove(self.workspace)

    @cached_property
    def cell(self):
        """Where its commands run."""
        return Cell(self.tools.sandbox, self.workspace, self.remember)

    def close(self):
        """Nothing more will be run."""
        if "cell" in vars(self):
            self.cell.close()

    def conceal(self, secret):
        """Mask a text in all that this run writes from now on.

        Raises BuildError if it is too short for that.
        """
        self.masks.add(secret)

    def print(self, text):
        """A line of ours in the log; see the contract of plugins."""
        self.log.write(f"{self.masks.text(text)}\n".encode("utf-8", "replace"))

    def jobs(self, outline):
        """The jobs of the build, known from now on; see the contract of plugins."""
        return jobs.known(self, outline)

    def variables(self):
        """What the build was submitted with; see the contract of plugins."""
        return materials.variables(self)

    def objects(self):
        """The objects that the manifest names; see the contract of plugins."""
        return materials.objects(self)

    @property
    def images(self):
        """What the operator says of images; see the contract of plugins."""
        return self.tools.images

    def archive(self):
        """What was uploaded for the build; see the contract of plugins."""
        return materials.archive(self)

    def original(self):
        """The image that the build is to copy; see the contract of plugins."""
        return materials.original(self)

    def expect_image(self, region, reference):
        """An image is about to be in a registry; see the contract of plugins."""
        Leftover.expect(self.build, region, reference)

    @property
    def driver_settings(self):
        """What the operator says of drivers."""
        return self.tools.drivers

    def driver(self, type):
        """The class of a driver that is enabled; see the contract of plugins."""
        if type not in self.tools.drivers.enabled:
            raise BuildError(f"The driver “{type}” is not enabled on this server", driver=type)
        found = self.tools.plugins.get("driver", type)
        if found is None:
            raise BuildError(f"This server has no driver of type “{type}”", driver=type)
        return found

    def gather(self):
        """A folder with all artifacts; see the contract of plugins."""
        return jobs.gather(self)

    def pardon(self, message):
        """Something has failed that may; see the contract of plugins."""
        self.pardoned.append(message)

    def run(
        self, command, cwd=None, environment=None, timeout=None, shown=None, quiet=False,
        fenced=True, network=True, titled=True, nested=False,
    ):
        """Run a command and wait for its end; see the contract of plugins."""
        self.check()
        command = [str(part) for part in command]
        shown = self.masks.text(shown or shlex.join(command))  # before anybody cuts it short
        if not quiet:
            self.journal.write(f"Running: {shown}", "verbose", {}, temporary=True)
            if titled:
                self.log.name(f"$ {shown}\n".encode("utf-8", "replace"))
        output = Output(self.masks, NoLog() if quiet else self.log)
        left = max(0.0, self.brake.deadline - time.monotonic())
        try:
            outcome = process.run(
                self.cell,
                self.job(command, cwd, environment, fenced, network, nested),
                left if timeout is None else min(left, timeout),
                self.check,
                shown,
                output,
                partial(self.tell_step, shown, quiet),
            )
        except process.TimeUp:
            printed = output.end()
            self.log.end()
            self.time_up(shown, timeout, left, printed)
        except LimitReached as reached:
            self.make_room()
            reached.info |= {"command": shown, "output": output.end()}
            self.log.end()
            self.journal.write(f"Stopped: {shown}", "warn", {"command": shown})
            raise
        except Stopped:
            output.end()
            self.log.end()
            raise
        self.log.end()
        if not quiet:
            self.tell(outcome)
        return outcome

    def start(
        self, command, cwd=None, environment=None, shown=None, fenced=True, network=True
    ):
        """Start a command that works beside; see the contract of plugins."""
        self.check()
        command = [str(part) for part in command]
        shown = self.masks.text(shown or shlex.join(command))
        job = self.job(command, cwd, environment, fenced, network)
        try:
            return Companion(self.cell, job, shown, Output(self.masks, NoLog()))
        except CannotStart as error:
            raise BuildError(str(error), command=shown) from error

    def job(self, command, cwd, environment, fenced, network, nested=False):
        """What is wanted of the sandbox."""
        return Job(
            command,
            cwd or self.workspace,
            self.tools.sandbox.environment(self.workspace, environment),
            self.workspace,
            fenced,
            network,
            self.lock,
            nested,
        )

    def time_up(self, shown, timeout, left, output):
        """End the command's event, and then the run or the action that it was part of."""
        facts = {"command": shown, "output": output}
        if timeout is None or left <= timeout:
            self.brake.pull(Reason.TIMED_OUT)
            self.check()
        told = f"The command “{shown}” took longer than {seconds(timeout)}"
        raise TimedOut(told, timeout=timeout, **facts)

    def tell_step(self, shown, quiet, step):
        """The event about how a command is stopped; that it was asked to end is not the end."""
        facts, is_asked = {"command": shown}, step is process.Step.ASKED
        if not is_asked:
            self.make_room()
        if quiet:
            return
        self.journal.write(f"{step}: {shown}", "warn", facts, temporary=is_asked)

    def tell(self, outcome):
        """The event about a command's end; who ran it decides whether that is a failure."""
        facts = outcome.facts
        if outcome.failed:
            del facts["output"]  # whoever takes it for a failure tells the rest
            ended = f"Ended with exit code {outcome.exit_code}: {outcome.command}"
            self.journal.write(ended, "warn", facts)
        else:
            self.journal.write(f"Done: {outcome.command}", "verbose", facts)
