"""Threads that work side by side, while what they made is taken in order."""

import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, islice

#: Jobs per thread that are begun, waiting, or done and not taken yet: what bounds the memory.
AHEAD = 3


def cores():
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def work(jobs, threads):
    """Do jobs, and yield what they return in their order.

    A single job is done at once, without threads. If one fails, or nobody wants more results, no
    other is begun; those that run are waited for.
    """
    jobs = iter(jobs)
    few = list(islice(jobs, 2))
    if len(few) < 2 or threads < 2:
        yield from (job() for job in chain(few, jobs))
        return
    pool = ThreadPoolExecutor(threads, "pack")
    try:
        ahead = deque(pool.submit(job) for job in few)
        for job in jobs:
            ahead.append(pool.submit(job))
            if len(ahead) >= AHEAD * threads:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
