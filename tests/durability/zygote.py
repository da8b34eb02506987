"""A process that has imported everything, and forks servers: they start in no time.

Reads lines of JSON, {"arguments", "environment", "log"}, and answers each with the number of the
process, which leads a group of its own.
"""

import ctypes
import json
import os
import signal
import sys

import ec_builds.cli.serve  # noqa: F401
import ec_builds.cli.worker  # noqa: F401
from ec_builds.cli import main


PR_SET_CHILD_SUBREAPER = 36


def fork(order):
    pid = os.fork()
    if pid:
        return pid
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for there, here in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(there, here)
    os.environ.clear()
    os.environ.update(order["environment"])
    sys.argv = ["ec-builds", *order["arguments"]]
    main()
    os._exit(0)


if __name__ == "__main__":
    # nobody asks how they ended, and orphans of theirs are ours: whoever was killed is soon gone
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    for line in sys.stdin:
        print(fork(json.loads(line)), flush=True)
