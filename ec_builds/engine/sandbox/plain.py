"""A plain process with limits, where there is no bubblewrap: nothing is hidden from it."""

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from ec_builds.engine.sandbox.contract import NoSwitch, Running, Sandbox

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
                "limits": {"RLIMIT_CORE": 0, "RLIMIT_FSIZE": limits.file},
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
    running = Launched(process, control)
    try:
        enter(process.pid)
        running.go()
    except BaseException:
        running.end()
        raise
    return running


class Launched(Running):
    """A launcher with the command below it."""

    def __init__(self, process, control):
        super().__init__(process, process.pid)
        self.control = control

    def go(self):
        with suppress(BrokenPipeError):  # it could not even start, and its exit code says so
            os.write(self.control, b"1")

    def end(self):
        os.close(self.control)
        code = self.process.wait()
        self.process.stdout.close()
        return code if code >= 0 else 128 - code
