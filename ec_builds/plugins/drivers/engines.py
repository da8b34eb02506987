"""The programs that containers are asked of: the client of Docker, or Podman.

Of what they have in common only that is used which both mean the same by.
"""

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass

from ec_builds.errors import BuildError
from ec_builds.plugins.contract import Outcome

#: Variables of the server that tell a client where its engine is. Logins are not among them, as
#: what the server's account may fetch is not for everybody's builds; nor are proxies, which Podman
#: would tell the jobs.
PASSED = (
    "DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "DOCKER_API_VERSION",
    "CONTAINER_HOST", "CONTAINER_SSHKEY", "XDG_RUNTIME_DIR", "CONTAINERS_CONF",
    "CONTAINERS_STORAGE_CONF", "CONTAINERS_REGISTRIES_CONF",
)
#: Seconds that an engine may take for what takes it no time.
PATIENCE = 30.0
#: A command of Podman's counts processes as its sandbox does. Outside of it the numbers that it has
#: written down are those of others: where none of them exist, nothing is taken for a container.
NOWHERE = ("unshare", "--fork", "--pid", "--mount-proc", "--kill-child")
#: The home of nobody: what is in that of the server's account is not for builds.
NOBODY = "/nonexistent"
#: What a container says that was started, and had nothing in it.
EMPTY = 127


@dataclass(frozen=True)
class Engine:
    """One of them, as it is spoken with."""

    name: str
    #: The program and what it is always told.
    command: tuple[str, ...]
    #: What it answers to if it can work.
    question: tuple[str, ...]
    #: What an image's name is said to be when it is fetched.
    registry: str = ""
    #: How a link is followed by `cp`.
    following: tuple[str, ...] = ()
    #: How `start` is told that a signal is for the client alone.
    starting: tuple[str, ...] = ()
    #: Whether it starts containers itself, rather than asking somebody to.
    is_local: bool = False

    @property
    def environment(self):
        """What it needs of the server's environment."""
        return {name: os.environ[name] for name in PASSED if name in os.environ}

    def ask(self, *arguments):
        """Ask it something outside of any run. Returns the Outcome."""
        is_nowhere = self.is_local and shutil.which(NOWHERE[0])
        command = [*(NOWHERE if is_nowhere else ()), *self.command, *arguments]
        path = os.environ.get("PATH", os.defpath)
        environment = {"PATH": path, "HOME": NOBODY, **self.environment}
        try:
            ended = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, timeout=PATIENCE, env=environment, cwd="/",
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return Outcome(" ".join(command), 1, str(error), PATIENCE)
        printed = ended.stdout.decode("utf-8", "replace")
        return Outcome(" ".join(command), ended.returncode, printed, 0.0)

    def refusal(self, options):
        """Why it starts no containers; None if it does. Only one that starts them itself is
        tried: for others that is known to whoever has set them up."""
        if not self.is_local:
            return None
        with tempfile.TemporaryDirectory() as folder:
            tried = self.ask("run", "--rm", *options, "--rootfs", folder, "/nothing")
        return None if tried.exit_code == EMPTY else told(tried)


DOCKER = Engine(
    "docker", ("docker",), ("version", "--format", "{{.Server.Version}}"), following=("-L",)
)
PODMAN = Engine(
    "podman", ("podman",), ("info", "--format", "{{.Version.Version}}"),
    "docker://", starting=("--sig-proxy=false",), is_local=True,
)
#: What an ordinary user needs: in a sandbox Podman itself cannot win the rights that it lacks.
SERVICE = Engine(
    "podman", ("podman", "--remote"), PODMAN.question, PODMAN.registry, starting=PODMAN.starting
)


def known():
    """The engines that may be here, the preferred one first."""
    is_served = os.geteuid() or "CONTAINER_HOST" in os.environ
    return DOCKER, SERVICE if is_served else PODMAN


def ask(engine, *arguments):
    """Ask an engine something outside of any run; see `find`."""
    return engine.ask(*arguments)


def find(ask):
    """The engine that answers. Raises BuildError with a sentence about what is missing.

    ask: is given an engine and what to ask it, and returns the Outcome.
    """
    reasons = []
    for engine in known():
        if shutil.which(engine.name) is None:
            reasons.append(f"{engine.name} is not installed")
            continue
        answer = ask(engine, *engine.question)
        if not answer.failed:
            return engine
        reasons.append(f"{' '.join(engine.command)} does not answer ({told(answer)})")
    raise BuildError(f"There is no engine for containers: {', and '.join(reasons)}")


def told(outcome):
    """What an engine says of a failure, without what it says before."""
    lines = [line.strip() for line in outcome.output.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(("Error", "docker: "))]
    line = (errors or lines or [f"it says nothing, with exit code {outcome.exit_code}"])[-1]
    for beginning in ("docker: ", "Error response from daemon: ", "Error: "):
        line = line.removeprefix(beginning)
    return line.rstrip(".")
