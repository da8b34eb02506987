"""Starts one command as a child, and sees to it that nothing of it is left at its end.

    python -I -S launcher.py SPECIFICATION CONTROL [LOCK]

All are numbers of open files. SPECIFICATION is read: JSON with command, cwd, environment and
limits. CONTROL is a pipe: its first byte says that the command may start; when it is closed,
because the server wants so or has died, everything is killed. LOCK stays open until then, and is
handed on to the command: should this process be killed, too, its lock is held by what it leaves.
The exit code is the command's, or 128 and the number of the signal that ended it.

A program of its own that imports nothing of ours: it starts with every command, so it starts fast.
"""

import ctypes
import json
import os
import resource
import select
import signal
import sys
import time
from contextlib import suppress

PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
#: Milliseconds between two looks for orphans that have ended.
LOOK = 200
#: The number under which commands have the lock: no script that opens files by number thinks of it.
LENT = 100
CANNOT_START = 127


def main(specification, control, *lock):
    for number in (specification, control, *lock):
        os.set_inheritable(number, False)
    libc = ctypes.CDLL(None, use_errno=True)
    for option in (PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS):
        if libc.prctl(option, 1, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "prctl")
    with open(specification) as file:
        job = json.load(file)
    if not os.read(control, 1):
        return CANNOT_START  # nobody wants it any more
    for name, most in job["limits"].items():
        number = getattr(resource, name)
        hard = resource.getrlimit(number)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(number, (most, most))
    child = os.fork()
    if not child:
        become(job, *lock)
    try:
        return follow(child, control)
    finally:
        kill_all()


def become(job, *lock):
    """Be the command. Does not return."""
    try:
        for number in lock:
            os.dup2(number, LENT)
            os.set_inheritable(LENT, True)
        os.setsid()
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        os.chdir(job["cwd"])
        os.execvpe(job["command"][0], job["command"], job["environment"])
    except OSError as error:
        name = error.filename or job["command"][0]
        os.write(1, f"{name}: {error.strerror}".encode("utf-8", "surrogateescape"))
    finally:
        os._exit(CANNOT_START)


def follow(child, control):
    """Wait until the command ends, or the control is closed. Returns the exit code."""
    ended = select.poll()
    leader = os.pidfd_open(child)
    ended.register(leader, select.POLLIN)
    ended.register(control, select.POLLIN | select.POLLHUP)
    while True:
        ready = [number for number, _ in ended.poll(LOOK)]
        if leader in ready:
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            return status if status >= 0 else 128 - status
        if control in ready and not os.read(control, 1):
            return 128 + signal.SIGKILL
        reap(child)


def reap(child):
    """Bury orphans that have ended, but not the command itself: its end is to be told."""
    flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
    while (found := os.waitid(os.P_ALL, 0, flags)) and found.si_pid != child:
        os.waitpid(found.si_pid, 0)


def kill_all():
    """Kill all that is below this process: stop it first, so that nothing new is born."""
    if os.getuid() == 0:
        with suppress(PermissionError):  # the root of a container may have been denied that
            os.setpriority(os.PRIO_PROCESS, 0, -20)  # faster than those who fork
    stopped = set()
    while new := set(below(os.getpid())) - stopped:
        for number in new:
            send(number, signal.SIGSTOP)
        stopped |= new
        bury()
    while bury():
        for number in below(os.getpid()):
            send(number, signal.SIGKILL)
        time.sleep(0.001)


def bury():
    """Bury all that have ended. Says whether anybody is left."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            continue
    except ChildProcessError:
        return False
    return True


def send(number, which):
    try:
        os.kill(number, which)
    except ProcessLookupError:
        return  # it was faster


def below(root):
    """The numbers of all processes below one."""
    found, waiting = [], [root]
    while waiting:
        for child in children(waiting.pop()):
            found.append(child)
            waiting.append(child)
    return found


def children(number):
    found = []
    try:
        for thread in os.listdir(f"/proc/{number}/task"):
            with open(f"/proc/{number}/task/{thread}/children") as file:
                found += map(int, file.read().split())
    except (FileNotFoundError, ProcessLookupError):
        return found  # it has ended
    return found


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
