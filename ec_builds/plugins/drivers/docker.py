"""Runs each job in a container of its own, through Docker or Podman, whichever is here.

What lies in the workspace is a volume, and goes from job to job. A job is root in its container,
without most of root's rights; nothing of this machine is in there, and what it may use are the
limits of the server. What is left when a server is killed is known by its name, and removed when
the next build begins; see `leavings.py`.
"""

import resource
import signal
import time

from ec_builds.errors import BuildError, TimedOut
from ec_builds.plugins import trees
from ec_builds.plugins.drivers import engines, images, scripts
from ec_builds.plugins.drivers.client import Client
from ec_builds.plugins.drivers.contract import Driver
from ec_builds.plugins.drivers.keeper import Keeper
from ec_builds.plugins.drivers.leavings import Leavings

#: Seconds until the environment has to be there.
PATIENCE = 5 * 60
#: The rights of root that are needed to install packages, and no others.
RIGHTS = (
    "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_BIND_SERVICE", "SETGID", "SETUID",
)
#: Files that a job may have open, if the server itself may have as many.
OPEN_FILES = 65536
#: How a shell says that a program was killed.
KILLED = 128 + signal.SIGKILL
#: What is asked of a job that has ended.
STATE = "{{.State.Status}} {{.State.ExitCode}} {{.State.OOMKilled}}"


class Docker(Driver):
    """Containers of one image; a volume at `workspace` carries files from job to job."""

    type = "docker"
    required = ("image", "workspace")

    @classmethod
    def missing(cls, settings):
        try:
            engine = engines.find(engines.ask)
        except BuildError as error:
            return f"{error}."
        refusal = engine.refusal(restrictions(settings, engine))
        return refusal and f"{engine.name} cannot run containers here: {refusal}."

    @classmethod
    def clear(cls, workspaces, is_live=None):
        """Remove what killed servers have left; each build does so for its own server.

        workspaces: the folder of all workspaces; is_live: whether the run of a name goes on, which
        is one that has a workspace unless somebody knows better. Raises BuildError.
        """
        return Leavings(workspaces, engines.find(engines.ask).ask).clear(is_live)

    def begin(self, say):
        self.client, self.containers, self.volumes, self.number = None, [], [], 0
        image = images.image(self.config["image"].strip())
        self.folder = images.workspace(self.config["workspace"].strip())
        say("Running with driver docker...")
        for name in scripts.unspeakable(self.variables):
            say(f"The variable {name!r} cannot be set: no shell has such names, or such values")
        try:
            self.client = Client(self.context, time.monotonic() + PATIENCE)
            self.leavings = Leavings(self.context.workspace.parent, self.client.ask)
            self.leavings.clear()
            say(f"Using Driver image {image}")
            self.image = self.find(image) or self.fetch(image)
            self.prepare()
        except TimedOut as error:
            told = f"The environment was not there within {PATIENCE:g} seconds"
            raise TimedOut(told, timeout=PATIENCE) from error
        self.client.deadline = None

    def find(self, image):
        """What the engine itself calls an image that it has; None if it has none."""
        asked = self.client.ask("image", "inspect", "--format", "{{.Id}}", image)
        return None if asked.failed else images.identifier(asked.output)

    def fetch(self, image):
        """Let the engine fetch an image, but from no host that users may not reach by us."""
        if host := images.registry(image):
            self.context.network.resolve(host)
        pulled = self.client.ask("pull", "--quiet", f"{self.client.engine.registry}{image}")
        # Podman says the identity, Docker the name
        found = None if pulled.failed else images.identifier(pulled.output) or self.find(image)
        if found is None:
            told = engines.told(pulled)
            raise BuildError(f"The image “{image}” cannot be fetched: {told}", image=image)
        return found

    def prepare(self):
        """Make what carries files from job to job."""
        self.volumes.append(self.name("files"))
        self.client.done("volume", "create", *self.leavings.labels, *self.volumes)
        container = self.create("keeper", scripts.SHELL)
        self.keeper = Keeper(self.client, container, self.folder, self.context.workspace)

    def create(self, what, *command):
        """Make a container that is not started yet. Returns its name."""
        name = self.name(what)
        self.containers.append(name)
        self.client.done(
            "create", "--name", name, *self.leavings.labels,
            *restrictions(self.settings, self.client.engine),
            "--pull", "never", "--volume", f"{self.volumes[0]}:{self.folder}",
            "--workdir", self.folder, "--entrypoint", command[0], self.image, *command[1:],
        )
        return name

    def name(self, what):
        return self.leavings.name(self.context.workspace.name, what)

    def place(self, file, destination):
        self.keeper.place(file, destination)

    def put(self, folder, destination):
        self.keeper.put(folder, destination)

    def collect(self, source, into):
        return self.keeper.collect(source, into)

    def run(self, name, script):
        self.number += 1
        container = self.create(f"job-{self.number}", scripts.SHELL, scripts.FIRST)
        with trees.scratch(self.context.workspace, "scripts-") as folder:
            written = scripts.write(folder, name, script, self.variables)
            self.client.done("cp", written, f"{container}:/")
        engine = self.client.engine
        started = self.client.follow(name, "start", "--attach", *engine.starting, container)
        code = self.exit_code(container, started) if started.failed else 0
        self.client.done("rm", "--force", "--volumes", container)
        self.containers.remove(container)
        return code

    def exit_code(self, container, started):
        """How a job has failed. Raises BuildError if it has not begun."""
        asked = self.client.done("inspect", "--format", STATE, container)
        status, code, has_starved = asked.output.split()[-3:]
        if status == "created":
            raise BuildError(f"The job cannot be started: {engines.told(started)}")
        if has_starved == "true":
            self.context.note("A program of the job was ended, as it used too much memory", "warn")
        elif int(code) == KILLED:  # not every engine knows
            self.context.note("The job was killed; it may have used too much memory", "warn")
        return int(code)

    def end(self):
        # asked outside of the run, which may have been stopped
        if self.client:
            leavings = Leavings(self.context.workspace.parent, self.client.engine.ask)
            leavings.remove(self.containers, self.volumes)


def restrictions(settings, engine):
    """The options that keep a container from what it must not do."""
    yield from ("--user", "0:0", "--cap-drop", "ALL", "--security-opt", "no-new-privileges")
    for right in RIGHTS:
        yield from ("--cap-add", right)
    # to end at once when it has to; nobody reads what an engine would keep of the output
    yield from ("--stop-signal", "KILL", "--log-driver", "none")
    if settings.network:
        yield from ("--network", settings.network)
    yield from ("--ulimit", "core=0", "--ulimit", open_files())
    limits = settings.limits
    if limits is not None:
        yield from ("--memory", str(limits.memory), "--pids-limit", str(limits.processes))
        yield from ("--ulimit", f"fsize={limits.file}")
        if engine.name == "podman":  # it would ask for more than it may itself have, within limits
            yield from ("--ulimit", f"nproc={limits.processes}")


def open_files():
    """How many files a job may have open: no more than whoever starts it."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    most = OPEN_FILES if most == resource.RLIM_INFINITY else min(most, OPEN_FILES)
    return f"nofile={most}:{most}"
