"""A plain process with limits, where there is no bubblewrap: nothing is hidden from it."""

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from ec_builds.engine.sandbox import marks
from ec_builds.engine.sandbox.contract import NoSwitch, Running, Sandbox

#: How many times the limit of processes the kernel refuses to make more of them.
WALL = 2
LAUNCHER = Path(__file__).with_name("launcher.py")


class PlainProcess(Sandbox):
    """Commands are the server's user, see the whole machine, and end together with the run."""

    name = "process"

    def __init__(self, reason, advice=None, **options):
        super().__init__(**options)
        self.reason = reason
        self.advice = advice or "build only code that you trust"
        self.warning = (
            f"Commands of builds are not fenced in, because {reason}: build only code that you"
            " trust."
        )

    @property
    def says(self):
        return f"process: limits and a deadline, but not fenced in, because {self.reason}"

    @property
    def nesting(self):
        if os.geteuid():  # users that are lent to it take a program with more rights
            return "its steps can be run in a bubblewrap sandbox only, as the server is not root"
        return "its steps are not fenced in"

    @property
    def nesting_advice(self):
        return self.advice

    def start(self, job, enter):
        if job.fenced and not job.network:
            raise NoSwitch
        return start_plain(job, enter, self.limits)


def start_plain(job, enter, limits):
    """Start a command below a launcher, which sees to its end."""
    specification = os.memfd_create("specification")
    hears, control = os.pipe()
    passed = [specification, hears] + ([] if job.lock is None else [job.lock])
    try:
        written = json.dumps(
            {
                "command": list(job.command),
                "cwd": str(job.cwd),
                "environment": dict(job.environment),
                "limits": kernel_limits(limits),
            }
        )
        os.write(specification, written.encode())
        os.lseek(specification, 0, os.SEEK_SET)
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(LAUNCHER), *map(str, passed)],
            env={name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=passed,
        )
    except BaseException:
        os.close(control)
        raise
    finally:
        os.close(specification)
        os.close(hears)
    running = Launched(process, control, Path(job.workspace).name)
    try:
        enter(process.pid)
        running.go()
    except BaseException:
        running.end()
        raise
    return running


def kernel_limits(limits):
    """What the launcher has the kernel keep to. It counts all processes of a user together, and
    does not count those of root; this is a wall behind the limit that is looked at."""
    found = {"RLIMIT_CORE": 0, "RLIMIT_FSIZE": limits.file}
    if os.getuid():
        found["RLIMIT_NPROC"] = threads_of(os.getuid()) + WALL * limits.processes
    return found


def threads_of(user):
    """How many threads a user has on this machine."""
    total = 0
    for name in filter(str.isdecimal, os.listdir("/proc")):
        with suppress(FileNotFoundError, ProcessLookupError):
            if os.stat(f"/proc/{name}").st_uid == user:
                total += os.stat(f"/proc/{name}/task").st_nlink - 2
    return total


class Launched(Running):
    """A launcher with the command below it."""

    def __init__(self, process, control, run):
        super().__init__(process, process.pid)
        self.control, self.run = control, run

    def go(self):
        with suppress(BrokenPipeError):  # it could not even start, and its exit code says so
            os.write(self.control, b"1")

    def end(self):
        os.close(self.control)
        code = self.process.wait()
        if code < 0:  # it was killed, and could see to nothing
            marks.end(self.run)
        self.process.stdout.close()
        return code if code >= 0 else 128 - code
