"""Fences commands in with bubblewrap: namespaces of their own, and a machine that is read-only."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from ec_builds.engine.sandbox import seccomp
from ec_builds.engine.sandbox.contract import CannotStart, Job, Sandbox, own_folder
from ec_builds.engine.sandbox.identities import identities
from ec_builds.engine.sandbox.spawn import spawn
from ec_builds.engine.sandbox.view import View

#: Who a fenced command is, in its own eyes: nobody special.
USER = "1000"
#: The oldest bubblewrap that tells what it does in the way that we read.
OLDEST = (0, 4)
#: The first that can forbid namespaces within namespaces.
STRICT = (0, 8)
INSTALL = "apt install bubblewrap"
ALLOW = (
    "let ordinary users make namespaces: sysctl kernel.unprivileged_userns_clone=1, and"
    " kernel.apparmor_restrict_unprivileged_userns=0; in a container, let it do so"
)
#: A command is given to a shell that becomes it, and that says so where it cannot.
SHELL = "/bin/sh"
BECOME = (SHELL, "-c", 'exec "$0" "$@"')
NAMESPACES = (
    "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--hostname", "build",
    "--unshare-cgroup-try", "--die-with-parent",
    "--new-session",  # a signal to the whole group stays inside
)
POWERLESS = ("--unshare-user", "--uid", USER, "--gid", USER, "--cap-drop", "ALL")
#: The rights are those of the namespaces that `nest.py` makes, and nothing outside of them.
NESTED = ("--cap-add", "ALL", "--dir", "/sys/fs/cgroup")
#: Where builders of images keep what short names stand for, wherever they keep all else.
ALIASES = ("--dir", "/var/cache", "--symlink", "/tmp", "/var/cache/containers")
DEVICES = ("--proc", "/proc", "--remount-ro", "/proc", "--dev", "/dev")
#: A program of the server sees what the server sees, but its processes end with it.
LIGHT = (
    "--unshare-pid", "--die-with-parent", "--new-session",
    "--dev-bind", "/", "/", "--proc", "/proc",
)

#: What was found out about programs that work, by their path.
PROBED = {}


class NotUsable(Exception):
    """Bubblewrap does not work here. The message continues a sentence; `advice` says what helps."""

    def __init__(self, message, advice):
        super().__init__(message)
        self.advice = advice


class Bubblewrap(Sandbox):
    name = "bubblewrap"

    def __init__(self, **options):
        super().__init__(**options)
        self.program, self.version, self.strict = shutil.which("bwrap"), None, ()
        self.view, self.identities = View(self.shared["PATH"], self.hidden), identities()

    @property
    def says(self):
        return (
            f"bubblewrap {self.version}: own PID, mount, IPC and UTS namespaces, a read-only"
            " system, and only the workspace can be written to"
        )

    @property
    def nesting(self):
        return self.identities.says

    @property
    def nesting_advice(self):
        return self.identities.advice

    def probe(self):
        """Find out what works here; once per process. Raises NotUsable."""
        if self.program not in PROBED:
            self.try_out()
            PROBED[self.program] = self.version, self.strict
        self.version, self.strict = PROBED[self.program]

    def try_out(self):
        if self.program is None:
            raise NotUsable("bubblewrap is not installed", INSTALL)
        told = subprocess.run([self.program, "--version"], capture_output=True, text=True).stdout
        match = re.search(r"(\d+)\.(\d+)[.\d]*", told)
        version = (int(match[1]), int(match[2])) if match else (0, 0)
        if version < OLDEST:
            raise NotUsable("bubblewrap is too old", INSTALL)
        self.version = match[0]
        self.strict = ("--disable-userns",) if version >= STRICT else ()
        with tempfile.TemporaryDirectory() as folder:
            for fenced in (True, False):
                self.probe_in(Path(folder), fenced)

    def probe_in(self, folder, fenced):
        job = Job([SHELL, "-c", ":"], folder, {}, folder, fenced, network=False)
        running = self.start(job, lambda number: None)
        said = running.output.read().decode("utf-8", "replace").strip()
        if running.end():
            reason = said.splitlines()[0].removeprefix("bwrap: ") if said else "it says nothing"
            raise NotUsable(f"bubblewrap does not work here ({reason})", ALLOW)

    def start(self, job, enter):
        if not os.path.isdir(job.cwd):
            raise CannotStart(f"{job.cwd}: No such file or directory")
        command = [str(part) for part in job.command]
        if not job.fenced:
            path = job.environment.get("PATH")
            if shutil.which(command[0], path=path) is None:
                raise CannotStart(f"{command[0]}: No such file or directory")
            options = [*LIGHT]
        else:
            options = self.fence(Path(job.workspace), job.network, job.nested)
            command = command if command[0] == SHELL else [*BECOME, *command]
        options += ["--chdir", str(job.cwd)]
        for name, value in job.environment.items():
            options += ["--setenv", name, value]
        starting, filter = [self.program], seccomp.PROGRAM
        if job.nested and job.fenced:
            self.identities.hand_over(job.workspace)
            starting = self.identities.starting(self.program)
            command = self.identities.becoming(command)
            filter = seccomp.LONELY if self.identities.is_single else filter
        return spawn(starting, options, command, job, self.limits, enter, filter)

    def fence(self, workspace, network, nested=False):
        """The options of a full sandbox, in the order in which it is built."""
        options = [*NAMESPACES, *(NESTED if nested else (*POWERLESS, *self.strict))]
        options += ["--bind", str(self.private_tmp(workspace)), "/tmp", "--dir", "/run"]
        if nested:  # whoever has no rights on the way to something may go it
            options += [*made_open("/var", *self.view.ways()), *ALIASES]
        if not workspace.is_relative_to("/var/tmp"):
            options += ["--symlink", "/tmp", "/var/tmp"]
        options += self.view.options()
        options += self.view.network() if network else ["--unshare-net"]
        options += [*DEVICES, "--bind", str(own_folder(workspace, "shm")), "/dev/shm"]
        covered = list(self.view.covered())
        for folder in covered:
            options += ["--tmpfs", folder]
        if nested:
            options += made_open(*reversed(workspace.parents[:-1]))
        options += ["--bind", str(workspace), str(workspace)]
        for folder in ("/dev", *covered):
            options += ["--remount-ro", folder]
        return options

    def private_tmp(self, workspace):
        """What is /tmp: the run's own, in which there is a way to what has to be shown below it."""
        tmp = own_folder(workspace, "tmp")
        for place in (workspace, *self.view.folders):
            if place.is_relative_to("/tmp"):
                clear_way(tmp, place.relative_to("/tmp").parts)
        return tmp


def made_open(*folders):
    """Options that make folders which anybody may go through, as those made by the way are not."""
    return [word for folder in folders for word in ("--dir", str(folder))]


def clear_way(folder, names):
    """Make folders below a folder, one in the other; whatever a build has put there goes.

    A link of a build would lead what is mounted elsewhere. Nothing of the build is running now.
    """
    for name in names:
        folder = own_folder(folder, name)
