"""Starts bubblewrap, and says when the command in it may begin."""

import json
import os
import resource
import select
import signal
import stat
import subprocess
from contextlib import ExitStack, suppress
from pathlib import Path

from ec_builds.engine.sandbox import seccomp
from ec_builds.engine.sandbox.contract import Running

PASSWD = (
    "root:x:0:0:root:{home}:/bin/sh\nbuild:x:1000:1000:build:{home}:/bin/sh\n"
    "nobody:x:65534:65534:nobody:/:/bin/false\n"
)
GROUP = "root:x:0:\nbuild:x:1000:\nnogroup:x:65534:\n"
#: How eagerly the kernel takes a build, rather than the server, if memory runs out.
EXPENDABLE = "500"
#: How many times the limit of processes the kernel refuses to make more of them.
WALL = 2


def spawn(starting, options, command, job, limits, enter, filter=seccomp.PROGRAM):
    """Start a command in a sandbox with these options. Returns it running.

    starting: the program, and what starts that. filter: what it may not ask of the kernel.

    A path among the options is a file that bubblewrap is to have open.
    The options go through a file that nobody else can open: they hold the command's variables.
    Bubblewrap itself gets none of these, nor the server's: the build can read, as
    /proc/1/environ, what process 1 was started with.
    """
    with ExitStack() as ours, ExitStack() as theirs:
        status, said = pipe(ours, theirs)
        hears, go = pipe(theirs, ours)
        passed = [said, hears]
        options = list(options)
        for place, option in enumerate(options):
            if isinstance(option, Path):
                passed.append(os.open(option, os.O_RDONLY))
                theirs.callback(os.close, passed[-1])
                options[place] = str(passed[-1])
        options += ["--json-status-fd", str(said), "--block-fd", str(hears)]
        if job.fenced:
            home = job.environment.get("HOME", "/")
            for name, text in (("passwd", PASSWD.format(home=home)), ("group", GROUP)):
                passed.append(file(theirs, text.encode()))
                options += ["--file", str(passed[-1]), f"/etc/{name}"]
            passed.append(file(theirs, filter))
            options += ["--remount-ro", "/", "--seccomp", str(passed[-1])]
        if job.lock is not None:
            passed.append(checked(job.lock))
            options += ["--sync-fd", str(job.lock)]
        passed.append(file(theirs, b"".join(os.fsencode(each) + b"\0" for each in options)))
        process = subprocess.Popen(
            [*starting, "--args", str(passed[-1]), "--", *command],
            env={},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=passed,
        )
        theirs.close()
        running = Bubble(process, os.dup(status))
        try:
            running.prepare(limits if job.fenced else None, enter)
            with suppress(BrokenPipeError):  # it has failed meanwhile
                os.write(go, b"1")
        except BaseException:
            running.end()
            raise
    return running


def pipe(*closing):
    """The end to read from and the end to write to, and who closes which."""
    ends = os.pipe()
    for stack, end in zip(closing, ends):
        stack.callback(os.close, end)
    return ends


def file(closing, content):
    """A file in memory with this content, read from its beginning."""
    number = os.memfd_create("bubblewrap")
    closing.callback(os.close, number)
    os.write(number, content)
    os.lseek(number, 0, os.SEEK_SET)
    return number


def checked(lock):
    """A lock as process 1 of a sandbox may have it. A build can reach what that has open: a file
    it could fill, and from a folder it could climb to every other one of the machine."""
    if not stat.S_ISFIFO(os.fstat(lock).st_mode):
        raise ValueError("The lock of a sandbox has to be a pipe with a name")
    return lock


class Bubble(Running):
    """A sandbox: the kernel ends all that is in it together with its first process."""

    def __init__(self, process, status):
        super().__init__(process, None)
        self.status, self.first = status, None
        self.is_broken = False

    def prepare(self, limits, enter):
        """Wait until the sandbox is there, and set its limits."""
        line = b""
        while not line.endswith(b"\n"):  # it comes in pieces
            piece = os.read(self.status, 4096)
            if not piece:
                return  # it could not be made: the output says why
            line += piece
        self.root = json.loads(line)["child-pid"]
        with suppress(ProcessLookupError):
            self.first = os.pidfd_open(self.root)
            with open(f"/proc/{self.root}/oom_score_adj", "w") as score:
                score.write(EXPENDABLE)
            for limit, most in self.kernel_limits(limits):
                resource.prlimit(self.root, limit, (most, most))
            enter(self.root)

    def kernel_limits(self, limits):
        yield resource.RLIMIT_CORE, 0
        if limits is not None:
            yield resource.RLIMIT_FSIZE, below_hard(resource.RLIMIT_FSIZE, limits.file)
            # A wall against fork bombs behind the limit that is looked at, where it can be seen
            # to be reached. It counts what is in the sandbox, and does not hold for root.
            wall = WALL * limits.processes
            yield resource.RLIMIT_NPROC, below_hard(resource.RLIMIT_NPROC, wall)

    def end(self):
        was_over = self.has_ended()
        # Bubblewrap itself is never killed: before its first process listens to it, that would
        # stay for ever. Without a first process it ends of its own accord.
        if self.first is not None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.first, signal.SIGKILL)
            select.select([self.first], [], [])  # it ends as the last of all
            os.close(self.first)
        self.process.send_signal(signal.SIGCONT)  # whoever was stopped could not end
        code = self.process.wait()
        self.process.stdout.close()
        told = os.read(self.status, 4096)
        os.close(self.status)
        self.is_broken = was_over and b"exit-code" not in told
        return code if code >= 0 else 128 - code


def below_hard(limit, most):
    hard = resource.getrlimit(limit)[1]
    return most if hard == resource.RLIM_INFINITY else min(most, hard)
