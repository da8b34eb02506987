"""The processes below one, as /proc tells."""

import os
from contextlib import suppress

PAGE = os.sysconf("SC_PAGE_SIZE")
#: Where /proc/PID/stat has the number of threads and of resident pages, behind the name.
THREADS, PAGES = 17, 21
#: What reading about a process that has just ended looks like.
GONE = (FileNotFoundError, ProcessLookupError)


def below(root, most=None):
    """The numbers of all processes below one, that one not included; of `most` and a few more."""
    found, waiting = [], [root]
    while waiting and (most is None or len(found) <= most):
        for child in children(waiting.pop()):
            found.append(child)
            waiting.append(child)
    return found


def children(number):
    """The numbers of the processes that the threads of a process have started."""
    found = []
    with suppress(*GONE):
        for thread in os.listdir(f"/proc/{number}/task"):
            with suppress(*GONE), open(f"/proc/{number}/task/{thread}/children") as file:
                found += map(int, file.read().split())
    return found


def usage(processes):
    """How many threads they have, and how many bytes of memory. Shared ones count repeatedly."""
    threads = memory = 0
    for number in processes:
        with suppress(*GONE), open(f"/proc/{number}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
            threads += int(fields[THREADS])
            memory += int(fields[PAGES]) * PAGE
    return threads, memory


def share(processes):
    """Bytes of memory with what they share counted once, as far as one may look; costs more than
    `usage`."""
    total = 0
    for number in processes:
        with suppress(*GONE):
            try:
                total += share_of(number)
            except PermissionError:  # it is another user's
                total += usage([number])[1]
    return total


def share_of(number):
    with open(f"/proc/{number}/smaps_rollup") as file:
        return 1024 * sum(int(line.split()[1]) for line in file if line.startswith("Pss:"))


def signal(root, number, most=None):
    """Send a signal to all below; see `below`."""
    send(below(root, most), number)


def send(processes, number):
    """Send a signal to some, as far as they are there and we may."""
    for each in processes:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(each, number)
